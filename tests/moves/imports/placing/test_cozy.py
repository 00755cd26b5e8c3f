"""What a Cozy exports becomes records, and leaves again as a Cozy reads it."""

import json

import httpx
import pytest

from importers.maintenance.verification import bytes_held
from importers.models import Transfer
from importers.verticals.blobs.models import File, FileVersion, Folder
from importers.verticals.media.models import Photo
from moves.models import Document
from tests.support.archives import DATA, WHARF, bring, holds, manifest, outcomes
from tests.support.cozy_archives import (
    ROOT_DIRECTORY,
    TRASH_DIRECTORY,
    directory,
    document,
    file,
    version,
)
from tests.support.exporter import Person
from tests.support.takeout import TakeOut

pytestmark = pytest.mark.services


def cozy_archive() -> dict[str, bytes]:
    """What a Cozy exports, with something of everything."""
    image = {"class": "image", "mime": "image/jpeg"}
    albums = [{"type": "io.cozy.photos.albums", "id": one} for one in ("a1", "a2")]
    trashed = {"trashed": True, "restore_path": "/Documents"}
    return dict(
        [
            document("io.cozy.contacts", "c1", fullname="Grace", email=[{"address": "g@example.org"}]),
            document("io.cozy.apps", "io.cozy.apps/drive", slug="drive"),
            document("io.cozy.sessions", "s1"),
            document("io.cozy.sessions", "s2"),
            document("io.cozy.oauth.clients", "o1"),
            document("io.cozy.settings", "io.cozy.settings.instance", email="a@b"),
            document("io.cozy.settings", "io.cozy.settings.theme", dark=True),
            document("com.bitwarden.ciphers", "b1"),
            directory(ROOT_DIRECTORY, "/", ""),
            directory(TRASH_DIRECTORY, "/.cozy_trash"),
            directory("d1", "/Documents"),
            directory("d2", "/Documents/Tax", "d1"),
            directory("d3", "/.cozy_trash/Old", TRASH_DIRECTORY, restore_path="/Documents"),
            directory("d4", "/.cozy_trash/Old/Inner", "d3"),
            document("io.cozy.photos.albums", "a1", name="Trip", created_at="2024-01-01T00:00:00Z"),
            document("io.cozy.photos.albums", "a2", name="Best of"),
            *file("f1", "/Documents/cv.txt", b"cv", "d1"),
            *file("f2", "/Documents/Tax/2023.txt", b"tax", "d2"),
            *file("f3", "/.cozy_trash/gone.txt", b"gone", TRASH_DIRECTORY, **trashed),
            *file("f4", "/.cozy_trash/Old/Inner/deep.txt", b"deep", "d4", trashed=True),
            *file("p1", "/Documents/1.jpg", b"pixels", "d1", referenced_by=albums, **image),
            *file("p2", "/Documents/2.jpg", b"other pixels", "d1", **image),
            *version("f1", "v1", b"old cv"),
        ]
    )


def test_a_cozys_archive_becomes_records(http: httpx.Client, ada: Person) -> None:
    placed = bring(ada, cozy_archive())
    assert outcomes(placed) == {"created": 16, "ignored": 5, "unchanged": 2}
    paths = {(folder.identifier, folder.trashed_at is None) for folder in Folder.objects.all()}
    assert paths == {
        ("/Documents", True),
        ("/Documents/Tax", True),
        ("/Documents/Old", False),
        ("/Documents/Old/Inner", False),
    }
    found = {file.doc_id: (file.folder.identifier, file.name, bool(file.trashed_at)) for file in File.objects.all()}
    assert found == {
        "f1": ("/Documents", "cv.txt", False),
        "f2": ("/Documents/Tax", "2023.txt", False),
        "f3": ("/Documents", "gone.txt", True),
        "f4": ("/Documents/Old/Inner", "deep.txt", True),
        "p2": ("/Documents", "2.jpg", False),
    }
    photo = Photo.objects.get()
    assert {album.name for album in photo.albums.all()} == {"Trip", "Best of"}
    assert json.loads(photo.payload)["tags"] == ["one"]
    assert FileVersion.objects.get().file.doc_id == "f1"
    assert {one.doctype for one in Document.objects.all()} == {"io.cozy.apps", "io.cozy.settings"}
    assert ada.used == bytes_held(ada.row)


def test_a_cozys_archive_leaves_again_as_a_cozy_reads_it(http: httpx.Client, ada: Person, grace: Person) -> None:
    archive = cozy_archive()
    bring(ada, archive)
    take_out = TakeOut.made(http, ada)
    entries = take_out.everything()
    files = {name: body for name, body in entries.items() if name.startswith("My Cozy/Files/")}
    assert files == {
        "My Cozy/Files/Documents/cv.txt": b"cv",
        "My Cozy/Files/Documents/Tax/2023.txt": b"tax",
        "My Cozy/Files/.cozy_trash/gone.txt": b"gone",
        "My Cozy/Files/.cozy_trash/Old/Inner/deep.txt": b"deep",
        "My Cozy/Files/Documents/1.jpg": b"pixels",
        "My Cozy/Files/Documents/2.jpg": b"other pixels",
        "My Cozy/Files/f1/v1": b"old cv",
    }
    contact = json.loads(entries[f"{DATA}io.cozy.contacts/c1.json"])
    assert contact.pop("metadata")["wharf"]["kind"] == "contact"
    assert contact == json.loads(archive[f"{DATA}io.cozy.contacts/c1.json"])
    for name in ("io.cozy.apps/io.cozy.apps/drive", "io.cozy.settings/io.cozy.settings.theme"):
        assert entries[f"{DATA}{name}.json"] == archive[f"{DATA}{name}.json"]
    out = take_out.documents("io.cozy.files")
    assert sorted(one["id"] for one in out["p1"]["referenced_by"]) == ["a1", "a2"]
    assert out["f1"]["dir_id"] == "d1"
    assert out["f1"]["tags"] == ["one"]
    assert out["f1"]["cozyMetadata"] == {"createdByApp": "drive"}
    assert out["d3"]["restore_path"] == "/Documents"
    bring(grace, entries, WHARF)
    assert manifest(TakeOut.made(http, grace).everything()) == manifest(entries)


def test_a_cozys_archive_may_come_twice(ada: Person) -> None:
    archive = cozy_archive()
    bring(ada, archive)
    used, files = ada.used, list(File.objects.values())
    assert holds(ada, archive) == []
    assert outcomes(bring(ada, archive)) == {"unchanged": 18, "ignored": 5}
    assert (ada.used, list(File.objects.values())) == (used, files)
    assert FileVersion.objects.count() == 1
    assert Transfer.objects.count() == 1
