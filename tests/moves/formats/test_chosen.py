"""Files that somebody marks, a folder or an album, as a zip that is written while it is fetched."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.test import Client
from django.utils.http import urlencode

from accounts.models import User
from importers.verticals.blobs.models import File
from importers.verticals.media.models import Album, Photo
from moves.formats import downloads
from tests.support import pictures
from tests.support.bins import BinVisitor
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import unzipped
from tests.support.trail import events
from tests.support.waiting import eventually

FILES = {
    "/a": ["one.txt", "two.txt"],
    "/a/b": ["three.txt"],
    "/a/b/c": ["four.txt"],
    "/ab": ["five.txt"],
    "/": ["0.txt"],
}


class Chooser:
    """Somebody at a browser, who marks files, and fetches what that leads to."""

    def __init__(self, server: str, person: Person) -> None:
        self.pages = Client()
        self.pages.force_login(person.row, backend="accounts.backends.NameOrEmail")
        cookie = {settings.SESSION_COOKIE_NAME: self.pages.cookies[settings.SESSION_COOKIE_NAME].value}
        self.http = httpx.Client(base_url=server, cookies=cookie, timeout=60)

    def marked(self, **said: Any) -> httpx.Response:
        answer = self.pages.post("/chosen", said)
        assert answer.status_code == 302, answer
        return self.http.get(answer["Location"])

    def named(self, **said: Any) -> httpx.Response:
        return self.http.get(f"/formats/chosen?{urlencode(said, doseq=True)}")


@pytest.fixture
def chooser(server: str, exporter: Exporter, ada: Person) -> Iterator[Chooser]:
    for folder, names in FILES.items():
        for name in names:
            exporter.send_file("blobs", file_item(name, folder), f"{folder} {name}".encode())
    chooser = Chooser(server, ada)
    with chooser.http:
        yield chooser
    eventually(lambda: not downloads.places.taken)


def of(name: str) -> str:
    return File.objects.get(shown_name=name).doc_id


def test_a_zip_without_a_name_of_its_own_is_called_in_the_persons_language(chooser: Chooser, ada: Person) -> None:
    def called() -> str:
        return chooser.marked(kind="file", at="/", id=[of("0.txt")], folder=["/a"]).headers["Content-Disposition"]

    assert called() == 'attachment; filename="Chosen files.zip"'
    User.objects.filter(pk=ada.row.pk).update(language="fr")
    assert called() == 'attachment; filename="Fichiers choisis.zip"'


@pytest.mark.services
def test_marked_files_and_folders_are_one_zip_as_they_stand_in_the_folder_that_is_looked_at(chooser: Chooser) -> None:
    answer = chooser.marked(kind="file", at="/a", id=[of("one.txt")], folder=["/a/b"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.zip"'
    assert unzipped(answer.content) == {
        "one.txt": b"/a one.txt",
        "b/three.txt": b"/a/b three.txt",
        "b/c/four.txt": b"/a/b/c four.txt",
    }
    assert events("--kind", "format-fetched")[0]["what"]["format"] == "chosen files"


def test_what_is_marked_twice_comes_once(chooser: Chooser) -> None:
    answer = chooser.marked(kind="file", at="/a", id=[of("three.txt")], folder=["/a/b", "/a/b/c"])
    assert set(unzipped(answer.content)) == {"b/three.txt", "b/c/four.txt"}


@pytest.mark.services
def test_a_folder_comes_with_all_below_it_and_nothing_beside(chooser: Chooser) -> None:
    answer = chooser.named(kind="file", path="/a")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.zip"'
    assert set(unzipped(answer.content)) == {"a/one.txt", "a/two.txt", "a/b/three.txt", "a/b/c/four.txt"}


@pytest.mark.services
def test_photos_and_albums_come_too_each_name_once(chooser: Chooser, exporter: Exporter) -> None:
    exporter.send("media", {"@type": "Album", "id": "a", "name": "Lisbon"})
    for edge in (30, 40):
        photo = {"@type": "Photo", "name": "IMG.jpg", "albumId": "a"}
        exporter.send_file("media", photo, pictures.jpeg(edge, edge), "image/jpeg")
    marked = chooser.marked(kind="photo", id=[one.doc_id for one in Photo.objects.all()])
    album = chooser.named(kind="album", id=Album.objects.get().doc_id, inside="yes")
    for answer in (marked, album):
        assert set(unzipped(answer.content)) == {"IMG.jpg", "IMG (2).jpg"}
    assert album.headers["Content-Disposition"] == 'attachment; filename="Lisbon.zip"'


def test_what_is_in_the_bin_does_not_come(chooser: Chooser) -> None:
    BinVisitor(chooser.pages).throw(kind="file", id=[of("two.txt")])
    assert set(unzipped(chooser.named(kind="file", path="/a/").content)) == {
        "a/one.txt",
        "a/b/three.txt",
        "a/b/c/four.txt",
    }


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"kind": "file"},
        {"kind": "file", "path": "/"},
        {"kind": "file", "path": "//"},
        {"kind": "file", "folder": "/"},
        {"kind": "file", "path": "/nowhere"},
        {"kind": "file", "id": "nothing"},
        {"kind": "calendarevent", "path": "/a"},
        {"transfer": "1"},
    ],
)
def test_nothing_and_everything_at_once_can_not_be_chosen(chooser: Chooser, said: dict[str, str]) -> None:
    assert chooser.named(**said).status_code == 404


def test_it_is_the_persons_alone(chooser: Chooser, server: str) -> None:
    kept = chooser.pages.post("/chosen", {"kind": "file", "id": [of("one.txt")]})["Location"]
    other = Chooser(server, Person.create("bob"))
    with other.http:
        assert other.http.get(kept).status_code == 404
        assert other.named(kind="file", id=of("one.txt")).status_code == 404
        assert other.named(kind="file", path="/a").status_code == 404
    stranger = httpx.get(f"{server}{kept}")
    assert stranger.status_code == 302 and stranger.headers["Location"].startswith("/auth/login")


def test_marked_folders_are_thrown_away_with_what_is_in_them(chooser: Chooser) -> None:
    BinVisitor(chooser.pages).throw(kind="file", at="/a", id=[of("one.txt")], folder=["/a/b"])
    assert set(File.objects.filter(trashed_at=None).values_list("shown_name", flat=True)) == {
        "two.txt",
        "five.txt",
        "0.txt",
    }


def test_the_tree_offers_both_and_shows_a_grid(chooser: Chooser) -> None:
    page = chooser.pages.get("/things/blobs/tree/?path=/a&as=grid").content.decode()
    for words in ('class="grid tiles"', 'name="folder" value="/a/b"', 'formaction="/chosen"', "path=%2Fa", "as=grid"):
        assert words in page, words
    assert "Show files as a list" in page
    assert 'class="grid tiles"' not in chooser.pages.get("/things/blobs/tree/?path=/a").content.decode()
