"""Which items are the same, which are new versions, and which are others: sending anything again changes nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from django.utils import timezone

from importers.models import Content, Revision, TransferCount
from importers.verticals.blobs.models import File, FileVersion, Folder
from importers.verticals.calendar.models import Calendar, CalendarEvent
from importers.verticals.media.models import Album, AlbumPhoto, Photo, Video
from importers.verticals.social_posts.models import SocialActivity
from tests.support.exporter import Exporter, Person, envelope, file_item


def status(answer: Any) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["status"])


def photo(name: str = "IMG_0001.JPG", album: str | None = None, **more: Any) -> dict[str, Any]:
    return envelope({"@type": "Photo", "name": name, "albumId": album, "uploadedTime": "2024-11-27T13:16:32Z", **more})


def album(identifier: str, name: str) -> dict[str, Any]:
    return envelope({"@type": "Album", "id": identifier, "name": name, "description": None})


def event(title: str, calendar: str = "c1") -> dict[str, Any]:
    return {
        "@type": "CalendarEvent",
        "calendarId": calendar,
        "title": title,
        "attendees": [
            {"@type": "CalendarAttendeeModel", "displayName": "Bo", "email": "bo@example.org", "optional": False}
        ],
        "startTime": {
            "@type": "CalendarEventModel$CalendarEventTime",
            "dateTime": "2024-11-27T13:16:32+01:00",
            "dateOnly": False,
        },
        "endTime": {"dateTime": 1732713392.5, "dateOnly": False},
        "recurrenceRule": {"stringList": ["RRULE:FREQ=WEEKLY;COUNT=4"]},
    }


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


def test_the_same_photo_in_two_albums_is_one_record_in_both(exporter: Exporter) -> None:
    for identifier in ("one", "two"):
        exporter.send("media", album(identifier, identifier.title()))
    assert status(exporter.send_file("media", photo(album="one"), b"pixels", "image/jpeg")) == "created"
    assert status(exporter.send_file("media", photo(album="two"), b"pixels", "image/jpeg")) == "updated"
    assert status(exporter.send_file("media", photo(album="two"), b"pixels", "image/jpeg")) == "unchanged"
    assert status(exporter.send_file("media", photo(album="one"), b"pixels", "image/jpeg")) == "unchanged"
    record = Photo.objects.get()
    assert sorted(album.name for album in record.albums.all()) == ["One", "Two"]
    assert Content.objects.count() == 1
    payloads = [record.payload, *AlbumPhoto.objects.exclude(payload="").values_list("payload", flat=True)]
    assert ['"albumId": "one"' in payloads[0], '"albumId": "two"' in payloads[1]] == [True, True]


def test_the_same_photo_with_and_without_an_album_is_one_record(exporter: Exporter) -> None:
    assert status(exporter.send_file("photos", photo(album="one"), b"pixels")) == "created"
    assert status(exporter.send_file("photos", photo(), b"pixels")) == "updated"
    assert status(exporter.send_file("photos", photo(), b"pixels")) == "unchanged"
    assert [album.identifier for album in Photo.objects.get().albums.all()] == ["one"]


def test_two_photos_of_one_name_in_one_album_are_both_kept(exporter: Exporter) -> None:
    exporter.send_file("media", photo(album="one"), b"pixels")
    assert status(exporter.send_file("media", photo(album="one"), b"other pixels")) == "created"
    assert Album.objects.get().photos.count() == 2


def test_a_video_is_a_record_of_its_own(exporter: Exporter) -> None:
    item = {"@type": "VideoModel", "name": "a.mp4", "albumId": "one", "favoriteInfo": {"favorite": True}}
    assert status(exporter.send_file("videos", item, b"frames", "video/mp4")) == "created"
    video = Video.objects.get()
    assert (video.name, video.mime, video.favorite, video.albums.get().identifier) == (
        "a.mp4",
        "video/mp4",
        True,
        "one",
    )


def test_equal_names_in_one_job_are_two_files(exporter: Exporter) -> None:
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"one")) == "created"
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"two")) == "created"
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"three")) == "created"
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"two")) == "unchanged"
    assert sorted(File.objects.values_list("name", "shown_name")) == [
        ("a.txt", "a (2).txt"),
        ("a.txt", "a (3).txt"),
        ("a.txt", "a.txt"),
    ]


def test_other_bytes_in_a_later_job_are_a_new_version(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"one")
    first_job = exporter.job
    exporter.new_job()
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"two")) == "updated"
    file = File.objects.get()
    assert (file.content.size, file.shown_name) == (3, "a.txt")
    version = FileVersion.objects.get()
    assert version.content.sha256 != file.content.sha256
    # A late retry of the first job brings nothing new, and does not turn the file back.
    exporter.job = first_job
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"one")) == "unchanged"
    assert File.objects.get().content_id == file.content_id


def test_other_bytes_without_a_job_id_are_a_new_version(exporter: Exporter) -> None:
    exporter.job = ""
    exporter.send_file("blobs", file_item("a.txt"), b"one")
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"two")) == "updated"
    assert (File.objects.count(), FileVersion.objects.count()) == (1, 1)


def test_without_a_job_id_the_last_bytes_are_the_file(exporter: Exporter) -> None:
    exporter.job = ""
    answers = [status(exporter.send_file("blobs", file_item("a.txt"), content)) for content in (b"1", b"2", b"1")]
    assert answers == ["created", "updated", "updated"]
    assert (FileVersion.objects.count(), Content.objects.count()) == (2, 2)


def test_a_job_that_has_seen_a_file_unchanged_brings_another_of_that_name(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"one")
    exporter.new_job()
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"one")) == "unchanged"
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"two")) == "created"
    assert File.objects.count() == 2


def test_the_same_name_from_another_client_or_service_is_kept_beside(
    server: str, exporter: Exporter, ada: Person
) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"one")
    with Exporter(server, ada, "Cloud Two") as other:
        other.job = exporter.job
        assert status(other.send_file("blobs", file_item("a.txt"), b"two")) == "created"
    exporter.service = "Photos of Cloud One"
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"one")) == "created"
    assert sorted(File.objects.values_list("shown_name", flat=True)) == ["a (2).txt", "a (3).txt", "a.txt"]
    assert Content.objects.count() == 2


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


def test_a_photo_before_its_album_is_joined_when_the_album_comes(exporter: Exporter) -> None:
    exporter.send_file("media", photo(album="late"), b"pixels")
    placeholder = Album.objects.get()
    assert (placeholder.arrived_at, str(placeholder)) == (None, "late")
    assert status(exporter.send("media", album("late", "At last"))) == "created"
    arrived = Album.objects.get()
    assert (arrived.arrived_at is not None, arrived.name, arrived.photos.count()) == (True, "At last", 1)
    assert arrived.doc_id == placeholder.doc_id


def test_an_event_before_its_calendar_is_joined_when_the_calendar_comes(exporter: Exporter) -> None:
    assert status(exporter.send("calendar", event("Tea"))) == "created"
    assert status(exporter.send("calendar", envelope({"@type": "Calendar", "id": "c1", "name": "Home"}))) == "created"
    record = CalendarEvent.objects.select_related("calendar").get()
    assert record.calendar is not None
    assert (record.calendar.name, record.recurrence) == ("Home", "RRULE:FREQ=WEEKLY;COUNT=4")
    assert record.starts_at is not None and record.ends_at is not None
    assert (record.starts_at.isoformat(), record.ends_at.isoformat()) == (
        "2024-11-27T12:16:32+00:00",
        "2024-11-27T13:16:32.500000+00:00",
    )


def test_a_file_before_its_folder_is_joined_when_the_folder_comes(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.txt", folder="/late/"), b"one")
    assert Folder.objects.get().arrived_at is None
    assert status(exporter.send("blobs", {"@type": "BlobbyFolder", "path": "late"})) == "created"
    folder = Folder.objects.get()
    assert (folder.identifier, folder.name, folder.files.count()) == ("/late", "late", 1)


def test_the_root_folder_is_always_there(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.txt", folder="/"), b"one")
    assert Folder.objects.get().arrived_at is not None
    assert status(exporter.send("blobs", {"@type": "Folder", "path": "/"})) == "created"
    assert status(exporter.send("blobs", {"@type": "Folder", "path": "/"})) == "unchanged"


def test_equal_events_are_one_and_others_are_others(exporter: Exporter) -> None:
    assert status(exporter.send("calendar", event("Tea"))) == "created"
    assert status(exporter.send("calendar", envelope(event("Tea")))) == "unchanged"
    assert status(exporter.send("calendar", event("Coffee"))) == "created"
    assert (CalendarEvent.objects.count(), Calendar.objects.count()) == (2, 1)


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        (None, ""),
        ("RRULE:FREQ=DAILY", "RRULE:FREQ=DAILY"),
        (
            {"stringList": ["RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20250101"]},
            "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20250101",
        ),
        ({"rrule": "FREQ=DAILY", "rdate": None, "exDate": "EXDATE:20250101"}, "RRULE:FREQ=DAILY\nEXDATE:20250101"),
        (
            {"rrule": {"freq": "DAILY", "count": 4}, "exDate": ["20250101", "20250102"]},
            "RRULE:FREQ=DAILY;COUNT=4\nEXDATE:20250101,20250102",
        ),
        ({"rrule": 7, "stringList": [7]}, ""),
    ],
)
def test_a_recurrence_rule_comes_in_several_spellings(exporter: Exporter, rule: Any, lines: str) -> None:
    assert exporter.send("calendar", event("Tea") | {"recurrenceRule": rule}).status_code == 201
    assert CalendarEvent.objects.get().recurrence == lines


@pytest.mark.parametrize("vertical", ["media", "photos", "videos"])
def test_photos_and_videos_take_the_items_of_media(exporter: Exporter, vertical: str) -> None:
    assert status(exporter.send(vertical, album("1", "One"))) == "created"
    assert status(exporter.send_file(vertical, photo(album="1"), b"pixels")) == "created"
    assert Album.objects.get().photos.count() == 1


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
