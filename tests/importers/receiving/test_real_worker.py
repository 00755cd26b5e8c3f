"""A real worker's job, as it is on the wire: each item becomes a record of its kind, and again changes nothing."""

from collections.abc import Callable
from datetime import datetime

import pytest

from importers.maintenance.verification import bytes_held
from importers.models import Revision, Transfer
from importers.verticals.blobs.models import File, Folder
from importers.verticals.calendar.models import Calendar, CalendarEvent
from importers.verticals.media.models import Album, Photo, Video
from importers.verticals.social_posts.models import SocialActivity
from importers.verticals.unknown.models import UnknownItem
from tests.support.exporter import Exporter, Person
from tests.support.recorded_requests import recorded_requests

OF_EARLIER_GENERATIONS = {
    "Folder": "BlobbyFolder",
    "File": "BlobbyFileData",
    "Album": "MediaAlbum",
    "Photo": "PhotoModel",
    "Video": "VideoModel",
    "CalendarExportData": "CalendarModel",
    "CalendarEventExportData": "CalendarEventModel",
    "SocialActivity": "SocialActivityData",
}
NAMES: dict[str, Callable[[str], str]] = {
    "as recorded": str,
    "of the schema": lambda name: name.removesuffix("ExportData"),
    "of classes": lambda name: name.removesuffix("ExportData") + "ExportData",
    "of earlier generations": lambda name: OF_EARLIER_GENERATIONS[name],
    "of earlier classes": lambda name: OF_EARLIER_GENERATIONS[name] + "ExportData",
}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def send_job(exporter: Exporter, name_of: Callable[[str], str] = str) -> list[str]:
    exporter.new_job()
    return [request.named(name_of).sent(exporter) for request in recorded_requests()]


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_each_item_becomes_a_record_of_its_kind(exporter: Exporter, ada: Person, names: Callable[[str], str]) -> None:
    assert set(send_job(exporter, names)) == {"created"}
    assert not UnknownItem.objects.exists()
    folders = ["/Drive", "/Drive/Docs", "/Drive/Docs/Deep", "/Drive/Pictures"]
    assert sorted(Folder.objects.exclude(arrived_at=None).values_list("identifier", flat=True)) == folders
    files = File.objects.order_by("name").values_list("folder__identifier", "name", "mime", "modified_at")
    assert list(files) == [
        ("/Drive", "a.txt", "text/plain", moment("2024-02-03T02:05:06.789Z")),
        ("/Drive/Docs", "b.bin", "application/octet-stream", moment("2024-02-03T04:05:06Z")),
        ("/Drive/Docs/Deep", "empty.txt", "text/plain", None),
    ]
    assert sorted(File.objects.values_list("content__size", flat=True)) == [0, 5, 300]
    albums = Album.objects.order_by("identifier").values_list("identifier", "name", "description")
    assert list(albums) == [("al1", "Holiday", "by the sea"), ("pa", "Only photos", ""), ("va", "Only videos", "")]
    columns = ("name", "description", "albums__identifier", "uploaded_at", "favorite", "mime", "content__size")
    assert list(Photo.objects.order_by("name").values_list(*columns)) == [
        ("IMG_1.jpg", "beach", "al1", moment("2023-07-08T09:10:11.123Z"), True, "image/jpeg", 5),
        ("IMG_2.png", "", None, moment("2023-07-08T09:10:11Z"), False, "image/png", 300),
        ("x.jpg", "", "pa", moment("2022-07-08T09:10:11Z"), False, "image/jpeg", 300),
    ]
    assert list(Video.objects.order_by("name").values_list(*columns)) == [
        ("MOV_1.mp4", "wave", "al1", moment("2023-07-09T09:10:11Z"), False, "video/mp4", 300),
        ("y.mp4", "", "va", moment("2022-07-08T09:10:11Z"), False, "video/mp4", 300),
    ]
    assert Calendar.objects.values_list("identifier", "name", "description").get() == ("c1", "Work", "d")
    columns = ("title", "notes", "location", "starts_at", "ends_at", "all_day", "calendar__name")
    christmas, meeting, without_end = CalendarEvent.objects.order_by("title").values_list(*columns)
    assert (christmas[0], *christmas[5:]) == ("Holiday", True, "Work")
    assert meeting == (
        "Meeting",
        "bring cake",
        "Room 5",
        moment("2024-05-06T08:00:00Z"),
        moment("2024-05-06T09:30:00Z"),
        False,
        "Work",
    )
    assert without_end == ("No end", "", "", moment("2024-05-06T10:00:00Z"), None, False, "Work")
    columns = ("identifier", "activity_type", "title", "content", "actor_name", "url", "published_at")
    assert list(SocialActivity.objects.order_by("identifier").values_list(*columns)) == [
        (
            "po1",
            "NOTE",
            "Hello world!",
            "Hi there",
            "Steve",
            "http://example.org/post/foo",
            moment("2024-11-14T17:21:03.845677Z"),
        ),
        ("po2", "CHECKIN", "", "only text", "Steve", "", moment("2024-11-15T00:00:00Z")),
    ]
    assert ada.used == bytes_held(ada.row)


@pytest.mark.services
def test_later_jobs_under_any_name_change_nothing(exporter: Exporter, ada: Person) -> None:
    send_job(exporter)
    used = ada.used
    for name_of in NAMES.values():
        assert set(send_job(exporter, name_of)) == {"unchanged"}
    assert ada.used == used == bytes_held(ada.row)
    assert not Revision.objects.exists()
    transfers = Transfer.objects.order_by("pk").values_list("items", "rejected")
    assert list(transfers) == [(len(recorded_requests()), 0)] * (1 + len(NAMES))
