"""What was deleted for good isn't brought back by the same recurring job; another transfer brings it back."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from importers import tasks
from importers.models import Content, Deletion, Holding, Revision, TransferCount
from importers.vertical import record_models
from importers.verticals.blobs.models import File
from importers.verticals.contacts.models import Contact
from importers.verticals.contacts.splitting import MOST_CARDS
from importers.verticals.tasks.models import Task
from tests.support.bins import BinVisitor, assert_all_adds_up, here, in_bin
from tests.support.exporter import Exporter, Person, file_item, status
from tests.support.former_rows import reread, upgrade
from tests.verticals.contacts.samples import cards
from tests.verticals.media.samples import album, photo

AGAIN = "subscription-1"
PHOTO = '{"@type": "Photo", "name": "a.jpg"%s}'
Sends = list[Callable[[], httpx.Response]]


@pytest.fixture
def recurring(exporter: Exporter) -> Exporter:
    """An exporter whose job comes again and again."""
    exporter.new_job(recurring=AGAIN)
    return exporter


def card(name: str) -> str:
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{name}\r\nFN:{name}\r\nEND:VCARD\r\n"


def all_kinds(exporter: Exporter) -> Sends:
    """Items of every kind that items become."""
    mail = "RnJvbTogYWRhQGV4YW1wbGUub3JnDQpTdWJqZWN0OiBIZWxsbw0KDQpBIGZpcnN0IG1lc3NhZ2UuDQo="
    track = {"isrcCode": "SEABC2400001", "title": "Fog", "byArtists": [{"name": "The Engines"}]}
    items: list[tuple[str, dict[str, Any]]] = [
        ("social-posts", {"@type": "SocialActivity", "activity": {"id": "1"}}),
        ("blobs", {"@type": "Folder", "path": "/A"}),
        ("media", album("one", "One")),
        ("calendar", {"@type": "Calendar", "id": "1", "name": "Work"}),
        ("calendar", {"@type": "CalendarEvent", "calendarId": "1", "title": "Launch"}),
        ("tasks", {"@type": "TaskList", "id": "l1", "name": "Home"}),
        ("tasks", {"@type": "Task", "taskListId": "l1", "title": "Sweep"}),
        ("contacts", cards(card("Ada"))),
        ("contacts", cards(card("Bob") + card("Charles"))),
        ("notes", {"id": "n1", "title": "A note"}),
        ("offline-data", {"id": "o1", "title": "Data"}),
        ("mail", {"@type": "MailMessage", "rawString": mail, "containerIds": ["inbox"]}),
        ("mail", {"@type": "MailContainer", "id": "inbox", "name": "Inbox"}),
        ("music", {"@type": "MusicPlaylist", "id": "yard", "title": "Yard"}),
        ("music", {"@type": "MusicPlaylistItem", "playlistId": "yard", "order": 1, "track": track}),
        ("music", {"@type": "MusicRecording", "isrcCode": "SEABC2400002", "title": "Rain"}),
        ("music", {"@type": "MusicRelease", "icpnCode": "7300009000017", "title": "Weather"}),
        ("tasks", {"@type": "Riddle", "text": "What is it?"}),
    ]
    sends: Sends = [lambda one=one: exporter.send(*one) for one in items]  # type: ignore[misc]
    return [
        *sends,
        lambda: exporter.send_file("blobs", file_item("a.txt", "/A"), b"one"),
        lambda: exporter.send_file("media", photo(album="one"), b"pixels"),
        lambda: exporter.send_file("media", {"@type": "Video", "name": "v.mp4"}, b"frames"),
        lambda: exporter.send_file("notes", {"id": "n2", "title": "With a file"}, b"attached"),
        lambda: exporter.send_file("social-posts", {"@type": "Poem"}, b"kept as it came"),
    ]


@pytest.mark.services
def test_every_kind_stays_deleted_for_the_same_recurring_job_only(
    visitor: BinVisitor, recurring: Exporter, ada: Person
) -> None:
    sends = all_kinds(recurring)
    answers = [send().json() for send in sends]
    assert {answer["status"] for answer in answers} <= {"created", "kept", "updated"}
    before, used = here(), ada.used
    source = Deletion.objects.count(), Holding.objects.first()
    assert source[0] == 0 and source[1] is not None
    visitor.throw(source=TransferCount.objects.first().transfer.source_id)  # type: ignore[union-attr]
    assert (here(), ada.used) == ({}, used)
    visitor.delete(everything="yes")
    assert (in_bin(), ada.used, Holding.objects.count(), Revision.objects.count()) == ({}, 0, 0, 0)
    recurring.new_job(recurring=AGAIN)
    again = [send().json() for send in sends]
    assert [answer["status"] for answer in again] == ["unchanged"] * len(sends)
    assert [answer["id"] for answer in again] == [answer["id"] for answer in answers]
    assert (here(), ada.used, Holding.objects.count()) == ({}, 0, 0)
    assert_all_adds_up()
    last = TransferCount.objects.latest("pk").transfer
    thrown = sum(TransferCount.objects.filter(transfer=last).values_list("thrown_away", flat=True))
    assert thrown == len(sends) + 1  # of one item came two people
    assert f"{thrown} of it were thrown away by you before" in visitor.page(f"/transfers/{last.pk}/")
    recurring.new_job()
    assert {status(send()) for send in sends} <= {"created", "kept", "updated"}
    assert (here(), ada.used) == (before, used)
    assert_all_adds_up()


@pytest.mark.services
def test_the_same_job_does_not_bring_back_what_was_deleted_meanwhile(visitor: BinVisitor, exporter: Exporter) -> None:
    sends = all_kinds(exporter)
    answers = [send() for send in sends]
    assert len(answers) == len(sends)
    visitor.throw(source=TransferCount.objects.first().transfer.source_id)  # type: ignore[union-attr]
    visitor.delete(everything="yes")
    assert {status(send()) for send in sends} == {"unchanged"}
    assert here() == {}


def test_bytes_of_what_stays_deleted_are_not_left(visitor: BinVisitor, recurring: Exporter, ada: Person) -> None:
    large = b"\x01" * (3 << 20)
    recurring.send_file("blobs", file_item("large.bin"), large)
    visitor.throw(kind="folder", path="/root")
    visitor.delete(everything="yes")
    tasks.purge()
    recurring.new_job(recurring=AGAIN)
    assert status(recurring.send_file("blobs", file_item("large.bin"), large)) == "unchanged"
    assert (ada.used, Content.objects.filter(holdings__isnull=False).count()) == (0, 0)
    tasks.purge()
    assert_all_adds_up()


def test_a_file_that_changed_stays_deleted_and_others_of_its_name_do_not(
    visitor: BinVisitor, recurring: Exporter
) -> None:
    for content in (b"one", b"two"):
        recurring.send_file("blobs", file_item("same.txt"), content)
    recurring.send_file("blobs", file_item("alone.txt"), b"old")
    first, second, alone = File.objects.order_by("pk")
    visitor.throw(kind="file", id=[second.doc_id, alone.doc_id])
    visitor.delete(kind="file", id=[second.doc_id, alone.doc_id])
    recurring.new_job(recurring=AGAIN)
    assert status(recurring.send_file("blobs", file_item("same.txt"), b"two")) == "unchanged"
    assert status(recurring.send_file("blobs", file_item("same.txt"), b"one")) == "unchanged"
    assert status(recurring.send_file("blobs", file_item("alone.txt"), b"new")) == "unchanged"
    assert File.objects.get() == first and first.content.size == 3
    assert not first.versions.exists()
    recurring.new_job(recurring=AGAIN)
    assert status(recurring.send_file("blobs", file_item("same.txt"), b"one, changed")) == "updated"
    assert status(recurring.send_file("blobs", file_item("other.txt"), b"old")) == "created"


def test_another_file_of_the_same_name_in_the_same_job_comes(visitor: BinVisitor, exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("same.txt"), b"one")
    file = File.objects.get()
    visitor.throw(kind="file", id=file.doc_id)
    visitor.delete(kind="file", id=file.doc_id)
    assert status(exporter.send_file("blobs", file_item("same.txt"), b"another")) == "created"
    assert status(exporter.send_file("blobs", file_item("same.txt"), b"one")) == "unchanged"


def test_a_track_that_moved_stays_deleted(visitor: BinVisitor, recurring: Exporter) -> None:
    def track(order: int) -> dict[str, Any]:
        said = {"isrcCode": "SEABC2400001", "title": "Fog"}
        return {"@type": "MusicPlaylistItem", "playlistId": "yard", "order": order, "track": said}

    recurring.send("music", track(1))
    visitor.throw(kind="playlisttrack")
    visitor.delete(everything="yes")
    recurring.new_job(recurring=AGAIN)
    assert [status(recurring.send("music", track(order))) for order in (1, 2)] == ["unchanged"] * 2
    assert "PlaylistTrack" not in here()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("path", "deleted", "other", "content"),
    [
        ("notes", '{"text": "b"}', '{"text": "a", "text": "b"}', b""),
        ("notes", '{"text": "b"}', '{"text": "a", "text": "b"}', b"its file"),
        ("tasks", '{"@type": "Task", "text": "b"}', '{"@type": "Task", "text": "a", "text": "b"}', b""),
        ("blobs", '{"@type": "Poem", "n": 2}', '{"@type": "Poem", "n": 1, "n": 2}', b""),
        ("media", '{"@type": "Album", "id": "\ufffd"}', '{"@type": "Album", "id": "\\u0000"}', b""),
        ("media", PHOTO % "", PHOTO % ', "uploadedTime": "2024-06-03"', b"pixels"),
    ],
)
def test_what_a_former_version_took_for_the_same_is_another_item(
    visitor: BinVisitor, exporter: Exporter, path: str, deleted: str, other: str, content: bytes, turned: bool
) -> None:
    def send(item: str) -> str:
        body = item.encode()
        return status(exporter.send_file(path, body, content) if content else exporter.send(path, body))

    first, second = (other, deleted) if turned else (deleted, other)
    send(first)
    for kind in record_models():
        kind._default_manager.update(reading=None)  # of one that says the same today it is not noted
    visitor.throw(source=TransferCount.objects.first().transfer.source_id)  # type: ignore[union-attr]
    visitor.delete(everything="yes")
    assert send(first) == "unchanged"
    assert send(second) in ("created", "kept")


@pytest.mark.parametrize("through", [True, False])
def test_what_a_former_version_deleted_stays_deleted(visitor: BinVisitor, exporter: Exporter, through: bool) -> None:
    item = b'{"@type": "Task", "text": "a", "text": "b"}'
    exporter.send("tasks", b'{"@type": "Task", "text": "b"}')
    Task.objects.update(payload=item.decode(), reading=2)
    visitor.throw(kind="task")
    upgrade()
    visitor.delete(everything="yes")
    if through:
        reread()
    assert status(exporter.send("tasks", item)) == "unchanged"


def test_cards_of_a_long_item_stay_deleted_one_by_one(visitor: BinVisitor, recurring: Exporter) -> None:
    many = cards("".join(card(f"No {number}") for number in range(MOST_CARDS + 1)))
    recurring.send("contacts", many)
    tasks.work_off()
    gone = Contact.objects.get(name="No 7")
    visitor.throw(kind="contact", id=gone.doc_id)
    visitor.delete(kind="contact", id=gone.doc_id)
    recurring.new_job(recurring=AGAIN)
    recurring.send("contacts", many)
    tasks.work_off()
    assert Contact.objects.count() == MOST_CARDS
    assert not Contact.objects.filter(name="No 7").exists()
    assert_all_adds_up()


def test_a_container_that_was_deleted_is_not_waited_for(visitor: BinVisitor, recurring: Exporter) -> None:
    recurring.send("media", album("one", "One"))
    visitor.throw(kind="album")
    visitor.delete(everything="yes")
    recurring.new_job(recurring=AGAIN)
    recurring.send_file("media", photo(album="one"), b"pixels")
    assert status(recurring.send("media", album("one", "One"))) == "unchanged"
    assert "Still to come" not in visitor.page("/")


@pytest.mark.services
def test_the_memory_goes_with_the_account(visitor: BinVisitor, recurring: Exporter, ada: Person) -> None:
    recurring.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "1"}})
    visitor.throw(kind="socialactivity")
    visitor.delete(everything="yes")
    assert Deletion.objects.count() == 1
    ada.row.delete()
    assert not Deletion.objects.exists()


@pytest.mark.services
def test_a_folder_that_was_only_named_stays_deleted_too(visitor: BinVisitor, recurring: Exporter) -> None:
    recurring.send_file("blobs", file_item("a.txt", "/A"), b"one")
    folder = {"@type": "Folder", "path": "/A"}
    visitor.throw(kind="folder", path="/A")
    recurring.new_job(recurring=AGAIN)
    assert status(recurring.send("blobs", folder)) == "unchanged"
    assert here() == {}
    visitor.delete(everything="yes")
    assert status(recurring.send("blobs", folder)) == "unchanged"
    recurring.new_job()
    assert status(recurring.send("blobs", folder)) == "created"
    assert here() == {"Folder": 1}


def test_another_transfer_brings_a_file_back_to_where_it_is_seen(visitor: BinVisitor, recurring: Exporter) -> None:
    recurring.send("blobs", {"@type": "Folder", "path": "/A"})
    recurring.send_file("blobs", file_item("a.txt", "/A"), b"one")
    visitor.throw(kind="folder", path="/A")
    recurring.new_job()
    assert status(recurring.send_file("blobs", file_item("a.txt", "/A"), b"one")) == "updated"
    assert "a.txt" in visitor.page("/things/blobs/tree/?path=/A")
    assert in_bin() == {}
