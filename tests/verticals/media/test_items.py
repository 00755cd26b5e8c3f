"""Albums, photos and videos that exporters send: which are the same, and in which albums they are."""

from typing import Any

import pytest

from importers.models import Content
from importers.verticals.media.models import Album, AlbumPhoto, Photo, Video
from tests.support.exporter import Exporter, status
from tests.verticals.media.samples import album, photo

pytestmark = pytest.mark.services


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
    favorite = {"favorite": True, "lastUpdateTime": "2024-11-27T13:16:32Z"}
    item = {"@type": "VideoModel", "name": "a.mp4", "albumId": "one", "favoriteInfo": favorite}
    assert status(exporter.send_file("videos", item, b"frames", "video/mp4")) == "created"
    video = Video.objects.get()
    assert (video.name, video.mime, video.favorite, video.albums.get().identifier) == (
        "a.mp4",
        "video/mp4",
        True,
        "one",
    )
    assert str(video.favorite_changed_at) == "2024-11-27 13:16:32+00:00"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (1731604863, "2024-11-14T17:21:03"),
        ("1731604863.845677", "2024-11-14T17:21:03.845677"),
        (1731604863845, "2024-11-14T17:21:03.845000"),
        ("1731604863845", "2024-11-14T17:21:03.845000"),
        (1731604863845677, "2024-11-14T17:21:03.845677"),
        (1731604863845677000, "2024-11-14T17:21:03.845677"),
        (31536000000, "1971-01-01T00:00:00"),
        (-86400000 * 1000, "1967-04-07T00:00:00"),
        # With the zone, and what else RFC 9557 puts behind a time.
        ("2024-11-14T19:21:03.845677123+02:00[Europe/Kyiv]", "2024-11-14T17:21:03.845677"),
        ("2024-11-14T17:21Z[UTC]", "2024-11-14T17:21:00"),
        ("2024-11-14t17:21:03z[!Asia/Tokyo][u-ca=japanese]", "2024-11-14T17:21:03"),
        ("2024-11-14T17:21:03Z[u-ca=hebrew]", "2024-11-14T17:21:03"),
    ],
)
def test_times_are_of_rfc_3339_or_numbers_of_seconds_or_of_parts_of_them(
    exporter: Exporter, written: Any, read: str
) -> None:
    exporter.send_file("media", photo() | {"payload": {"@type": "Photo", "uploadedTime": written}}, b"pixels")
    uploaded = Photo.objects.get().uploaded_at
    assert uploaded is not None
    assert uploaded.isoformat() == f"{read}+00:00"


def test_a_photo_before_its_album_is_joined_when_the_album_comes(exporter: Exporter) -> None:
    exporter.send_file("media", photo(album="late"), b"pixels")
    placeholder = Album.objects.get()
    assert (placeholder.arrived_at, str(placeholder)) == (None, "late")
    assert status(exporter.send("media", album("late", "At last"))) == "created"
    arrived = Album.objects.get()
    assert (arrived.arrived_at is not None, arrived.name, arrived.photos.count()) == (True, "At last", 1)
    assert arrived.doc_id == placeholder.doc_id


@pytest.mark.parametrize("vertical", ["media", "photos", "videos"])
def test_photos_and_videos_take_the_items_of_media(exporter: Exporter, vertical: str) -> None:
    assert status(exporter.send(vertical, album("1", "One"))) == "created"
    assert status(exporter.send_file(vertical, photo(album="1"), b"pixels")) == "created"
    assert Album.objects.get().photos.count() == 1
