"""Consent over real OAuth (RFC 6749, section 4.1): a person at a browser, and the exporter that they come back to."""

import secrets
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from importers.management.demo.failure import DemoFailed
from importers.management.demo.page import Form, Page
from importers.sending.grant import Grant


@dataclass(frozen=True)
class DemoExporter:
    """A registered client. Nothing listens at its redirect address: the code is read from where the browser is sent."""

    client_id: str
    client_secret: str
    redirect_uri: str


class Browser:
    """A person's browser: keeps cookies, fills in forms, and does not go where it is redirected."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def log_in(self, name: str, password: str) -> None:
        """Raises `DemoFailed` if name and password are not accepted."""
        page = self._page(self._client.get("/auth/login"), "the log-in page")
        form = page.form_with("csrfmiddlewaretoken")
        if form is None:
            raise DemoFailed("The log-in page has no form.")
        answer = self._submit("/auth/login", form, username=name, password=password)
        if not answer.is_redirect:
            raise DemoFailed(
                f"The log-in of {name} was not accepted. If the demo's database was removed, remove its whole folder."
            )

    def consent(self, exporter: DemoExporter) -> tuple[str, str]:
        """Lets the exporter in, which asks as a worker does: without a scope. Returns the code, and what was asked."""
        state = secrets.token_urlsafe(16)
        query = {
            "response_type": "code",
            "client_id": exporter.client_id,
            "redirect_uri": exporter.redirect_uri,
            "scope": "",
            "state": state,
        }
        asked = self._client.get("/oauth/authorize/", params=query)
        page = self._page(asked, "the consent page")
        form = page.form_with("client_id")
        if form is None:
            raise DemoFailed("The consent page has no form.")
        answer = self._submit(str(asked.url), form, allow="Authorize")
        return self._code(answer, exporter.redirect_uri, state), page.heading

    def _submit(self, address: str, form: Form, **filled_in: str) -> httpx.Response:
        return self._client.post(
            urljoin(str(self._client.base_url.join(address)), form.action), data={**form.hidden, **filled_in}
        )

    def _page(self, response: httpx.Response, what: str) -> Page:
        if response.status_code != 200:
            raise DemoFailed(f"{what.capitalize()} answered {response.status_code} instead of 200.")
        return Page.read(response.text)

    def _code(self, answer: httpx.Response, redirect_uri: str, state: str) -> str:
        location = answer.headers.get("Location", "")
        if not answer.is_redirect or not location.startswith(redirect_uri):
            raise DemoFailed(f"Consent was answered {answer.status_code} instead of a redirect to the exporter.")
        query = parse_qs(urlsplit(location).query)
        if query.get("state") != [state] or "code" not in query:
            raise DemoFailed(f"Consent was answered without a code: {query.get('error_description', ['no reason'])[0]}")
        return query["code"][0]


def exchange(url: str, exporter: DemoExporter, code: str) -> Grant:
    """The exporter trades the code for tokens (RFC 6749, section 4.1.3). Raises `DemoFailed` if the server refuses."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": exporter.redirect_uri,
        "client_id": exporter.client_id,
        "client_secret": exporter.client_secret,
    }
    answer = httpx.post(f"{url}/oauth/token/", data=form, trust_env=False, timeout=10)
    if answer.status_code != 200:
        raise DemoFailed(f"The code was not traded for a token: {answer.status_code} {answer.text[:200]}")
    tokens = answer.json()
    return Grant(tokens["access_token"], tokens.get("refresh_token", ""), exporter.client_id, exporter.client_secret)
