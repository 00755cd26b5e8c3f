"""After an upgrade, records that stand become what they would be if their items came today."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from importers import tasks
from importers.digests import digest, waiting_identity
from importers.maintenance.verification import bytes_held
from importers.models import Alias, Content, Record, Rereading, Revision
from importers.rereading import job
from importers.verticals.blobs.models import File, FileVersion, Folder
from importers.verticals.calendar.models import Calendar, CalendarEvent
from importers.verticals.media.models import Album, Photo, Video
from importers.verticals.music.models import PlaylistTrack, Recording, Release
from importers.verticals.notes.models import Note
from importers.verticals.offline_data.models import OfflineData
from importers.verticals.social_posts.models import SocialActivity
from importers.verticals.tasks.models import Task, TaskList
from importers.verticals.unknown.models import UnknownItem
from moves.models import Document
from tests.support.archives import bring
from tests.support.cozy_archives import directory
from tests.support.cozy_archives import file as cozy_file
from tests.support.exporter import Exporter, Person, envelope, status
from tests.support.former_rows import as_columns, formerly, kept_formerly, reread, upgrade
from tests.support.takeout import TakeOut

NAMES = ("CalendarEvent", "CalendarEventModel", "CalendarEventExportData")


def event(name: str = "CalendarEvent", title: str = "Tea") -> dict[str, Any]:
    kind = f"{name}$CalendarEventTime"
    return {
        "@type": name,
        "calendarId": "c1",
        "title": title,
        "startTime": {"@type": kind, "dateTime": "2024-05-06T10:00:00Z", "dateOnly": False},
    }


def three_of_one(exporter: Exporter) -> list[CalendarEvent]:
    """The same event under three names, each of a job of its own, as the former version took it for three."""
    rows = []
    for name in NAMES:
        exporter.new_job()
        answer = exporter.send("calendar", event(title=f"Tea as {name}"))
        rows.append(formerly(CalendarEvent.objects.get(doc_id=answer.json()["id"]), event(name)))
    upgrade()
    return rows


def send_three(exporter: Exporter) -> list[str]:
    return [status(exporter.send("calendar", envelope(event(name)))) for name in NAMES]


@pytest.mark.services
def test_an_event_under_three_names_becomes_one_record(exporter: Exporter, ada: Person) -> None:
    first, second, third = three_of_one(exporter)
    assert reread().startswith("4 records read")
    one = CalendarEvent.objects.get()
    assert (one.doc_id, one.transfer_id, one.received_at) == (first.doc_id, first.transfer_id, first.received_at)
    assert one.payload == third.payload
    assert sorted(Revision.objects.values_list("doc_id", "payload")) == sorted(
        (first.doc_id, earlier.payload) for earlier in (first, second)
    )
    assert sorted(Alias.objects.values_list("doc_id", "of")) == sorted(
        (other.doc_id, first.doc_id) for other in (second, third)
    )
    assert ada.used == bytes_held(ada.row)
    assert send_three(exporter) == ["unchanged"] * 3
    assert CalendarEvent.objects.count() == 1


def test_until_they_are_read_again_what_comes_meets_them_as_well(exporter: Exporter, ada: Person) -> None:
    three_of_one(exporter)
    assert send_three(exporter) == ["unchanged"] * 3
    kept_formerly(exporter, "calendar", event("CalendarEventExportData", "Coffee"))
    assert status(exporter.send("calendar", event("CalendarEventExportData", "Coffee"))) == "unchanged"
    assert sorted(CalendarEvent.objects.values_list("title", flat=True)) == ["Coffee", "Tea"]
    assert not UnknownItem.objects.exists()
    assert ada.used == bytes_held(ada.row)


KNOWN_BY_NOW: list[tuple[str, dict[str, Any], bytes | None, type[Record], dict[str, Any]]] = [
    ("calendar", {"@type": "CalendarExportData", "id": "c1", "name": "Work"}, None, Calendar, {"name": "Work"}),
    ("calendar", event("CalendarEventExportData"), None, CalendarEvent, {"title": "Tea"}),
    (
        "tasks",
        {"@type": "GenericPayloadExportData", "payload": {"@type": "TaskListModelExportData", "id": "l1"}},
        None,
        TaskList,
        {"identifier": "l1"},
    ),
    ("blobs", {"@type": "FolderExportData", "path": "/D/"}, None, Folder, {"identifier": "/D", "name": "D"}),
    (
        "blobs",
        {"@type": "FileExportData", "folder": "/D", "name": "a.txt"},
        b"bytes",
        File,
        {"shown_name": "a.txt", "mime": "image/jpeg"},
    ),
    ("media", {"@type": "AlbumExportData", "id": "a1", "name": "Trip"}, None, Album, {"name": "Trip"}),
    ("media", {"@type": "PhotoExportData", "name": "a.jpg", "albumId": "a1"}, b"bytes", Photo, {"name": "a.jpg"}),
    ("videos", {"@type": "VideoModelExportData", "name": "a.mp4"}, b"bytes", Video, {"name": "a.mp4"}),
    (
        "social-posts",
        {"@type": "SocialActivityExportData", "activity": {"id": "1", "title": "Hi"}},
        None,
        SocialActivity,
        {"title": "Hi"},
    ),
    ("tasks", {"@type": "TaskListExportData", "id": "l1", "name": "Home"}, None, TaskList, {"name": "Home"}),
    ("tasks", {"@type": "TaskExportData", "text": "Sweep", "taskListId": "l1"}, None, Task, {"title": "Sweep"}),
]


@pytest.mark.services
@pytest.mark.parametrize(
    ("vertical", "item", "content", "model", "columns"), KNOWN_BY_NOW, ids=[one[1]["@type"] for one in KNOWN_BY_NOW]
)
def test_what_was_kept_becomes_a_record_of_its_kind(
    exporter: Exporter,
    ada: Person,
    vertical: str,
    item: dict[str, Any],
    content: bytes | None,
    model: type[Record],
    columns: dict[str, Any],
) -> None:
    kept = kept_formerly(exporter, vertical, item, content)
    upgrade()
    tasks.reread()
    assert not UnknownItem.objects.exists()
    [record] = model.objects.exclude(payload="")
    said = as_columns(record)
    assert {name: said[name] for name in columns} == columns
    facts = ("doc_id", "payload", "received_at", "changed_at", "transfer_id", "source_id", "owner_id")
    assert {name: said[name] for name in facts} == {name: getattr(kept, name) for name in facts}
    assert said.get("content_id") == kept.content_id
    assert ada.used == bytes_held(ada.row)
    exporter.new_job()
    again = exporter.send(vertical, item) if content is None else exporter.send_file(vertical, item, content)
    assert again.json() == {"id": kept.doc_id, "status": "unchanged"}


def test_what_was_kept_and_came_again_as_what_it_is_is_one_record(exporter: Exporter, ada: Person) -> None:
    kept = kept_formerly(exporter, "calendar", {"@type": "CalendarExportData", "id": "c1", "name": "Work"})
    exporter.new_job()
    newer = exporter.send("calendar", {"@type": "Calendar", "id": "c1", "name": "Work, newer"}).json()["id"]
    upgrade()
    reread()
    calendar = Calendar.objects.get()
    assert (calendar.name, calendar.doc_id, calendar.transfer_id) == ("Work, newer", kept.doc_id, kept.transfer_id)
    assert Revision.objects.values_list("kind", "doc_id", "payload").get() == ("calendar", kept.doc_id, kept.payload)
    assert set(Alias.objects.values_list("kind", "doc_id", "of")) == {
        ("calendar", newer, kept.doc_id),
        ("unknownitem", kept.doc_id, kept.doc_id),
    }
    assert ada.used == bytes_held(ada.row)


def file(name: str = "File") -> dict[str, Any]:
    return {"@type": name, "folder": "/Z", "name": "f.txt"}


def states_of(one: File) -> list[tuple[str, bytes]]:
    """Each state of a file, the last one first: the id of the job that brought it, and its bytes."""
    states: list[File | FileVersion] = [one, *one.versions.order_by("-replaced_at")]
    return [(state.transfer.job_id, uploaded(state.content)) for state in states]


def uploaded(content: Content) -> bytes:
    with default_storage.open(content.storage_key) as opened:
        return bytes(opened.read())


@pytest.mark.services
def test_a_file_that_was_kept_is_an_earlier_version_of_the_one_that_came_later(exporter: Exporter, ada: Person) -> None:
    first = exporter.job
    kept = kept_formerly(exporter, "blobs", file("FileExportData"), b"v1", "text/plain")
    between = exporter.new_job()
    kept_formerly(exporter, "blobs", file("BlobbyFileExportData"), b"v2", "text/plain")
    last = exporter.new_job()
    later = exporter.send_file("blobs", file(), b"v3").json()["id"]
    stood = File.objects.get()
    upgrade()
    reread()
    one = File.objects.get()
    assert [content for _, content in states_of(one)] == [b"v3", b"v2", b"v1"]
    assert [version.transfer.job_id for version in one.versions.order_by("received_at")] == [first, between]
    assert (one.doc_id, one.transfer, one.seen_in) == (kept.doc_id, kept.transfer, stood.seen_in)
    assert (one.received_at, one.changed_at, one.payload) == (stood.received_at, stood.changed_at, stood.payload)
    earliest = one.versions.get(transfer=kept.transfer)
    assert (earliest.received_at, earliest.payload) == (kept.received_at, kept.payload)
    assert Alias.objects.filter(kind="file").values_list("doc_id", "of").get() == (later, kept.doc_id)
    assert ada.used == bytes_held(ada.row)
    for job_id, content in ((first, b"v1"), (between, b"v2"), (last, b"v3")):
        exporter.job = job_id
        assert status(exporter.send_file("blobs", file(), content)) == "unchanged"


def test_a_file_that_was_kept_and_came_later_is_the_file(exporter: Exporter, ada: Person) -> None:
    doc_id = exporter.send_file("blobs", file(), b"v1").json()["id"]
    kept = []
    for content in (b"v2", b"v3"):
        exporter.new_job()
        kept.append(kept_formerly(exporter, "blobs", file("FileExportData"), content, "text/plain"))
    upgrade()
    reread()
    one = File.objects.get()
    assert [content for _, content in states_of(one)] == [b"v3", b"v2", b"v1"]
    assert (one.doc_id, one.received_at, one.changed_at) == (doc_id, kept[1].received_at, kept[1].changed_at)
    assert one.versions.order_by("-received_at").values_list("received_at", flat=True)[0] == kept[0].received_at
    assert ada.used == bytes_held(ada.row)


def test_a_file_that_was_kept_meets_what_comes_before_it_is_read_again(exporter: Exporter, ada: Person) -> None:
    kept = kept_formerly(exporter, "blobs", file("FileExportData"), b"v1", "text/plain")
    upgrade()
    exporter.new_job()
    exporter.send_file("blobs", file("FileExportData"), b"v2")
    reread()
    assert [content for _, content in states_of(File.objects.get())] == [b"v2", b"v1"]
    assert File.objects.get().doc_id == kept.doc_id
    assert ada.used == bytes_held(ada.row)


@pytest.mark.parametrize(
    ("kept_is_older", "recurring", "stays"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_file_that_was_kept_and_deleted_leaves_the_other_as_it_should_be(
    exporter: Exporter, ada: Person, kept_is_older: bool, recurring: bool, stays: bool
) -> None:
    for is_kept in (kept_is_older, not kept_is_older):
        exporter.new_job(recurring="every day" if recurring else "")
        if is_kept:
            kept_formerly(exporter, "blobs", file("FileExportData"), b"kept", "text/plain")
            UnknownItem.objects.update(trashed_at=timezone.now())
        else:
            exporter.send_file("blobs", file(), b"file")
    upgrade()
    reread()
    one = File.objects.get()
    contents = [content for _, content in states_of(one)]
    assert (contents, one.trashed_at is not None) == ([b"file", b"kept"], stays)
    assert not UnknownItem.objects.exists()
    assert ada.used == bytes_held(ada.row)


def test_files_of_one_name_that_one_job_brought_stay_two(exporter: Exporter, ada: Person) -> None:
    kept_formerly(exporter, "blobs", file("FileExportData"), b"one", "text/plain")
    exporter.send_file("blobs", file(), b"other")
    upgrade()
    reread()
    assert sorted(File.objects.values_list("shown_name", flat=True)) == ["f (2).txt", "f.txt"]
    assert ada.used == bytes_held(ada.row)


def test_a_file_that_was_kept_with_the_same_bytes_says_what_was_said_later(exporter: Exporter, ada: Person) -> None:
    kept = kept_formerly(exporter, "blobs", file("FileExportData") | {"x": "old"}, b"v1", "text/plain")
    exporter.new_job()
    later = exporter.send_file("blobs", file() | {"x": "new"}, b"v1").json()["id"]
    upgrade()
    reread()
    one = File.objects.get()
    assert json.loads(one.payload)["x"] == "new"
    assert (one.doc_id, one.transfer_id, one.versions.count()) == (kept.doc_id, kept.transfer_id, 0)
    assert Revision.objects.values_list("kind", "doc_id", "payload").get() == ("file", kept.doc_id, kept.payload)
    assert Alias.objects.filter(kind="file").values_list("doc_id", "of").get() == (later, kept.doc_id)
    assert ada.used == bytes_held(ada.row)


@pytest.mark.parametrize("albums", [("", ""), ("one", "one"), ("one", "two"), ("one", ""), ("", "two")])
@pytest.mark.parametrize("kept_is_older", [True, False])
@pytest.mark.parametrize("kind", ["Photo", "Video"])
def test_a_photo_that_was_kept_says_what_was_said_later(
    exporter: Exporter, ada: Person, kind: str, albums: tuple[str, str], kept_is_older: bool
) -> None:
    model = {"Photo": Photo, "Video": Video}[kind]
    said = ["old words", "new words"] if kept_is_older else ["new words", "old words"]
    items = [
        {"@type": kind, "name": "ph.jpg", "description": words, "albumId": album}
        for words, album in zip(said, albums, strict=True)
    ]
    ids = {}
    for was_kept in (kept_is_older, not kept_is_older):
        exporter.new_job()
        if was_kept:
            kept = kept_formerly(exporter, "media", items[0] | {"@type": f"{kind}ExportData"}, b"ph")
            ids[kept.doc_id] = kept.transfer_id
        else:
            answer = exporter.send_file("media", items[1], b"ph")
            stood = model._default_manager.get(doc_id=answer.json()["id"])
            ids[stood.doc_id] = stood.transfer_id
    upgrade()
    reread()
    one = model._default_manager.get()
    assert one.description == "new words"
    assert (one.doc_id, one.transfer_id) == next(iter(ids.items()))
    assert Revision.objects.filter(doc_id=one.doc_id, payload__contains="old words").exists()
    assert sorted(one.albums.values_list("identifier", flat=True)) == sorted({album for album in albums if album})
    assert ada.used == bytes_held(ada.row)
    standing = items if albums[0] != albums[1] else [item for item in items if item["description"] == "new words"]
    assert {status(exporter.send_file("media", item, b"ph")) for item in standing} == {"unchanged"}


def test_what_is_known_by_now_is_no_longer_said_to_be_unknown(exporter: Exporter, ada: Person) -> None:
    browser = Client()
    browser.force_login(ada.row, backend="accounts.backends.NameOrEmail")
    kept_formerly(exporter, "calendar", event("CalendarEventExportData"))
    kept_formerly(exporter, "calendar", {"@type": "Poem", "text": "…"})
    assert "2 of them are kept whole" in browser.get("/").content.decode()
    upgrade()
    reread()
    assert "1 of them is kept whole" in browser.get("/").content.decode()


def test_what_is_still_not_known_stays_as_it_came(exporter: Exporter, ada: Person) -> None:
    kept = [
        kept_formerly(exporter, "calendar", {"@type": "Poem", "lines": [{"@type": "PoemModel$Line", "text": "…"}]}),
        kept_formerly(exporter, "calendar", {"@type": "CalendarExportData", "id": None, "name": "nameless"}),
        kept_formerly(exporter, "blobs", {"@type": "FolderExportData", "path": "/D"}, b"its picture"),
        kept_formerly(exporter, "blobs", {"@type": "FileExportData", "name": "lost its bytes"}),
    ]
    upgrade()
    reread()
    stands = UnknownItem.objects.order_by("pk")
    assert [(one.doc_id, one.payload, one.content_id) for one in stands] == [
        (one.doc_id, one.payload, one.content_id) for one in kept
    ]
    poem = {"@type": "PoemExportData", "lines": [{"@type": "PoemExportData$Line", "text": "…"}]}
    assert exporter.send("calendar", poem).json() == {"id": kept[0].doc_id, "status": "unchanged"}
    assert exporter.send("calendar", poem | {"@type": "Song"}).json()["status"] == "kept"
    assert ada.used == bytes_held(ada.row)


@pytest.mark.parametrize("through", [True, False])
def test_what_the_person_deleted_is_not_brought_back(exporter: Exporter, through: bool) -> None:
    exporter.new_job(recurring="every day")
    item = {"@type": "CalendarEventExportData", "title": "Tea"}
    kept = kept_formerly(exporter, "calendar", item)
    UnknownItem.objects.update(trashed_at=timezone.now())
    upgrade()
    if through:
        reread()
    exporter.new_job(recurring="every day")
    assert exporter.send("calendar", item).json() == {"id": kept.doc_id, "status": "unchanged"}
    assert CalendarEvent.objects.get().trashed_at is not None
    exporter.new_job()
    assert exporter.send("calendar", item).json() == {"id": kept.doc_id, "status": "updated"}


@pytest.mark.parametrize(("in_bin", "recurring", "stays"), [(0, True, True), (0, False, False), (1, True, False)])
def test_of_two_that_are_one_the_person_sees_what_they_left(
    exporter: Exporter, in_bin: int, recurring: bool, stays: bool
) -> None:
    """What the person had deleted, and the same recurring job brought again under another name, stays deleted; one that
    they had deleted because there were two does not take the other with it."""
    rows = []
    for number, name in enumerate(NAMES[:2]):
        exporter.new_job(recurring="every day" if recurring else "")
        answer = exporter.send("calendar", event(title=f"Tea as {name}"))
        rows.append(formerly(CalendarEvent.objects.get(doc_id=answer.json()["id"]), event(name)))
        if number == in_bin:
            CalendarEvent.objects.filter(pk=rows[in_bin].pk).update(trashed_at=timezone.now())
    upgrade()
    reread()
    assert (CalendarEvent.objects.get().trashed_at is not None) == stays


@pytest.mark.parametrize(
    ("said", "formerly"),
    [
        ("2023-07-08T09:10:11Z", None),
        ("2023-07-08T11:10:11[Europe/Paris]", datetime(2023, 7, 8, 11, 10, 11, tzinfo=UTC)),
    ],
)
def test_a_photo_whose_time_was_not_understood_is_the_one_of_that_time(
    exporter: Exporter, ada: Person, said: str, formerly: datetime | None
) -> None:
    item = {"@type": "Photo", "name": "a.jpg", "uploadedTime": said}
    exporter.send_file("media", item | {"albumId": "one"}, b"pixels")
    photo = Photo.objects.get()
    identity = digest("a.jpg", photo.content.sha256, formerly.isoformat() if formerly else "")
    Photo.objects.update(identity=identity, uploaded_at=formerly, reading=None)
    exporter.new_job()
    assert status(exporter.send_file("media", item | {"albumId": "two"}, b"pixels")) == "created"
    upgrade()
    reread()
    one = Photo.objects.get()
    assert (one.doc_id, one.transfer_id) == (photo.doc_id, photo.transfer_id)
    assert one.uploaded_at == datetime(2023, 7, 8, 9, 10, 11, tzinfo=UTC)
    assert sorted(one.albums.values_list("identifier", flat=True)) == ["one", "two"]
    assert ada.used == bytes_held(ada.row)
    for album in ("one", "two"):
        assert status(exporter.send_file("media", item | {"albumId": album}, b"pixels")) == "unchanged"


@pytest.mark.services
@pytest.mark.parametrize("through", [True, False])
def test_what_a_nul_identifies_is_still_itself(exporter: Exporter, ada: Person, through: bool) -> None:
    """Identifiers were digested as columns hold them, which is the same for different ones."""
    album, photo = {"@type": "Album", "id": "a\0"}, {"@type": "Photo", "name": "a\0.jpg", "albumId": "a\0"}
    folder, file = {"@type": "Folder", "path": "/a\0"}, {"@type": "File", "folder": "/a\0", "name": "b\0"}
    exporter.send("media", album)
    exporter.send_file("media", photo, b"bytes")
    exporter.send("blobs", folder)
    exporter.send_file("blobs", file, b"bytes")
    name, path, sha256 = "b\ufffd", "/a\ufffd", Content.objects.get().sha256
    Album.objects.update(identity=digest("a\ufffd"), reading=None)
    Photo.objects.update(identity=digest("a\ufffd.jpg", sha256, ""), reading=None)
    Folder.objects.update(identity=digest(path), reading=None)
    identity = digest(path, name, sha256, "")
    File.objects.update(same_name=digest(path, name), identity=identity, reading=None)
    upgrade()
    if through:
        reread()
    exporter.new_job()

    def send(character: str) -> set[str]:
        def said(item: dict[str, str]) -> bytes:
            return json.dumps(item).replace("\\u0000", character).encode()

        containers = {status(exporter.send("media", said(album))), status(exporter.send("blobs", said(folder)))}
        files = {
            status(exporter.send_file("media", said(photo), b"bytes")),
            status(exporter.send_file("blobs", said(file), b"bytes")),
        }
        return containers | files

    assert send("\\u0000") == {"unchanged"}
    assert send("\\ufffd") == {"created"}
    reread()
    assert send("\\u0000") == send("\\ufffd") == {"unchanged"}
    exporter.new_job()
    assert status(exporter.send_file("blobs", file, b"other bytes")) == "updated"
    assert ada.used == bytes_held(ada.row)


@pytest.mark.services
def test_items_may_come_meanwhile(server: str, exporter: Exporter, ada: Person) -> None:
    titles = [f"Tea {number}" for number in range(40)]
    for title in titles:
        exporter.send("calendar", event(title=title))
    for one in CalendarEvent.objects.all():
        formerly(one)
    upgrade()
    exporter.new_job()
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(exporter.send, "calendar", event("CalendarEventModel", title)) for title in titles]
        reread()
        answers = [status(answer.result()) for answer in sent]
    assert sorted(CalendarEvent.objects.values_list("title", flat=True)) == sorted(titles)
    assert set(answers) <= {"created", "unchanged"}
    assert ada.used == bytes_held(ada.row)


@pytest.mark.services
def test_it_goes_on_where_it_was_stopped(exporter: Exporter, ada: Person) -> None:
    for number in range(30):
        assert exporter.send("calendar", event(title=f"Tea {number}")).status_code == 201
    for one in CalendarEvent.objects.all():
        formerly(one)
    upgrade()
    pieces = job.pieces(at_once=20)
    assert [next(pieces).read for _ in range(2)] == [1, 20]  # the calendar, and events
    assert Rereading.objects.get(kind="calendarevent").through_at is None
    assert reread().startswith("10 records read, of which 10 ")
    assert not Rereading.objects.filter(through_at=None).exists()
    assert "of which 0 say something else now" in reread()
    assert status(exporter.send("calendar", event("CalendarEventModel", "Tea 7"))) == "unchanged"
    assert ada.used == bytes_held(ada.row)


@pytest.mark.services
def test_what_a_process_of_the_former_version_brings_beside_it_is_read_as_well(exporter: Exporter) -> None:
    exporter.send("calendar", event())
    upgrade()
    reread()
    kept_formerly(exporter, "calendar", event("CalendarEventExportData", "Coffee"))
    exporter.send("calendar", event(title="Cake"))
    formerly(CalendarEvent.objects.get(title="Cake"))
    tasks.reread()
    assert {status(exporter.send("calendar", event("CalendarEventModel", one))) for one in ("Coffee", "Cake")} == {
        "unchanged"
    }


def test_a_record_that_says_the_same_today_is_not_touched(exporter: Exporter) -> None:
    exporter.send("calendar", event())
    exporter.send_file("blobs", {"@type": "File", "folder": "/D", "name": "a.txt"}, b"bytes")
    exporter.send_file("media", {"@type": "Photo", "name": "a.jpg", "albumId": "a1"}, b"bytes")
    models: list[type[Record]] = [Calendar, CalendarEvent, File, Folder, Photo, Album]
    before = [as_columns(one) for model in models for one in model.objects.all()]
    assert reread("--all") == "6 records read, of which 0 say something else now.\n"
    assert [as_columns(one) for model in models for one in model.objects.all()] == before


@pytest.mark.services
def test_folders_that_are_one_become_one(exporter: Exporter, ada: Person) -> None:
    for path in ("/D", "/E"):
        exporter.send("blobs", {"@type": "Folder", "path": path})
        exporter.send_file("blobs", {"@type": "File", "folder": path, "name": f"{path[1]}.txt"}, b"bytes")
    first, second = Folder.objects.order_by("pk")
    formerly(second, {"@type": "Folder", "path": "/D/"})
    Folder.objects.filter(pk=second.pk).update(identifier="/D/", identity=digest("/D/"))
    upgrade()
    reread()
    folder = Folder.objects.get()
    assert (folder.identifier, folder.doc_id, folder.files.count()) == ("/D", first.doc_id, 2)
    assert Alias.objects.values_list("kind", "doc_id", "of").get() == ("folder", second.doc_id, first.doc_id)
    assert ada.used == bytes_held(ada.row)
    for path in ("/D", "/D/"):
        assert status(exporter.send("blobs", {"@type": "Folder", "path": path})) == "unchanged"


@pytest.mark.services
def test_directories_of_a_cozy_at_one_path_stay_two(http: httpx.Client, ada: Person) -> None:
    """One that files had named before it came, at the path of another one."""
    archive = [
        directory("d1", "/D"),
        *cozy_file("f1", "/D/1.txt", b"one", "d1"),
        directory("d2", "/E"),
        *cozy_file("f2", "/E/2.txt", b"two", "d2"),
    ]
    bring(ada, archive)
    Folder.objects.filter(doc_id="d2").update(identifier="/D", name="D", identity=waiting_identity("d2"), reading=None)
    upgrade()
    reread()
    folders = Folder.objects.exclude(identifier="/").order_by("doc_id")
    assert list(folders.values_list("identifier", "doc_id")) == [("/D", "d1"), ("/D", "d2")]
    assert not any(folder.waits for folder in folders)
    files = {name for name in TakeOut.made(http, ada).everything() if name.startswith("My Cozy/Files/")}
    assert files == {"My Cozy/Files/D/1.txt", "My Cozy/Files/D/2.txt"}
    assert ada.used == bytes_held(ada.row)


@pytest.mark.services
def test_what_files_were_before_is_read_again(exporter: Exporter) -> None:
    """A time in milliseconds was not understood; one that stands stays."""
    said = {"@type": "File", "folder": "/D", "name": "a.txt", "dateModified": 1700000000000}
    for content in (b"first", b"second", b"third"):
        exporter.new_job()
        assert exporter.send_file("blobs", said, content).status_code == 201
    first, second = FileVersion.objects.order_by("pk")
    stays = datetime(2001, 2, 3, tzinfo=UTC)
    FileVersion.objects.filter(pk=first.pk).update(modified_at=None)
    FileVersion.objects.filter(pk=second.pk).update(modified_at=stays)
    upgrade()
    assert "of which 1 say something else now" in reread()
    times = FileVersion.objects.order_by("pk").values_list("modified_at", flat=True)
    assert list(times) == [datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), stays]
    assert "of which 0 say something else now" in reread()


def test_when_a_document_that_is_kept_whole_was_changed_is_read_again(ada: Person) -> None:
    kept = {"_id": "1", "updated_at": "2024-05-06T07:08:09Z"}
    bodies = [json.dumps(kept), "{}", json.dumps(kept | {"updated_at": "no time"})]
    for number, body in enumerate(bodies):
        Document.objects.create(owner=ada.row, doctype="io.other", doc_id=str(number), body=body)
    upgrade()
    tasks.reread()
    times = Document.objects.order_by("pk").values_list("updated_at", flat=True)
    assert list(times) == [datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), None, None]


SAID_TWICE = '"text": "Tea", "text": "Milk"'
SAID_ONCE = '"text": "Milk"'


@pytest.mark.parametrize("through", [True, False])
@pytest.mark.parametrize(
    ("path", "item", "model"),
    [
        ("tasks", '{"@type": "Task", %s}', Task),
        ("calendar", '{"@type": "CalendarEvent", "title": "T", %s}', CalendarEvent),
        ("music", '{"@type": "MusicRecording", "title": "T", %s}', Recording),
        ("music", '{"@type": "MusicRelease", "title": "T", %s}', Release),
        ("music", '{"@type": "MusicPlaylistItem", "playlistId": "p", %s}', PlaylistTrack),
        ("notes", '{"in": {"@type": "Inner", %s}}', Note),
        ("offline-data", "{%s}", OfflineData),
        ("calendar", '{"@type": "Stranger", %s}', UnknownItem),
    ],
)
def test_an_item_that_says_a_name_twice_is_the_one_that_came_before_that_counted(
    exporter: Exporter, path: str, item: str, model: type[Record], through: bool
) -> None:
    exporter.send(path, (item % SAID_ONCE).encode())
    identity = model._default_manager.get().identity
    model._default_manager.update(payload=item % SAID_TWICE, reading=2)
    upgrade()
    if through:
        reread()
    assert exporter.send(path, (item % SAID_TWICE).encode()).json()["status"] == "unchanged"
    assert model._default_manager.get().identity != identity
    assert status(exporter.send(path, (item % SAID_ONCE).encode())) in ("created", "kept")
    assert model._default_manager.count() == 2


@pytest.mark.parametrize("way", ["read again", "meanwhile", "archive, files first", "archive, files last"])
def test_so_is_one_that_came_with_a_file(exporter: Exporter, http: httpx.Client, ada: Person, way: str) -> None:
    twice, once = (("{%s}" % said).encode() for said in (SAID_TWICE, SAID_ONCE))
    for content in (b"one", b"two"):
        exporter.send_file("notes", once, content)
    Note.objects.update(payload=twice.decode(), reading=2)
    if way.startswith("archive"):
        entries = TakeOut.made(http, ada).everything().items()
        Note.objects.all().delete()
        bring(ada, sorted(entries, key=lambda one: ("org.wharf.notes" in one[0]) == way.endswith("first")))
    else:
        upgrade()
    if way == "read again":
        reread()
    exporter.new_job()
    assert [status(exporter.send_file("notes", twice, content)) for content in (b"one", b"two")] == ["unchanged"] * 2
    assert [status(exporter.send_file("notes", once, content)) for content in (b"one", b"two")] == ["created"] * 2
