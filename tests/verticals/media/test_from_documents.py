"""Photos and videos return from archives."""

import hashlib
from typing import Any

import httpx
import pytest

from importers.documents.arriving import Outcome
from importers.verticals.blobs.models import File
from tests.support.archives import bring, place
from tests.support.cozy_archives import directory, document, file, file_document, version
from tests.support.exporter import Person
from tests.support.takeout import TakeOut

pytestmark = pytest.mark.services


def test_an_earlier_version_of_a_photo_is_kept_as_a_file(ada: Person) -> None:
    image: dict[str, Any] = {"class": "image", "mime": "image/jpeg"}
    album = {"referenced_by": [{"type": "io.cozy.photos.albums", "id": "a1"}]}
    bring(ada, [directory("d1", "/Documents"), *file("p1", "/Documents/1.jpg", b"pixels", "d1", **image, **album)])
    for outcome in (Outcome.RENAMED, Outcome.UNCHANGED):
        assert bring(ada, version("p1", "v9", b"unedited"))[0].outcome is outcome
    kept = File.objects.get(content__sha256=hashlib.sha256(b"unedited").hexdigest())
    assert (kept.folder.identifier, kept.shown_name) == ("/Documents", "1 (2).jpg")


def test_a_photo_keeps_its_name_before_what_it_was(http: httpx.Client, ada: Person) -> None:
    bring(ada, [document("io.cozy.photos.albums", "a1", name="Trip")])
    albums = [{"type": "io.cozy.photos.albums", "id": "a1"}]
    more: dict[str, Any] = {"class": "image", "mime": "image/jpeg", "referenced_by": albums}
    for year, pixels in ((2020, b"first"), (2021, b"newest"), (2019, b"oldest")):
        place(ada, file_document("p", "p.jpg", pixels, updated_at=f"{year}-01-01T00:00:00Z", **more), pixels)
    everything = TakeOut.made(http, ada).everything()
    assert everything["My Cozy/Files/p.jpg"] == b"newest"
    assert {everything["My Cozy/Files/p (2).jpg"], everything["My Cozy/Files/p (3).jpg"]} == {b"first", b"oldest"}
