"""A person at a browser without scripts: it keeps cookies, fills in forms, and follows a server's own redirects."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx


@dataclass
class PageForm:
    """A form of a page."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)  # by name; the first one has no name as a rule


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PageForm(given.get("action", ""), given.get("method", "get").lower()))
            self.inside = True
        elif self.inside and tag == "input" and given.get("name"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")
            self.forms[-1].kinds[given["name"]] = given.get("type", "text")
        elif self.inside and tag == "button" and given.get("name"):
            self.forms[-1].buttons[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False


def forms_of(page: httpx.Response) -> list[PageForm]:
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


class Visitor:
    """One browser. A redirect to another server is not followed: its answer is given as it is."""

    def __init__(self, url: str, name: str = "", password: str = "") -> None:
        self.url = url.rstrip("/")
        self.name = name
        self.password = password
        self.http = httpx.Client(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.http.close()

    def get(self, address: str, **query: str) -> httpx.Response:
        """A page of this server, after its redirects."""
        return self._follow(self.http.get(urljoin(f"{self.url}/", address), params=query or None))

    def once(self, address: str) -> httpx.Response:
        """An answer as it is, without following it."""
        return self.http.get(urljoin(f"{self.url}/", address))

    def submit(self, page: httpx.Response, button: str = "") -> httpx.Response:
        """Fills in the form of a page that asks for something, sends it, and gives what follows."""
        return self._follow(self.submit_once(page, button))

    def submit_once(self, page: httpx.Response, button: str = "") -> httpx.Response:
        """Sends the page's form, with this person's name and password, and gives the answer as it is."""
        forms = [form for form in forms_of(page) if form.method == "post"]
        wanted = [form for form in forms if (button in form.buttons if button else "password" in form.kinds.values())]
        assert wanted, f"There is no form to fill in on {page.url}: {page.text[-3000:]}"
        form = wanted[0]
        values = dict(form.fields)
        for name, kind in form.kinds.items():
            if kind in ("password", "text", "email"):
                values[name] = self.password if kind == "password" else self.name
        if button:
            values[button] = form.buttons[button]
        here = str(page.url)
        parts = urlsplit(here)
        headers = {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": here}
        return self.http.post(urljoin(here, form.action), data=values, headers=headers)

    def log_in(self, address: str = "/auth/login") -> None:
        page = self.get(address)
        after = self.submit_once(page)
        assert after.is_redirect, after.text[-3000:]

    def _follow(self, answer: httpx.Response) -> httpx.Response:
        for _ in range(10):
            if not answer.is_redirect:
                break
            location = urljoin(str(answer.url), answer.headers["location"])
            if urlsplit(location).netloc != urlsplit(self.url).netloc:
                break
            answer = self.http.get(location)
        return answer
