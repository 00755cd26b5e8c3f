"""Nothing that an archive says is believed."""

import json
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage

from importers.content.storage import stored_keys
from importers.documents.arriving import Outcome
from importers.errors import Refusal
from importers.maintenance.verification import bytes_held
from importers.models import Holding, Upload
from importers.verticals.calendar.models import Calendar
from importers.verticals.media.models import Album
from importers.verticals.social_posts.models import SocialActivity
from moves.models import Document
from tests.support.archives import DATA, WHARF, bring, place
from tests.support.cozy_archives import (
    TRASH_DIRECTORY,
    directory_document,
    document,
    entry,
    file,
    file_document,
)
from tests.support.exporter import Exporter, Person, file_item
from tests.support.samples import send_all
from tests.support.takeout import TakeOut
from tests.verticals.social_posts.samples import POSTS, post_document


@pytest.mark.parametrize("climbing", [".", "..", "a\\b", "a\n"])
def test_what_names_a_container_that_climbs_is_refused(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person, climbing: str
) -> None:
    send_all(exporter)
    source = TakeOut.made(http, ada).everything()
    for name, body in source.items():
        if name.startswith((f"{DATA}org.wharf.calendar.events/", f"{DATA}io.cozy.files/")):
            said = json.loads(body)
            if "calendar_id" in said:
                said["calendar_id"] = climbing
            for entry in said["metadata"]["wharf"].get("entries", []):
                entry["album"] = climbing
            said["referenced_by"] = [{"type": "io.cozy.photos.albums", "id": climbing}]
            source[name] = json.dumps(said).encode()
    bring(grace, source, WHARF)
    again = TakeOut.made(http, grace).everything()
    assert not [name for name in again if not {".", ".."}.isdisjoint(name.replace(".json", "").split("/"))]
    assert not Calendar.objects.filter(owner=grace.row, doc_id=climbing).exists()
    assert not Album.objects.filter(owner=grace.row, doc_id=climbing).exists()


def test_a_doctype_that_climbs_leaves_as_a_name_like_any_other(http: httpx.Client, ada: Person) -> None:
    Document.objects.create(owner=ada.row, doctype="..", doc_id="y", body='{"_id": "y"}')
    assert f"{DATA}%2E%2E/y.json" in TakeOut.made(http, ada).everything()


WRONG_DIRECTORIES: list[dict[str, Any]] = [
    {"name": "a/b"},
    {"name": ".."},
    {"name": 7},
    {"name": "a\0b"},
    {"name": "\ud800"},
    {"path": "/a/../../b"},
    {"path": "/a\0b"},
    {"path": None, "dir_id": "nowhere"},
    {"path": None, "dir_id": "d"},
    {"path": [], "dir_id": {}},
    {"path": "/"},
    {"dir_id": TRASH_DIRECTORY, "restore_path": 7},
]


HOSTILE: list[tuple[str, str, bytes]] = [
    ("com.example.x", "d", b"not JSON"),
    ("com.example.x", "d", b"[1]"),
    ("com.example.x", "d", b"\xff\xfe"),
    ("com.example.x", "d", b'{"_id": "other"}'),
    ("com.example.x", "d", b'{"no": "id"}'),
    ("com.example.x", "d", b'{"_id": 1}'),
    ("com.example.x", "d", b'{"_id": "d", "n": NaN}'),
    ("com.example.x", "d", b'{"_id":"d","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ("com.example.x", "../../d", b'{"_id": "../../d"}'),
    ("com.example.x", "a/..\\b", rb'{"_id": "a/..\\b"}'),
    ("com.example.x", "a\0b", b'{"_id": "a\\u0000b"}'),
    ("com.example.x", "i" * 300, json.dumps({"_id": "i" * 300}).encode()),
    ("x" * 300, "d", b'{"_id": "d"}'),
    ("", "d", b'{"_id": "d"}'),
    (".", "d", b'{"_id": "d"}'),
    ("..", "d", b'{"_id": "d"}'),
    *[
        ("io.cozy.files", "d", json.dumps(directory_document("d", "/x") | wrong).encode())
        for wrong in WRONG_DIRECTORIES
    ],
]


@pytest.mark.services
@pytest.mark.parametrize(("doctype", "doc_id", "raw"), HOSTILE)
def test_hostile_documents_are_refused_with_a_sentence(ada: Person, doctype: str, doc_id: str, raw: bytes) -> None:
    placed = bring(ada, [(f"{DATA}{doctype}/{doc_id}.json", raw), document("com.example.x", "good")])
    assert [one.outcome for one in placed] == [Outcome.REFUSED, Outcome.CREATED]
    assert placed[0].note.endswith(".")
    assert ada.used == bytes_held(ada.row)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a/b"},
        {"name": ""},
        {"name": None},
        {"dir_id": 7},
        {"dir_id": "i" * 300},
        {"dir_id": "a\0"},
        {"mime": "a\0"},
        {"dir_id": TRASH_DIRECTORY, "restore_path": "/../x"},
    ],
)
def test_hostile_files_are_refused_and_leave_nothing(ada: Person, wrong: dict[str, Any]) -> None:
    placed = place(ada, file_document("f1", "a.txt", b"bytes") | wrong, b"bytes")
    assert placed.outcome is Outcome.REFUSED
    assert placed.note.endswith(".")
    assert ada.used == 0
    assert (Holding.objects.count(), Upload.objects.count(), len(list(stored_keys(default_storage)))) == (0, 0, 0)


@pytest.mark.services
def test_nobody_gets_bytes_by_naming_their_hash(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    exporter.send_file("blobs", file_item("a.txt", "/x"), b"secret of ada")
    [body] = [one for one in TakeOut.made(http, ada).documents("io.cozy.files").values() if one["type"] == "file"]
    placed = place(grace, body, None, WHARF)
    assert placed.outcome == Outcome.REFUSED
    assert placed.note.startswith("Its content is missing in the archive.")
    assert not Holding.objects.filter(owner=grace.row).exists()


@pytest.mark.services
def test_a_full_account_stops_the_import_and_keeps_nothing_of_what_did_not_fit(ada: Person) -> None:
    ada.set_quota(1000)
    small, large = document("com.example.x", "small"), document("com.example.x", "large", text="x" * 1000)
    bring(ada, [small])
    for archive in ([large], file("f1", "/a.txt", b"x" * 600, text="y" * 500)):
        with pytest.raises(Refusal) as full:
            bring(ada, archive)
        assert full.value.code == "destination_full"
    assert Document.objects.get().doc_id == "small"
    assert ada.used == bytes_held(ada.row)
    assert (Upload.objects.count(), len(list(stored_keys(default_storage)))) == (0, 0)


@pytest.mark.services
def test_facts_of_an_archive_say_nothing_of_ownership_or_room(ada: Person, grace: Person) -> None:
    body = post_document("hello", "2024-01-01T00:00:00+00:00")
    body |= {"owner_id": grace.row.pk, "owner": "grace", "id": 1, "pk": 1, "used_bytes": -1, "transfer_id": 1}
    body["metadata"]["wharf"] |= {"owner_id": grace.row.pk, "source_id": 1, "storage_key": "aa/bb", "content_id": 1}
    assert bring(ada, [entry(POSTS, body)], WHARF)[0].outcome is Outcome.CREATED
    row = SocialActivity.objects.get()
    assert (row.owner, row.source.owner, row.transfer.owner) == (ada.row, ada.row, ada.row)
    assert ada.used == bytes_held(ada.row)
