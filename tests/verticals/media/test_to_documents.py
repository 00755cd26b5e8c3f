"""Photos and videos as documents and files of an export."""

import httpx
import pytest

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
