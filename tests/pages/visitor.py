"""A browser that opens pages at several widths, by day and by night, and says what is wrong with each."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import groupby
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from django.template.loader import render_to_string
from playwright.sync_api import Browser, BrowserContext, Error, Page, Response, Route, sync_playwright

from tests.e2e.browser import FLAGS, chromium
from tests.support.checkout import CHECKOUT

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
# All of its rules but those that are experiments. What WCAG 2.2 asks of the size of targets is off unless it is named.
AXE_RUN = """async () => (await axe.run({
    resultTypes: ["violations"], preload: false, rules: {"target-size": {enabled: true}},
})).violations.flatMap(one => one.nodes.slice(0, 3).map(
    node => [one.id, node.target.join(" "), node.html.slice(0, 200), ...node.any.concat(node.all, node.none)
        .map(check => check.message)].join(": ")
))"""
SIDEWAYS = """() => {
    const wide = document.documentElement.clientWidth, found = [];
    if (document.documentElement.scrollWidth > wide) {
        for (const one of document.querySelectorAll("body *"))
            if (one.getBoundingClientRect().right > wide + 1) found.push(one.outerHTML.slice(0, 120));
    }
    for (const one of document.querySelectorAll(".panel .scrolls, .scroll:has(.by-kind)"))
        if (one.scrollWidth > one.clientWidth) found.push(one.outerHTML.slice(0, 120));
    if (wide > 1200) // a list of the admin, which may have more columns than a phone is wide
        for (const one of document.querySelectorAll("#changelist .results"))
            if (one.scrollWidth > one.clientWidth) found.push(`${one.scrollWidth} in ${one.clientWidth}: the list`);
    return found.slice(0, 5);
}"""
# Colours that fade into each other are over, and what turns for ever stands still.
STILL = """async () => {
    await new Promise(requestAnimationFrame);
    for (const one of document.getAnimations()) one.cancel();
    return [];
}"""
ASKED = os.environ.get("WHARF_TEST_PAGES", "")  # "all" by `make test-pages`; "fr": in a browser only the French ones
EVERYTHING = bool(ASKED)
SHOTS = CHECKOUT / "var" / "pages"


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    width: int
    scheme: Literal["light", "dark"]
    language: str = "en"

    def __str__(self) -> str:
        return f"{self.width} {self.scheme}" + ("" if self.language == "en" else f" {self.language}")


WIDE, NARROW, NARROWEST = 1280, 360, 320
LOOKS = [Look(WIDE, "light"), Look(NARROW, "dark")]
# French is longer than English by a quarter, so it is looked at where there is least room, too.
FRENCH = [Look(WIDE, "light", "fr"), Look(NARROW, "dark", "fr"), Look(NARROWEST, "light", "fr")]
if EVERYTHING:
    LOOKS += [Look(WIDE, "dark"), Look(NARROW, "light"), *FRENCH]
if ASKED == "fr":
    LOOKS = FRENCH
LOCALES = {"en": "en-US", "fr": "fr-FR"}


@dataclass(frozen=True)
class Visit:
    """What is opened: `session` is the cookie of whoever looks. `typed`: what is filled into the form that has all of
    these fields, which is then sent, whatever the browser thinks of it; None where there is nothing to send. `click`:
    what is clicked on when it is open. An address below `/made/` is the template of this name, with a context that the
    query says: such a page is what a server has left that can't be asked for it."""

    name: str
    address: str
    session: str = ""
    typed: dict[str, str] | None = None
    status: int = 200
    click: str = ""


@dataclass
class Browsing:
    """One page, on which everybody looks in turn: a page each would be a process each. Everybody has cookies of their
    own. Where Playwright answers for a server, the browser keeps nothing, so pages that are made have another one."""

    server: str
    context: BrowserContext
    page: Page
    session: str = ""
    left: dict[str, list[Any]] = field(default_factory=dict)  # the cookies of everybody who has looked before

    def go_on_as(self, session: str) -> None:
        """Whoever has this session looks from now on, with the cookies that they had when they last did."""
        if session == self.session:
            return
        self.left[self.session] = list(self.context.cookies())
        self.context.clear_cookies()
        name, _, value = session.rpartition("=")  # of who is not logged in, the cookie says its name
        first = [{"name": name or "sessionid", "value": value, "url": self.server}] if session else []
        self.context.add_cookies(self.left.get(session, first))
        self.session = session


