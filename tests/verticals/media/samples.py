"""Albums, photos and videos as samples; see tests/support/samples.py."""

from typing import Any

from importers.models import Revision
from importers.verticals.media.models import Album, AlbumPhoto, AlbumVideo, Photo, Video
from tests.support.exporter import Exporter, envelope
from tests.support.samples import SampleAccount


def rows(account: SampleAccount) -> None:
    """The album was named, and never came."""
    album = Album.objects.create(**account.columns("Album", payload="", identifier=f"missing-{account.seed}"))
    photo = Photo.objects.create(
        **account.columns("Photo"), content=account.content, name="P.jpg", album_identifier=album.identifier
    )
    AlbumPhoto.objects.create(item=photo, album=album)
    AlbumPhoto.objects.create(item=photo, album=None, payload='{"@type": "Photo", "albumId": null}')
    video = Video.objects.create(**account.columns("Video"), content=account.content, name="V.mp4")
    AlbumVideo.objects.create(item=video, album=album)
    of = {"kind": "photo", "doc_id": photo.doc_id}
    Revision.objects.create(owner=account.owner, transfer=account.transfer, payload='{"old": 1}', **of)


def send(exporter: Exporter) -> None:
    """A photo in two albums, of which one is only named."""
    exporter.send("media", {"@type": "Album", "id": "1", "name": "Trip"})
    for album in ("1", "2"):
        exporter.send_file("media", {"@type": "Photo", "name": "a.jpg", "albumId": album}, b"pixels", "image/jpeg")
    exporter.send_file("media", {"@type": "Photo", "name": "a.jpg", "albumId": "1"}, b"other pixels", "image/jpeg")
    exporter.send_file("media", {"@type": "Video", "name": "v.mp4"}, b"frames", "video/mp4")


def photo(name: str = "IMG_0001.JPG", album: str | None = None, **more: Any) -> dict[str, Any]:
    return envelope({"@type": "Photo", "name": name, "albumId": album, "uploadedTime": "2024-11-27T13:16:32Z", **more})


def album(identifier: str, name: str) -> dict[str, Any]:
    return envelope({"@type": "Album", "id": identifier, "name": name, "description": None})
