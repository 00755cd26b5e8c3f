"""Photos and videos as documents and files of an export."""

import json
from pathlib import PurePosixPath

import httpx
import pytest

from importers.verticals.media.models import Photo
from tests.support.archives import WHARF, bring
from tests.support.exporter import Exporter, Person
from tests.support.takeout import TakeOut
from tests.verticals.media import samples

pytestmark = pytest.mark.services


def test_a_photo_is_there_once_and_in_all_its_albums(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    samples.send(exporter)
    take_out = TakeOut.made(http, ada)
    albums = {body["name"]: doc_id for doc_id, body in take_out.documents("io.cozy.photos.albums").items()}
    photos = [
        body
        for body in take_out.documents("io.cozy.files").values()
        if body["metadata"].get("wharf", {}).get("kind") == "photo"
    ]
    referenced = sorted([ref["id"] for ref in photo["referenced_by"]] for photo in photos)
    assert referenced == sorted([[albums["Trip"], albums["2"]], [albums["Trip"]]])
    files = {name: body for name, body in take_out.everything().items() if "/Photos/" in name}
    assert files == {
        "My Cozy/Files/Photos/Trip/a.jpg": b"pixels",
        "My Cozy/Files/Photos/Trip/a (2).jpg": b"other pixels",
        "My Cozy/Files/Photos/v.mp4": b"frames",
    }


@pytest.mark.parametrize(
    ("mime", "suffix"),
    [
        *(
            ("image/jpeg", ".jpg"),
            ("image/heic", ".heic"),
            ("IMAGE/PNG; a=b", ".png"),
            ("application/octet-stream", ""),
        ),
        *(("image/pjpeg", ".jpg"), ("image/x-ms-bmp", ".bmp"), ("image/x-fuji-raf", ".raf"), ("video/mov", ".mov")),
    ],
)
def test_a_photo_without_a_name_leaves_with_the_suffix_of_its_type(
    exporter: Exporter, http: httpx.Client, ada: Person, mime: str, suffix: str
) -> None:
    exporter.send_file("media", {"@type": "Photo", "name": "  " if "bmp" in mime else None}, b"pixels", mime)
    [name] = [name for name in TakeOut.made(http, ada).everything() if name.startswith("My Cozy/Files/Photos/")]
    assert PurePosixPath(name).suffix == suffix


def test_the_time_of_a_favourite_is_in_its_document_and_comes_back(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    favorite = {"favorite": True, "lastUpdateTime": "2024-11-27T13:16:32Z"}
    exporter.send_file("media", {"@type": "Photo", "name": "a.jpg", "favoriteInfo": favorite}, b"pixels")
    entries = TakeOut.made(http, ada).everything()
    [facts] = [
        body["metadata"]["wharf"]
        for name, raw in entries.items()
        if name.startswith("My Cozy/Data/io.cozy.files/")
        and (body := json.loads(raw)).get("metadata", {}).get("wharf", {}).get("kind") == "photo"
    ]
    assert facts["favorite_changed_at"] == "2024-11-27T13:16:32+00:00"
    index = entries["My Cozy/Readable/index.html"].decode()
    assert '<strong>a.jpg</strong> <span class="quiet">since 27 November 2024, 13:16 UTC</span>' in index
    # An archive of an earlier version has the time only in the payload.
    earlier = {name: raw.replace(b'"favorite_changed_at"', b'"unknown"') for name, raw in entries.items()}
    grace = Person.create("grace")
    bring(grace, earlier, WHARF)
    assert str(Photo.objects.get(owner=grace.row).favorite_changed_at) == "2024-11-27 13:16:32+00:00"