class PageVisitor:
    """Playwright in a thread of its own, since it runs an event loop, in which Django asks no database."""

    def __init__(self, server: str) -> None:
        self.server = server
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._browsing: dict[tuple[str, bool], Browsing] = {}

    def __enter__(self) -> Self:
        self._thread.submit(self._start).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._thread.submit(self._stop).result()
        self._thread.shutdown()

    def faults(self, visit: Visit) -> list[str]:
        """Opens a page and returns what is wrong with it, at every look."""
        return self._thread.submit(self._faults, visit).result()

    def on_page(self, session: str, act: Callable[[Page], Any]) -> Any:
        """Does something with a page of whoever has this session, and returns what comes of it."""
        return self._thread.submit(lambda: act(self._page_of(session))).result()

    def _start(self) -> None:
        self._playwright = sync_playwright().start()
        self._browser: Browser = self._playwright.chromium.launch(executable_path=chromium(), args=FLAGS)

    def _stop(self) -> None:
        self._browser.close()
        self._playwright.stop()

    def _page_of(self, session: str, language: str = "en", is_made: bool = False) -> Page:
        if (language, is_made) not in self._browsing:
            context = self._browser.new_context(reduced_motion="reduce", locale=LOCALES[language])
            context.set_default_timeout(30_000)
            context.add_init_script(AXE)  # as a debugger does, whatever the page's policy says
            if is_made:
                context.route("**/made/**", _send_made_page)
            self._browsing[language, is_made] = Browsing(self.server, context, context.new_page())
        browsing = self._browsing[language, is_made]
        browsing.go_on_as(session)
        return browsing.page

    def _faults(self, visit: Visit) -> list[str]:
        faults = []
        for language, looks in groupby(LOOKS, key=lambda look: look.language):
            faults += self._faults_in(language, list(looks), visit)
        return faults

    def _faults_in(self, language: str, looks: list[Look], visit: Visit) -> list[str]:
        page = self._page_of(visit.session, language, is_made=visit.address.startswith("/made/"))
        said: list[str] = []
        page.on(
            "console",
            on_console := lambda one: (
                said.append(f"{one.text} ({one.location['url']})") if one.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", on_error := lambda error: said.append(str(error)))
        try:
            faults = self._opened(page, visit, looks[0])
            for look in looks:
                page.set_viewport_size({"width": look.width, "height": 800})
                page.emulate_media(color_scheme=look.scheme)
                _patiently(page, STILL)
                faults += [f"{look}: axe: {one}" for one in _patiently(page, AXE_RUN)]
                faults += [f"{look}: wider than the window: {one}" for one in _patiently(page, SIDEWAYS)]
                if EVERYTHING:
                    SHOTS.mkdir(parents=True, exist_ok=True)
                    page.screenshot(path=SHOTS / _file_name(visit, look), full_page=True)
        finally:
            page.remove_listener("console", on_console)
            page.remove_listener("pageerror", on_error)
        own = f"({page.url})" if visit.status >= 400 else None  # the browser says so of the page itself
        return faults + [f"console: {one}" for one in said if own is None or not ("status of" in one and own in one)]

    def _opened(self, page: Page, visit: Visit, look: Look) -> list[str]:
        page.set_viewport_size({"width": look.width, "height": 800})
        page.emulate_media(color_scheme=look.scheme)
        answer = page.goto(self.server + visit.address, wait_until="load")
        if visit.typed is not None:
            answer = _send(page, visit.typed)
        if visit.click:
            page.locator(visit.click).first.click()
        status = answer.status if answer else 0
        return [] if status == visit.status else [f"answered {status} instead of {visit.status}"]


def _send(page: Page, typed: dict[str, str]) -> Response | None:
    named = "".join(f':has([name="{name}"])' for name in typed)
    form = page.locator(f"form[method=post i]{named}").first
    for name, value in typed.items():
        field = form.locator(f'[name="{name}"]').first
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    with page.expect_navigation(wait_until="load") as navigation:
        form.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
    return navigation.value


def _patiently(page: Page, script: str) -> list[str]:
    """Once more where the page has loaded itself again meanwhile, as that of a move under way does."""
    try:
        found: Any = page.evaluate(script)
    except Error:
        page.wait_for_load_state("load")
        found = page.evaluate(script)
    return list(found)


def _send_made_page(route: Route) -> None:
    address = urlsplit(route.request.url)
    body = render_to_string(address.path.removeprefix("/made/"), dict(parse_qsl(address.query)))
    route.fulfill(status=500, content_type="text/html; charset=utf-8", body=body)


def _file_name(visit: Visit, look: Look) -> str:
    return "-".join(re.findall(r"\w+", f"{visit.name} {look}")) + ".png"
