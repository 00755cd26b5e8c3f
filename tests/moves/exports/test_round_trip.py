"""Nothing of a record is lost: every column stands in its document, and comes back from it as it was."""

import json
from typing import Any

import httpx
import pytest
from django.db.models import F, Model
from django.utils import timezone

from accounts.models import User
from importers.documents.columns import columns_of
from importers.maintenance.verification import bytes_held
from importers.merging.origin import Origin
from importers.models import Revision, Transfer, TransferCount
from importers.vertical import record_models
from importers.verticals.blobs.models import File, FileVersion, Folder
from importers.verticals.media.models import Album, AlbumPhoto, AlbumVideo, Photo
from moves.models import Document, Export
from tests.support.archives import WHARF, bring, holds, manifest, outcomes
from tests.support.exporter import Exporter, Person, file_item
from tests.support.samples import send_all
from tests.support.takeout import TakeOut

Facts = dict[str, dict[str, Any]]


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
    """All but what an export says in other words: the row's own number, the rows that it points to, and what the
    database says by itself: the size that it copies from one of these, and what a worker has made of it."""
    own = (field for field in row._meta.concrete_fields if not (field.is_relation or field.primary_key))
    own = (field for field in own if field.name not in ("size", "expanded"))
    columns = tuple(field.attname for field in own)
    assert columns_of(type(row), columns, said) == {name: getattr(row, name) for name in columns}


@pytest.mark.services
def test_every_column_comes_back(full: Exporter, http: httpx.Client, ada: Person, subtests: pytest.Subtests) -> None:
    said = facts(TakeOut.made(http, ada))
    models: list[type[Any]] = [*record_models(), FileVersion]
    for model in models:
        with subtests.test(model=model._meta.model_name):
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


# Out of one account and into another

# As what it is taken for where its manifest is missing.
LISTLESS = Origin("source.example", "Cozy")


def fill_more(exporter: Exporter, ada: Person) -> None:
    """What `fill` leaves out: the root, revisions, the bin, several records at one path, what nobody knows."""
    for title in ("1", "2", "3"):
        exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p", "title": title}})
    for path in ("/", "/root/foo", "/gone"):
        exporter.send("blobs", {"@type": "Folder", "path": path})
    exporter.send("blobs", {"@type": "Folder", "path": "/root/foo", "said": "later"})
    exporter.send_file("blobs", file_item("top.txt", "/"), b"at the top")
    exporter.send_file("blobs", file_item("gone.txt", "/root/foo"), b"in the bin")
    exporter.send_file("blobs", file_item("inner.txt", "/gone"), b"with its folder")
    exporter.send("calendar", {"@type": "CalendarEvent", "calendarId": "never sent", "title": "Lost"})
    exporter.send("calendar", {"@type": "CalendarEvent", "title": "Alone"})
    exporter.send("calendar", {"@type": "CalendarEvent", "calendarId": "c1", "title": "Ends"})
    exporter.send("calendar", {"@type": "Moon", "phase": "full"})
    exporter.send_file("photos", {"@type": "Photo", "name": "a.jpg"}, b"pixels", "image/jpeg")
    exporter.send_file("photos", {"@type": "Photo", "name": "b.jpg", "albumId": "3"}, b"more", "image/jpeg")
    with Exporter(exporter.server, ada, "Cloud Two", "Other") as other:
        other.send("blobs", {"@type": "Folder", "path": "/root/foo"})
        other.send_file("blobs", file_item("plain.txt", "/root/foo"), b"another plain one")
        other.send_file("blobs", file_item("x.bin", "/Photos"), b"where photos are")
        other.send("calendar", {"@type": "Calendar", "id": "c1", "name": "Home; really"})
        other.send("calendar", {"@type": "CalendarEvent", "calendarId": "c1", "title": "Theirs"})
        other.job = ""
        other.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "x"}})
    now = timezone.now()
    File.objects.filter(name="gone.txt").update(trashed_at=now)
    Folder.objects.filter(identifier="/gone").update(trashed_at=now)
    Photo.objects.filter(name="b.jpg").update(trashed_at=now)
    for doctype, doc_id in (("com.example.things", "one"), ("io.cozy.bills", "ü"), ("io.cozy.apps", "a/drive")):
        body = f'{{"_id": "{doc_id}",  "n": 1.0, "huge": 1{"0" * 5000}}}'
        Document.objects.create(owner=ada.row, doctype=doctype, doc_id=doc_id, body=body)
        User.objects.filter(pk=ada.row.pk).update(used_bytes=F("used_bytes") + len(body.encode()))


@pytest.mark.services
@pytest.mark.parametrize("origin", [WHARF, LISTLESS])
def test_an_archive_brought_into_an_empty_account_leaves_it_as_it_came(
    full: Exporter, http: httpx.Client, ada: Person, grace: Person, origin: Origin
) -> None:
    fill_more(full, ada)
    source = TakeOut.made(http, ada).everything()
    placed = bring(grace, source, origin)
    assert outcomes(placed).keys() <= {"created", "unchanged"}
    assert [one.note for one in placed if one.note] == []
    assert manifest(TakeOut.made(http, grace).everything()) == manifest(source)
    assert grace.used == ada.used == bytes_held(grace.row)


