"""Photos and videos as documents and files of an export."""

import json
from pathlib import PurePosixPath

import httpx
import pytest

from importers.content.suffixes import suffix_of
from importers.verticals.media.models import Photo
from tests.support.archives import WHARF, bring
from tests.support.exporter import Exporter, Person
from tests.support.takeout import TakeOut, site_text
from tests.support.worker import browser
from tests.verticals.media import samples


@pytest.mark.services
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
    files = {name: body for name, body in take_out.everything().items() if name.startswith("My Cozy/Files/Photos/")}
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


BEGINS = {
    ".jpg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    ".png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    ".gif": b"GIF89a",
    ".webp": b"RIFF\x10\0\0\0WEBPVP8 ",
    ".heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    ".heif": b"\0\0\0\x14ftypmif1\0\0\0\0mif1",
    ".avif": b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf",
    ".tif": b"II*\0\x08\0\0\0",
    ".mp4": b"\0\0\0\x18ftypisom\0\0\2\0isommp42",
    ".mov": b"\0\0\0\x14ftypqt  \0\0\2\0",
    ".webm": b"\x1a\x45\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\x82\x84webm",
    ".mkv": b"\x1a\x45\xdf\xa3\x9fB\x86\x81\1B\x82\x88matroska",
    "": b"nothing that anybody knows",
}


@pytest.mark.parametrize("suffix", BEGINS)
@pytest.mark.parametrize("formerly", [False, True], ids=["now", "from before"])
def test_the_bytes_of_a_photo_tell_its_type_where_nobody_says_it(
    exporter: Exporter, http: httpx.Client, ada: Person, suffix: str, formerly: bool
) -> None:
    content = BEGINS[suffix] + bytes(100)
    exporter.send_file("media", {"@type": "Photo", "name": None}, content, "application/octet-stream")
    photo = Photo.objects.get()
    assert suffix_of(photo.mime) == suffix
    if formerly:
        Photo.objects.update(mime="application/octet-stream")
    entries = TakeOut.made(http, ada).everything()
    [name] = [name for name in entries if name.startswith("My Cozy/Files/Photos/")]
    assert PurePosixPath(name).suffix == suffix
    [said] = [raw for name, raw in entries.items() if name.endswith(f"/{photo.doc_id}.json")]
    assert suffix_of(json.loads(said)["mime"]) == suffix
    saved = browser(ada.row).head(f"/content/{photo.content.sha256}")["Content-Disposition"]
    assert f'{photo.content.sha256}{suffix}"' in saved


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
    assert '<span class="mark">Favourite</span>' in site_text(entries)
    # An archive of an earlier version has the time only in the payload.
    earlier = {name: raw.replace(b'"favorite_changed_at"', b'"unknown"') for name, raw in entries.items()}
    grace = Person.create("grace")
    bring(grace, earlier, WHARF)
    assert str(Photo.objects.get(owner=grace.row).favorite_changed_at) == "2024-11-27 13:16:32+00:00"
