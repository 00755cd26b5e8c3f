"""Which items are the same, which are new versions, and which are others: sending anything again changes nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from django.utils import timezone

from importers.models import Content, Revision, TransferCount
from importers.vertical import record_models
from importers.verticals.blobs.models import File
from importers.verticals.media.models import Album, Photo
from importers.verticals.social_posts.models import SocialActivity
from tests.support.exporter import Exporter, Person, envelope, file_item, status
from tests.verticals.media.samples import album, photo

pytestmark = pytest.mark.services


def test_the_same_post_again_changes_nothing(exporter: Exporter, ada: Person) -> None:
    item = {"@type": "SocialActivity", "activity": {"id": "1", "title": "Hello"}}
    assert status(exporter.send("social-posts", item)) == "created"
    used = ada.used
    assert status(exporter.send("social-posts", item)) == "unchanged"
    assert status(exporter.send("social-posts", envelope(item))) == "unchanged"  # the other envelope, the same item
    assert ada.used == used
    assert SocialActivity.objects.count() == 1


def test_a_post_that_was_edited_is_updated_and_what_it_said_is_kept(exporter: Exporter) -> None:
    first = {"@type": "SocialActivity", "activity": {"id": "1", "title": "Hello"}}
    exporter.send("social-posts", first)
    edited = {"@type": "SocialActivity", "activity": {"id": "1", "title": "Hello!"}}
    assert status(exporter.send("social-posts", edited)) == "updated"
    assert SocialActivity.objects.get().title == "Hello!"
    assert "Hello!" not in Revision.objects.get().payload


def test_the_same_item_from_two_connections_at_once_is_one_record(server: str, exporter: Exporter, ada: Person) -> None:
    with Exporter(server, ada, "unused") as other:
        other.tokens, other.job = exporter.tokens, exporter.job
        with ThreadPoolExecutor(8) as pool:
            sent = [
                pool.submit((exporter if number % 2 else other).send_file, "blobs", file_item("a.bin"), b"same" * 1000)
                for number in range(40)
            ]
        answers = [answer.result() for answer in sent]
    assert [answer.status_code for answer in answers] == [201] * 40
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted(answer.json()["status"] for answer in answers) == ["created"] + ["unchanged"] * 39
    assert (File.objects.count(), Content.objects.count()) == (1, 1)
    counts = TransferCount.objects.get()
    assert (counts.created, counts.unchanged) == (1, 39)


def test_the_same_identifiers_from_two_services_do_not_meet(exporter: Exporter) -> None:
    for service in ("Google", "Flickr"):
        exporter.service = service
        assert status(exporter.send("media", album("1", f"Album of {service}"))) == "created"
        assert status(exporter.send_file("media", photo(album="1"), b"pixels")) == "created"
    assert sorted(Album.objects.values_list("name", flat=True)) == ["Album of Flickr", "Album of Google"]
    assert [album.photos.count() for album in Album.objects.all()] == [1, 1]
    assert Content.objects.count() == 1


def test_two_people_do_not_meet(server: str, exporter: Exporter) -> None:
    bob = Person.create("bob")
    with Exporter(server, bob, "Cloud Two") as other:
        for sender in (exporter, other):
            assert status(sender.send_file("blobs", file_item("a.txt"), b"one")) == "created"
    assert File.objects.count() == 2
    assert set(File.objects.values_list("shown_name", flat=True)) == {"a.txt"}
    assert (Content.objects.count(), bob.used > 0) == (1, True)


def test_what_the_person_deleted_stays_deleted_for_the_same_recurring_job_only(exporter: Exporter) -> None:
    recurring = exporter.new_job(recurring="subscription-1") and "subscription-1"
    sends: list[Callable[[], httpx.Response]] = [
        lambda: exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "1"}}),
        lambda: exporter.send_file("media", photo(album="one"), b"pixels"),
        lambda: exporter.send_file("media", photo(album="two"), b"pixels"),
        lambda: exporter.send_file("blobs", file_item("a.txt"), b"one"),
        lambda: exporter.send_file("blobs", file_item("a.txt"), b"two"),
    ]
    for send in sends[:-1]:
        send()
    for model in (SocialActivity, Photo, File):
        model._default_manager.update(trashed_at=timezone.now())
    exporter.new_job(recurring=recurring)
    assert [status(send()) for send in sends] == ["unchanged"] * 5
    assert [model._default_manager.get().trashed_at is None for model in (SocialActivity, Photo, File)] == [False] * 3
    exporter.new_job()
    assert [status(send()) for send in sends[:-1]] == ["updated", "updated", "unchanged", "updated"]
    assert [model._default_manager.get().trashed_at is None for model in (SocialActivity, Photo, File)] == [True] * 3


def test_an_envelope_has_several_names_too(exporter: Exporter) -> None:
    task_list = {"@type": "TaskList", "id": "l1", "name": "Home"}
    names = ("GenericPayload", "GenericPayloadExportData", "GenericPayloadExportDataExportData")
    sent = [status(exporter.send("tasks", envelope(task_list) | {"@type": name})) for name in names]
    assert sent == ["created", "unchanged", "unchanged"]
    note = {"@type": "Note", "text": "…"}
    assert status(exporter.send("tasks", envelope(note) | {"@type": names[1]})) == "kept"
    assert status(exporter.send("tasks", note)) == "unchanged"


def test_an_envelope_of_nothing_is_an_item_that_nobody_knows(exporter: Exporter) -> None:
    sent: list[dict[str, Any]] = [{"@type": "GenericPayload"}, {"@type": "GenericPayload", "payload": None}]
    assert [status(exporter.send("tasks", one)) for one in sent * 2] == ["kept", "kept", "unchanged", "unchanged"]


def test_what_is_in_an_item_that_nobody_knows_has_a_type(exporter: Exporter) -> None:
    def holding(kind: str, outer: str = "Box") -> dict[str, Any]:
        return {"@type": outer, "payload": {"@type": kind, "name": "a"}}

    assert [status(exporter.send("tasks", holding(kind))) for kind in ("Photo", "Video")] == ["kept", "kept"]
    again = (("PhotoExportData", "Box"), ("Box$Video", "BoxExportData"), ("BoxExportData$PhotoExportData", "Box"))
    assert [status(exporter.send("tasks", holding(*names))) for names in again] == ["unchanged"] * 3


TWICE = [
    ("notes", b'{"@type":"Note","id":"1","text":"lost?","text":"b"}', b'{"@type":"Note","id":"1","text":"b"}'),
    ("notes", b'{"text":"lost?","te\\u0078t":"b"}', b'{"text":"b"}'),
    ("blobs", b'{"@type":"Poem","by":{"n":1e999,"n":2}}', b'{"@type":"Poem","by":{"n":2}}'),
    (
        "social-posts",
        b'{"@type":"SocialActivity","activity":{"id":"1","title":"lost?","title":"b"}}',
        b'{"@type":"SocialActivity","activity":{"id":"1","title":"b"}}',
    ),
    (
        "social-posts",
        b'{"@type":"GenericPayload","payload":{"@type":"SocialActivity","activity":{"id":"lost?"}},'
        b'"payload":{"@type":"SocialActivity","activity":{"id":"1"}}}',
        b'{"@type":"SocialActivity","activity":{"id":"1"}}',
    ),
]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("vertical", "twice", "once"), TWICE)
def test_what_an_item_says_twice_by_one_name_is_kept(
    exporter: Exporter, ada: Person, vertical: str, twice: bytes, once: bytes, turned: bool
) -> None:
    bodies = [once, twice] if turned else [twice, once]
    assert all(exporter.send(vertical, body).status_code == 201 for body in bodies)
    assert status(exporter.send(vertical, bodies[1])) == "unchanged"
    payloads = [payload for kind in record_models() for payload in kind.objects.values_list("payload", flat=True)]
    payloads += Revision.objects.values_list("payload", flat=True)
    assert {twice.decode(), once.decode()} <= set(payloads)
