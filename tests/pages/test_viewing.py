"""Looking at photos and videos in a real browser: by keys, with a finger, larger, and playing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Page

from importers.pages.kinds import pages_of
from importers.verticals.media.models import MediaItem, Photo, Video
from tests.e2e.browser import chromium
from tests.pages.visitor import PageVisitor
from tests.support import pictures
from tests.support.drawn import send
from tests.support.exporter import Exporter, Person, status
from tests.support.worker import session_of

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed here")

NAMES = ("First.jpg", "Second.jpg", "Third.jpg")
PLAYED = """() => new Promise((found, failed) => {
    const video = document.querySelector("video");
    video.muted = true; // else only a person may start it
    video.addEventListener("timeupdate", () => { if (video.currentTime > 0.5) found(video.currentTime); });
    video.play().catch(failed);
})"""
Act = Callable[[Callable[[Page], Any]], Any]


@pytest.fixture
def visitor(server: str) -> Iterator[PageVisitor]:
    with PageVisitor(server) as visitor:
        yield visitor


@pytest.fixture
def looking(visitor: PageVisitor, exporter: Exporter, ada: Person) -> Act:
    """Looks at the second of three photos; does something with its page."""
    send(exporter, {name: pictures.jpeg() for name in NAMES})
    call_command("thumbnails")
    session = session_of(ada.row)
    address = address_of(Photo, "Second.jpg")
    visitor.on_page(session, lambda page: page.goto(visitor.server + address, wait_until="load"))
    return lambda act: visitor.on_page(session, act)


def address_of(model: type[MediaItem], name: str) -> str:
    return pages_of(model).address(model.objects.get(name=name))


def leads_to(looking: Act, act: Callable[[Page], Any]) -> str:
    """The photo to which that leads, by its name."""

    def acted(page: Page) -> str:
        with page.expect_navigation(wait_until="load"):
            act(page)
        return str(page.locator("h1").inner_text())

    return str(looking(acted))


def swipe(page: Page, across: int, down: int = 0) -> None:
    """A finger on the photo, which moves so far in some steps."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    box = page.locator(".stage img").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 6):
        point = {"x": x + across * step / 5, "y": y + down * step / 5}
        devtools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def shown_at(page: Page) -> str:
    return str(page.locator(".zoom input:checked").get_attribute("value"))


def test_arrows_and_swipes_lead_to_the_photos_beside_this_one(looking: Act) -> None:
    assert leads_to(looking, lambda page: page.keyboard.press("ArrowRight")) == "First.jpg"  # the newest stands first
    assert leads_to(looking, lambda page: page.keyboard.press("ArrowLeft")) == "Second.jpg"
    assert leads_to(looking, lambda page: swipe(page, 120)) == "Third.jpg"
    assert leads_to(looking, lambda page: swipe(page, -120)) == "Second.jpg"


def test_keys_and_a_double_click_make_a_photo_larger_and_then_arrows_and_fingers_stay_on_it(looking: Act) -> None:
    looking(lambda page: page.keyboard.press("Shift+Equal"))  # where + is, on most keyboards
    assert looking(shown_at) == "2"
    looking(lambda page: page.keyboard.press("NumpadAdd"))
    assert looking(shown_at) == "4"
    address = looking(lambda page: page.url)
    for act in (
        lambda page: page.keyboard.press("ArrowRight"),
        lambda page: swipe(page, 120),
        lambda page: page.wait_for_timeout(300),
    ):
        looking(act)
    assert looking(lambda page: page.url) == address
    looking(lambda page: page.keyboard.press("-"))
    assert looking(shown_at) == "2"
    looking(lambda page: page.locator(".pane").dblclick())
    assert looking(shown_at) == "1"
    looking(lambda page: page.locator(".pane").dblclick())
    assert looking(shown_at) == "2"


def test_escape_leads_back_to_the_list_at_this_photo_and_enter_on_a_link_stays_on_that_link(looking: Act) -> None:
    def looked(page: Page) -> list[str]:
        focused = "document.activeElement.rel || document.activeElement.querySelector('img')?.alt"
        page.goto(page.url.rpartition("/photos/")[0] + "/photos/", wait_until="load")
        listed = page.url
        acts: list[Callable[[], None]] = [
            lambda: page.get_by_role("link", name="First.jpg").press("Enter"),
            lambda: page.locator("[rel=prev]").press("Enter"),
            lambda: page.keyboard.press("Escape"),
        ]
        seen = []
        for act in acts:
            with page.expect_navigation(wait_until="load"):
                act()
            seen.append(page.evaluate(focused) or page.locator("h1").inner_text())
        return [*seen, page.url.removeprefix(listed)[:1]]

    assert looking(looked) == ["First.jpg", "prev", "Second.jpg", "#"]


def test_a_finger_that_goes_down_a_page_turns_none(looking: Act) -> None:
    address = looking(lambda page: page.url)
    looking(lambda page: swipe(page, 70, -200))
    looking(lambda page: page.wait_for_timeout(300))
    assert looking(lambda page: page.url) == address


def test_a_video_plays_and_is_fetched_from_where_one_looks(
    visitor: PageVisitor, exporter: Exporter, ada: Person
) -> None:
    sent = exporter.send_file("media", {"@type": "Video", "name": "Waves.mp4"}, pictures.video(), "video/mp4")
    assert status(sent) == "created"
    session, address = session_of(ada.row), address_of(Video, "Waves.mp4")

    def played(page: Page) -> tuple[int, float]:
        with page.expect_response("**/content/*as=video*") as fetched:
            page.goto(visitor.server + address, wait_until="load")
        return fetched.value.status, float(page.evaluate(PLAYED))

    answered, at = visitor.on_page(session, played)
    assert answered == 206
    assert at > 0.5
