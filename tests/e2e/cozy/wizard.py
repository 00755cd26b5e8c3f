"""What cozy-move does: it gets leave from both servers, and hands the move over to the source."""

import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from tests.e2e.cozy.visitor import Visitor


@dataclass
class Leave:
    """What a server sent the browser back to the wizard with."""

    query: dict[str, str]
    status: int  # of the redirect
    asked: list[httpx.Response] = field(default_factory=list)  # the pages that came before


@dataclass
class Target:
    """A server to arrive at, and what the wizard holds for it."""

    url: str
    client_id: str
    client_secret: str
    token: str
    leave: Leave
    registered: dict = field(default_factory=dict)
    granted: dict = field(default_factory=dict)


class CozyWizard:
    """A wizard at a site of its own. Nobody has to be there: its addresses are only read."""

    def __init__(self, site: str = "https://move.cozycloud.example") -> None:
        self.site = site

    def ask_source(self, person: Visitor, button: str = "") -> Leave:
        """`GET source/move/authorize`, in the person's browser; `button` is pressed where a page asks."""
        query = self._query("source")
        answer = person.get("/move/authorize", **query)
        asked = []
        if not answer.is_redirect and button:
            asked.append(answer)
            answer = person.submit_once(answer, button)
        return self._back(answer, query, asked)

    def ask_target(self, person: Visitor, url: str = "") -> Target:
        """Registers at a target, and gets a token: the person types their password."""
        query = self._query("target")
        url = url or f"{person.url}/"
        registered = self._register(person.url, query["redirect_uri"])
        query["client_id"] = registered["client_id"]
        page = person.get("/auth/authorize/move", **query)
        assert page.status_code == 200, f"{page.status_code}: {page.text[-2000:]}"
        leave = self._back(person.submit_once(page), query, [page])
        client = {name: registered[name] for name in ("client_id", "client_secret")}
        form = {"grant_type": "authorization_code", "code": leave.query["code"], **client}
        with httpx.Client() as http:
            answer = http.post(f"{person.url}/auth/access_token", data=form)
        assert answer.status_code == 200, answer.text
        granted = answer.json()
        return Target(url, **client, token=granted["access_token"], leave=leave, registered=registered, granted=granted)

    def hand_over(self, source: str, leave: Leave, target: Target, **more: str) -> httpx.Response:
        """`POST source/move/request`, from the wizard's site, so without the session's cookie."""
        form = {
            "code": leave.query["code"],
            "target_url": target.url,
            "target_token": target.token,
            "target_client_id": target.client_id,
            "target_client_secret": target.client_secret,
            **more,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.site}
        with httpx.Client(timeout=60) as http:
            return http.post(f"{source.rstrip('/')}/move/request", content=urlencode(form), headers=headers)

    def _query(self, side: str) -> dict[str, str]:
        return {"state": secrets.token_hex(8), "redirect_uri": f"{self.site}/callback/{side}"}

    def _register(self, url: str, redirect_uri: str) -> dict:
        client = {
            "client_name": "Cozy-Move",
            "client_kind": "web",
            "client_uri": self.site,
            "redirect_uris": [redirect_uri],
            "software_id": "github.com/cozy/cozy-move",
            "software_version": "0.1.0",
        }
        with httpx.Client() as http:
            answer = http.post(f"{url}/auth/register", json=client)
        assert answer.status_code == 201, f"{answer.status_code}: {answer.text}"
        registered: dict = answer.json()
        return registered

    def _back(self, answer: httpx.Response, query: dict[str, str], asked: list[httpx.Response]) -> Leave:
        """Reads the redirect to the wizard."""
        assert answer.is_redirect, f"{answer.status_code}: {answer.text[-2000:]}"
        location = urlsplit(answer.headers["location"])
        assert f"{location.scheme}://{location.netloc}{location.path}" == query["redirect_uri"], location
        found = dict(parse_qsl(location.query, keep_blank_values=True))
        assert found["state"] == query["state"]
        return Leave(found, answer.status_code, asked)
