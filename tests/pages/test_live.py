"""Pages that show what comes in while they are open, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from importers.models import Transfer
from tests.e2e.browser import chromium
from tests.pages.visitor import AXE_RUN, PageVisitor
from tests.support import pictures
from tests.support.exporter import Exporter, Person
from tests.support.worker import session_of

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed here")


@pytest.fixture
def visitor(server: str) -> Iterator[PageVisitor]:
    with PageVisitor(server) as visitor:
        yield visitor


def photo(exporter: Exporter, name: str) -> None:
    exporter.send_file("media", {"@type": "Photo", "name": name}, pictures.jpeg(), "image/jpeg")


def opened(visitor: PageVisitor, session: str, address: str) -> None:
    def act(page: Page) -> None:
        with page.expect_websocket():
            page.goto(visitor.server + address, wait_until="load")

    visitor.on_page(session, act)


def shows(visitor: PageVisitor, session: str, text: str) -> None:
    visitor.on_page(session, lambda page: page.get_by_text(text).first.wait_for())


def axe(visitor: PageVisitor, session: str) -> list[str]:
    return list(visitor.on_page(session, lambda page: page.evaluate(AXE_RUN)))


def test_an_open_home_page_shows_the_next_photo(visitor: PageVisitor, exporter: Exporter, ada: Person) -> None:
    session = session_of(ada.row)
    opened(visitor, session, "/")
    photo(exporter, "Lisbon.jpg")
    shows(visitor, session, "Lisbon.jpg")
    shows(visitor, session, "Coming in now")
    visitor.on_page(session, lambda page: page.get_by_role("link", name="Lisbon.jpg", exact=True).focus())
    visitor.on_page(session, lambda page: page.emulate_media(reduced_motion="no-preference"))
    photo(exporter, "Porto.jpg")
    shows(visitor, session, "Porto.jpg")
    assert axe(visitor, session) == []  # what is new stands out just now
    assert visitor.on_page(session, lambda page: page.evaluate("document.activeElement.textContent")) == "Lisbon.jpg"
    assert "has come in from Cloud One" in visitor.on_page(
        session, lambda page: page.text_content(".live [role=status]")
    )
    assert "Nothing has arrived yet" not in visitor.on_page(session, lambda page: page.text_content("main"))

    visitor.on_page(session, lambda page: page.get_by_role("button", name="Hold this page still").click())
    photo(exporter, "Faro.jpg")
    visitor.on_page(session, lambda page: page.wait_for_timeout(2500))
    assert "Faro.jpg" not in visitor.on_page(session, lambda page: page.text_content("main"))
    visitor.on_page(session, lambda page: page.get_by_role("button", name="Go on showing what comes").click())
    shows(visitor, session, "Faro.jpg")


def test_an_open_page_of_a_transfer_counts_on(visitor: PageVisitor, exporter: Exporter, ada: Person) -> None:
    photo(exporter, "Lisbon.jpg")
    session = session_of(ada.row)
    opened(visitor, session, f"/transfers/{Transfer.objects.get().pk}/")
    exporter.send("calendar", {"@type": "Calendar", "id": "home", "name": "Home"})
    visitor.on_page(session, lambda page: page.get_by_role("row", name="Calendars").first.wait_for())
    assert axe(visitor, session) == []
