"""Nothing of a record is lost: every column stands in its document, and comes back from it as it was."""

import json
from typing import Any

import httpx
import pytest
from django.db.models import Model
from django.utils import timezone

from importers.documents import columns_from
from importers.models import Album, AlbumPhoto, Calendar, File, FileVersion, Folder, Photo, UnknownItem, Video
from moves.models import Export
from tests.exporter import Exporter, Person, file_item
from tests.takeout import TakeOut
from tests.test_export_archives import fill

# What an export says in other words: the row's own number and person, and rows that it points to.
IN_OTHER_WORDS = {"id", "owner_id", "source_id", "transfer_id", "folder_id", "content_id", "seen_in_id", "calendar_id"}
Facts = dict[str, dict[str, Any]]


@pytest.fixture
def full(exporter: Exporter) -> Exporter:
    fill(exporter)
    return exporter


def facts(take_out: TakeOut) -> Facts:
    """What the archive says of each record, by its id: the document's own fields, and `metadata.wharf`."""
    found: Facts = {}
    for name, body in take_out.everything().items():
        if name.startswith("My Cozy/Data/") and not name.endswith("instance.json"):
            document = json.loads(body)
            wharf = document["metadata"].get("wharf", {})
            for record in wharf.get("records", []):
                found[record["doc_id"]] = record
            if "records" not in wharf:
                found[document["_id"].rpartition("/")[2]] = {
                    "doc_id": document["_id"].rpartition("/")[2],
                    **document,
                    **wharf,
                }
    return found


def assert_all_columns(row: Model, said: dict[str, Any]) -> None:
    columns = tuple(field.attname for field in row._meta.concrete_fields if field.attname not in IN_OTHER_WORDS)
    columns = tuple(name for name in columns if name not in ("owner_id", "file_id"))
    assert columns_from(type(row), said, columns) == {name: getattr(row, name) for name in columns}


@pytest.mark.parametrize("model", [Folder, File, FileVersion, Album, Photo, Video, Calendar, UnknownItem])
def test_every_column_comes_back(full: Exporter, http: httpx.Client, ada: Person, model: type[Any]) -> None:
    said = facts(TakeOut.made(http, ada))
    rows = list(model.objects.all())
    assert rows
    for row in rows:
        assert_all_columns(row, said[row.doc_id])
        assert said[row.doc_id]["transfer"]["job_id"] == row.transfer.job_id
        assert said[row.doc_id]["transfer"]["client_id"] == row.transfer.source.client_id


def test_album_entries_and_containers_that_never_came_ride_along(
    full: Exporter, http: httpx.Client, ada: Person
) -> None:
    said = facts(TakeOut.made(http, ada))
    assert said[Album.objects.get(identifier="2").doc_id]["arrived_at"] is None
    for entry in AlbumPhoto.objects.select_related("item", "album"):
        assert {"album": entry.album and entry.album.doc_id, "payload": entry.payload} in said[entry.item.doc_id][
            "entries"
        ]


def test_folders_of_two_services_are_one_directory_with_both_records(
    server: str, exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    exporter.send("blobs", {"@type": "Folder", "path": "/both"})
    with Exporter(server, ada, "Cloud Two") as other:
        other.send("blobs", {"@type": "Folder", "path": "/both"})
    directories = [
        body for body in TakeOut.made(http, ada).documents("io.cozy.files").values() if body.get("path") == "/both"
    ]
    assert [len(body["metadata"]["wharf"]["records"]) for body in directories] == [2]


def test_what_is_in_the_bin_is_in_the_bin(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    for name in ("a.txt", "b.txt"):
        exporter.send_file("blobs", file_item(name, "/root/foo"), name.encode())
    exporter.send_file("blobs", file_item("a.txt", "/root/gone"), b"other")
    now = timezone.now()
    File.objects.filter(name="a.txt").update(trashed_at=now)
    Folder.objects.filter(identifier="/root/gone").update(trashed_at=now)
    take_out = TakeOut.made(http, ada)
    files = {name: body for name, body in take_out.everything().items() if "/Files/" in name}
    assert files == {
        "My Cozy/Files/root/foo/b.txt": b"b.txt",
        "My Cozy/Files/.cozy_trash/a.txt": b"a.txt",
        "My Cozy/Files/.cozy_trash/gone/a.txt": b"other",
    }
    bodies = take_out.documents("io.cozy.files")
    trashed = bodies[File.objects.get(trashed_at=now, folder__identifier="/root/foo").doc_id]
    assert (trashed["dir_id"], trashed["trashed"]) == ("io.cozy.files.trash-dir", True)
    assert trashed["restore_path"] == "/root/foo"
    assert bodies[Folder.objects.get(identifier="/root/gone").doc_id]["restore_path"] == "/root"


def test_the_same_record_has_the_same_id_in_every_export(full: Exporter, http: httpx.Client, ada: Person) -> None:
    first = TakeOut.made(http, ada)
    second = TakeOut.made(http, ada)
    assert Export.objects.count() == 2
    names = [{name for name in one.everything() if "/Data/" in name} for one in (first, second)]
    assert names[0] == names[1]


def test_paths_too_deep_and_too_long_for_a_disk_are_made_short(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    deep = "/" + "/".join(["a"] * 5_000)
    exporter.send_file("blobs", file_item("deep.txt", deep), b"deep")
    long = ""
    for number in range(12):
        long += f"/{number}" + "ü" * 120
        exporter.send_file("blobs", file_item("long.txt", long), f"{number}".encode())
    files = [name for name in TakeOut.made(http, ada).everything() if "/Files/" in name]
    assert len(files) == 13
    assert all(len(name.encode()) < 2_800 for name in files)
