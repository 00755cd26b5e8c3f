"""A thumbnail is shown to who holds the record, quickly, and kept by nobody else."""

import io

import httpx
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from importers.models import Content, Holding, Thumbnail
from importers.thumbnails.addresses import thumbnail_address
from importers.verticals.media.models import Photo
from importers.verticals.notes.models import NoteFile
from tests.support import pictures
from tests.support.drawn import draw, photo, send
from tests.support.exporter import Exporter, Person
from tests.support.searching import Searcher
from tests.support.worker import browser, session_of


@pytest.mark.services
def test_it_is_made_once_and_shown_to_each_who_holds_the_picture(server: str, exporter: Exporter, ada: Person) -> None:
    send(exporter, {"a.jpg": pictures.jpeg()})
    grace, eve = Person.create("grace"), Person.create("eve")
    with Exporter(server, grace, "Cloud Two") as other:
        send(other, {"the same.jpg": pictures.jpeg()})
    used = (ada.used, grace.used)
    draw()
    assert Thumbnail.objects.count() == 3
    assert (ada.used, grace.used) == used, "nobody's quota counts it"
    answers = []
    for person, name in ((ada, "a.jpg"), (grace, "the same.jpg")):
        address = thumbnail_address(photo(name), "small")
        answers.append(browser(person.row).get(address).content)
        for stranger in {ada, grace, eve} - {person}:
            assert browser(stranger.row).get(address).status_code == 404
        nobody = browser().get(address)
        assert (nobody.status_code, nobody["Location"].partition("?")[0]) == (302, "/auth/login")
    assert answers[0] == answers[1]
    staff = Person.create("staff").row
    staff.is_staff = staff.is_superuser = True
    staff.save()
    assert browser(staff).get(address).status_code == 404, "the record is not theirs"


def test_a_browser_keeps_it_and_nothing_between(exporter: Exporter, ada: Person, http: httpx.Client) -> None:
    send(exporter, {"a.jpg": pictures.jpeg()})
    draw()
    one = photo("a.jpg")
    http.cookies.set("sessionid", session_of(ada.row))
    address = thumbnail_address(one, "large")
    answer = http.get(address)
    head = http.head(address)
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=604800, immutable"
    assert "Cookie" in answer.headers["Vary"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])
    again = http.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == answer.headers["Cache-Control"]
    plain = f"/thumbnails/photo/{one.doc_id}/large"
    assert http.get(plain).headers["Cache-Control"] == "private, no-cache", "it may show something else tomorrow"
    for missing in (f"{plain}r", plain.replace("photo", "video"), plain.replace("photo", "event"), plain + "/"):
        assert http.get(missing).status_code == 404
    for kind in ("file", "fileversion", "unknownitem"):
        assert http.get(f"/thumbnails/{kind}/{one.doc_id}/large").status_code == 404


def test_each_file_that_came_with_a_note_has_one(exporter: Exporter, ada: Person) -> None:
    note = {"@type": "Note", "id": "1", "title": "Two pictures"}
    for width in (200, 300):
        assert exporter.send_file("notes", note, pictures.jpeg(width, 100), "image/jpeg").status_code == 201
    assert exporter.send_file("notes", note, b"words", "text/plain").status_code == 201
    draw()
    files = NoteFile.objects.select_related("content", "record").order_by("pk")
    addresses = [thumbnail_address(file, "large") for file in files]
    assert addresses[2] == ""
    mine, eve = browser(ada.row), browser(Person.create("eve").row)
    for address, width in zip(addresses[:2], (200, 300), strict=True):
        assert Image.open(io.BytesIO(mine.get(address).content)).width == width
        assert eve.get(address).status_code == 404


def test_a_page_names_it_only_where_it_is_there(exporter: Exporter, ada: Person) -> None:
    send(exporter, {"a.jpg": pictures.jpeg()})
    assert thumbnail_address(photo("a.jpg"), "small") == ""
    assert b'<svg class="thumbnail' in browser(ada.row).get("/").content
    draw()
    assert thumbnail_address(photo("a.jpg"), "small").encode() in browser(ada.row).get("/").content


def test_bytes_that_are_gone_are_an_error_of_this_server(exporter: Exporter, ada: Person) -> None:
    send(exporter, {"a.jpg": pictures.jpeg()})
    draw()
    default_storage.delete(Thumbnail.objects.get(size="small").storage_key)
    assert browser(ada.row).get(thumbnail_address(photo("a.jpg"), "small")).status_code == 503


@pytest.mark.services
def test_it_is_gone_with_the_record(exporter: Exporter, ada: Person) -> None:
    send(exporter, {"a.jpg": pictures.jpeg()})
    draw()
    address = thumbnail_address(photo("a.jpg"), "small")
    Photo.objects.all().delete()
    Holding.objects.all().delete()
    assert Content.objects.exists()
    assert browser(ada.row).get(address).status_code == 404


def test_what_a_search_has_found_is_shown_with_its_thumbnail(exporter: Exporter, ada: Person) -> None:
    send(exporter, {"lake one.jpg": pictures.jpeg(), "lake two.jpg": b"no picture"})
    searcher = Searcher(browser(ada.row))
    assert "thumbnail" not in searcher.page("lake")
    draw()
    page = searcher.page("lake")
    assert page.count('<img class="thumbnail small"') == 1
    assert f'src="{thumbnail_address(photo("lake one.jpg"), "small")}"' in page
    assert page.count('<svg class="thumbnail small symbol"') == 1