def test_bringing_it_twice_changes_nothing(full: Exporter, http: httpx.Client, ada: Person, grace: Person) -> None:
    fill_more(full, ada)
    source = TakeOut.made(http, ada).everything()
    assert holds(grace, source, WHARF) != []
    bring(grace, source, WHARF)
    before, used = rows_of(grace), grace.used
    assert holds(grace, source, WHARF) == []
    assert outcomes(bring(grace, source, WHARF)).keys() == {"unchanged"}
    assert outcomes(bring(ada, source, WHARF)).keys() == {"unchanged"}
    assert (rows_of(grace), grace.used) == (before, used)


@pytest.mark.parametrize("remembers", [True, False])
def test_a_photo_that_is_read_as_a_cozys_leaves_no_directory_twice(
    full: Exporter, http: httpx.Client, ada: Person, grace: Person, remembers: bool
) -> None:
    """What only we say of it is broken, so its directory is all that says where it is."""
    source = TakeOut.made(http, ada).everything()
    directories: dict[str, bytes] = {}
    broken = 0
    for name, body in source.items():
        document = json.loads(body) if name.startswith("My Cozy/Data/io.cozy.files/") else {}
        if document.get("type") == "directory":
            directories[name] = body
        if document.get("metadata", {}).get("wharf", {}).get("kind") in ("photo", "video", "file of an item"):
            document["metadata"]["wharf"] |= {"received_at": "never", "item": 7}
            source[name] = json.dumps(document).encode()
            broken += 1
    assert broken == 4
    if not remembers:  # as in a run that goes on after the directories
        bring(grace, directories, LISTLESS)
        source = {name: body for name, body in source.items() if name not in directories}
    bring(grace, source, LISTLESS)
    leaving = TakeOut.made(http, grace).everything()
    assert {name for name in source if "/Photos/" in name} <= leaving.keys()
    assert Photo.objects.filter(owner=grace.row, path="").count() == 2


def test_directories_and_files_of_one_id_leave_under_two(
    full: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    """Ids are unique among records of one kind, and an archive may say any."""
    found = TakeOut.made(http, ada).documents("io.cozy.files").values()
    derived = sorted(body["_id"] for body in found if is_made_anew(body))
    for doc_id, row in zip(
        derived, [File.objects.get(name="文件.txt"), *Folder.objects.exclude(identifier="/")], strict=False
    ):
        type(row)._default_manager.filter(pk=row.pk).update(doc_id=doc_id)
    source = TakeOut.made(http, ada)
    placed = bring(grace, source.everything(), WHARF)
    assert outcomes(placed).keys() <= {"created", "unchanged"}
    names = [name for name in source.everything() if "/Files/" in name]
    assert [name for name in TakeOut.made(http, grace).everything() if "/Files/" in name] == names


def is_made_anew(body: dict[str, Any]) -> bool:
    return body.get("metadata", {}).get("wharf", {}).get("kind") in ("path", "album directory")


def rows_of(person: Person) -> dict[str, list[Any]]:
    models: list[Any] = [*record_models(), FileVersion, Revision, Transfer, Document]
    rows = {model.__name__: list(model._default_manager.filter(owner=person.row).values()) for model in models}
    return rows | {model.__name__: list(model.objects.values()) for model in (AlbumPhoto, AlbumVideo, TransferCount)}


def test_people_see_which_transfers_had_brought_it(
    full: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    bring(grace, TakeOut.made(http, ada).everything(), WHARF)
    for mine in Transfer.objects.filter(owner=grace.row).select_related("source"):
        theirs = Transfer.objects.get(owner=ada.row, job_id=mine.job_id)
        assert (mine.first_item_at, mine.last_item_at) == (theirs.first_item_at, theirs.last_item_at)
        assert (mine.source.client_name, mine.source.service) == (theirs.source.client_name, theirs.source.service)
        assert mine.items > 0
        verticals = {count.vertical for count in theirs.counts.all()}
        assert {count.vertical for count in mine.counts.all()} <= verticals


@pytest.mark.services
def test_a_second_archive_brings_what_changed_since(
    full: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    fill_more(full, ada)
    bring(grace, TakeOut.made(http, ada).everything(), WHARF)
    full.new_job()
    send_all(full)
    full.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p", "title": "4"}})
    full.send_file("blobs", file_item("plain.txt", "/root/foo"), b"newest")
    full.send_file("blobs", file_item("top.txt", "/"), b"another top")
    full.send_file("photos", {"@type": "Photo", "name": "a.jpg", "albumId": "9"}, b"pixels", "image/jpeg")
    File.objects.filter(name="..").update(trashed_at=timezone.now())
    source = TakeOut.made(http, ada).everything()
    bring(grace, source, WHARF)
    assert manifest(TakeOut.made(http, grace).everything()) == manifest(source)
    assert grace.used == ada.used == bytes_held(grace.row)
