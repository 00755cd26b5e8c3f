"""The site in an archive, unpacked and opened from the disk as its person does, in a real browser."""

from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from posixpath import dirname
from urllib.parse import quote

import httpx
import pytest
from django.utils import timezone

from accounts.models import User
from importers import tasks
from tests.e2e import browser
from tests.pages.visitor import PageVisitor, Visit
from tests.support.exporter import Exporter, Person, file_item
from tests.support.pictures import jpeg
from tests.support.samples import send_all
from tests.support.takeout import PAGE, TakeOut

pytestmark = pytest.mark.skipif(browser.chromium() is None, reason="no Chromium is installed here")

HOME = "My Cozy/Readable/index.html"
RUNS = "<script>document.title = 'It ran'</script><img src=x onerror=\"document.title = 'It ran'\">"
BAD = f"{RUNS}\u202e\"' %41#?"
PLACES = {"calendar", "contacts", "files", "items", "mail", "notes", "offline-data", "photos", "playlists", "posts"}


@pytest.fixture(scope="module")
def archives(shared_server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The archives of one account, unpacked, by the language that its person has."""
    ada, found = Person.create("ada"), {}
    with Exporter(shared_server, ada, "Cloud One") as exporter:
        fill(exporter)
    with httpx.Client(base_url=shared_server) as http:
        for language in ("en", "fr"):
            User.objects.filter(pk=ada.row.pk).update(language=language)
            found[language] = unpack(TakeOut.made(http, ada), tmp_path_factory.mktemp(language))
    return found


def fill(exporter: Exporter) -> None:
    """Something of everything, and names that want to be more than names."""
    send_all(exporter)
    exporter.send("media", {"@type": "Album", "id": BAD, "name": BAD, "description": RUNS})
    for name in (f"{BAD}.jpg", "ملف" * 40 + ".jpg", "x" * 200 + ".jpg"):
        item = {"@type": "Photo", "name": name, "description": RUNS, "albumId": BAD, "uploadedTime": "2024-06-03"}
        exporter.send_file("media", item, jpeg() + name.encode(), "image/jpeg")
    for suffix in ("html", "svg", ""):
        exporter.send_file("blobs", file_item(f"page.{suffix}".rstrip("."), f"/{BAD}"), RUNS.encode())
    attached = [{"type": "IMAGE", "url": "https://social.example/" + "x" * 200 + ".jpg", "name": BAD}]
    said = {"id": BAD, "title": BAD, "content": f"{RUNS}\n{'word' * 100}", "attachments": attached}
    exporter.send("social-posts", {"@type": "SocialActivity", "metadata": {"actor": {"name": BAD}}, "activity": said})
    told = "A long way. " * 20 + "Straße nach Søren, ΛΌΓΟΣ, Cafe\u0301" + " x" * 200
    said = {"id": "street", "title": "Home", "content": told}
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": said})
    times = {"startTime": {"dateTime": "2024-06-03T10:00:00Z"}}
    exporter.send("calendar", {"@type": "CalendarEvent", "title": BAD} | times)
    begins = {"startTime": {"dateTime": f"{timezone.now():%Y-%m-%d}T10:00:00Z"}}
    series = {"title": "It never ends " * 9, "recurrenceRule": {"stringList": ["RRULE:FREQ=DAILY;COUNT=9"]}}
    exporter.send("calendar", {"@type": "CalendarEvent"} | begins | series)
    tasks.work_off()  # series get their days


def unpack(take_out: TakeOut, into: Path) -> Path:
    for name, body in take_out.everything().items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return into


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_is_wrong_with_its_pages(archives: dict[str, Path], language: str, subtests: pytest.Subtests) -> None:
    unpacked = archives[language]
    names = [str(path.relative_to(unpacked)) for path in sorted(unpacked.rglob("*.html"))]
    by_folder = groupby((name for name in names if PAGE.fullmatch(name)), key=dirname)
    pages = [name for _, some in by_folder for name in list(some)[:3]]  # those of a kind are made in one way
    assert {Path(name).parent.name for name in pages} >= PLACES
    with PageVisitor(f"file://{unpacked}/") as visitor:
        for name in pages:
            with subtests.test(name):
                assert visitor.faults(Visit(name, quote(name), status=200)) == []


def test_a_long_title_leaves_room_for_the_sign_of_a_series(archives: dict[str, Path]) -> None:
    month = f"{archives['en']}/{dirname(HOME)}/pages/calendar/{timezone.now():%Y-%m}.html"
    with ThreadPoolExecutor(max_workers=1) as thread:
        assert thread.submit(ends_of_a_sign, month).result()


def ends_of_a_sign(month: str) -> bool:
    """Whether the sign of a series stands inside of what it belongs to."""
    with browser.page(width=1280) as page:
        page.goto(f"file://{quote(month)}")
        entry = page.locator(".entry", has_text="It never ends").first
        [sign, own] = [one.bounding_box() for one in (entry.get_by_title("It comes again"), entry)]
        assert sign and own
        return sign["x"] + sign["width"] <= own["x"] + own["width"]


def test_the_search_finds_things_and_leads_to_them(archives: dict[str, Path]) -> None:
    """In a thread of its own, since Playwright runs an event loop, in which Django asks no database."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(search, archives["en"]).result()


def search(unpacked: Path) -> None:
    with browser.page() as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"file://{quote(str(unpacked / HOME))}")
        page.get_by_role("searchbox").fill("TEA grace")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Tea, with Grace").click()
        page.locator("li:target", has_text="Tea, with Grace").wait_for()
        page.go_back()
        page.get_by_role("searchbox").fill("it ran")
        page.get_by_role("button", name="Search").click()
        page.get_by_text("Found: ").wait_for()
        assert page.title() == "Search · My archive"
        page.get_by_role("searchbox").fill("“STRASSE” soren λόγος CAFÉ λογοσ")
        page.get_by_role("button", name="Search").click()
        page.get_by_text("A long way. A long way. Straße nach Søren").wait_for()
        page.get_by_role("searchbox").fill("nowhere to be found")
        page.get_by_role("button", name="Search").click()
        page.get_by_text("Nothing was found.").wait_for()
        assert all(url.startswith(f"file://{quote(str(unpacked))}/") for url in asked), asked


def test_the_search_speaks_the_language_of_its_person(archives: dict[str, Path]) -> None:
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(search_in_french, archives["fr"]).result()


def search_in_french(unpacked: Path) -> None:
    with browser.page() as page:
        page.goto(f"file://{quote(str(unpacked / HOME))}")
        page.get_by_role("searchbox").fill("TEA grace")
        page.get_by_role("button", name="Rechercher").click()
        page.get_by_text("Résultats\u00a0: 1").wait_for()
        page.get_by_role("link", name="Tea, with Grace").click()
        page.locator("li:target", has_text="Tea, with Grace").wait_for()
        page.go_back()
        page.get_by_role("searchbox").fill("nowhere to be found")
        page.get_by_role("button", name="Rechercher").click()
        page.get_by_text("Rien n’a été trouvé.").wait_for()
        assert page.title() == "Rechercher · Mon archive"
