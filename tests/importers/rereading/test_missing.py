"""What was refused before it was noted what an item is known again by is no longer missing once it is seen to stand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from importers import tasks
from importers.models import Rejection, Transfer, TransferCount
from tests.support.exporter import Exporter, file_item
from tests.support.former_rows import upgrade
from tests.support.recorded_requests import recorded_requests

pytestmark = pytest.mark.services

CONTENT = b"c" * 30_000
POST = {"@type": "SocialActivity", "activity": {"id": "1"}}


def refused_formerly(exporter: Exporter, vertical: str, item: dict[str, Any], content: bytes | None = None) -> None:
    """An item that was refused, as the former version has noted it."""
    exporter.person.set_quota(0)
    answer = exporter.send(vertical, item) if content is None else exporter.send_file(vertical, item, content)
    assert answer.status_code == 413
    exporter.person.set_quota(None)
    formerly_noted()


def formerly_noted() -> None:
    Rejection.objects.update(item_digest="", has_file=None, file_size=None, file_sha256="", file_begins="")


def stands(exporter: Exporter, vertical: str, item: dict[str, Any], content: bytes | None = None) -> None:
    """The item has come, and the former version took it for another one."""
    with as_formerly():
        answer = exporter.send(vertical, item) if content is None else exporter.send_file(vertical, item, content)
        assert answer.status_code == 201, answer.text


@contextmanager
def as_formerly() -> Iterator[None]:
    """What comes makes nothing good."""
    open_ones = list(Rejection.objects.filter(made_good_at=None).values_list("pk", flat=True))
    facts = list(Transfer.objects.values_list("rejected", "outcome"))
    yield
    Rejection.objects.filter(pk__in=open_ones).update(made_good_at=None)
    for rejected, outcome in facts:
        Transfer.objects.update(rejected=rejected, outcome=outcome)
        TransferCount.objects.update(rejected=rejected)


def missing() -> int:
    """How many are missing once the worker has looked again."""
    upgrade()
    tasks.reread()
    assert Transfer.objects.get().rejected == Rejection.objects.filter(made_good_at=None).count()
    return Rejection.objects.filter(made_good_at=None).count()


@pytest.mark.parametrize(
    ("vertical", "item", "content"),
    [("blobs", file_item("a.bin"), CONTENT), ("blobs", file_item("a.bin"), b""), ("social-posts", POST, None)],
)
def test_what_stands_is_not_missing(
    exporter: Exporter, vertical: str, item: dict[str, Any], content: bytes | None
) -> None:
    refused_formerly(exporter, vertical, item, content)
    stands(exporter, vertical, item, content)
    assert missing() == 0
    assert Transfer.objects.get().outcome == Transfer.Outcome.COMPLETE


def test_it_is_looked_for_piece_by_piece(exporter: Exporter) -> None:
    for number in range(25):
        refused_formerly(exporter, "blobs", file_item(f"{number}.bin"), CONTENT)
    for number in range(24):
        stands(exporter, "blobs", file_item(f"{number}.bin"), CONTENT)
    assert missing() == 1


@pytest.mark.parametrize(
    ("item", "content"),
    [
        (file_item("b.bin"), CONTENT),
        (file_item("a.bin"), CONTENT[1:]),
        (file_item("a.bin", dateModified="2021-02-01T04:05:06Z"), CONTENT),
    ],
)
def test_another_name_length_or_time_is_another_item(exporter: Exporter, item: dict[str, Any], content: bytes) -> None:
    refused_formerly(exporter, "blobs", file_item("a.bin"), CONTENT)
    stands(exporter, "blobs", item, content)
    assert missing() == 1


def test_what_stood_before_is_not_what_was_refused(exporter: Exporter) -> None:
    stands(exporter, "blobs", file_item("a.bin"), CONTENT)
    refused_formerly(exporter, "blobs", file_item("a.bin"), CONTENT.replace(b"c", b"d"))
    assert missing() == 1


def test_of_two_photos_of_one_name_and_length_nobody_knows_which_was_refused(exporter: Exporter) -> None:
    refused_formerly(exporter, "media", {"@type": "Photo", "name": "IMG_0001.jpg"}, b"a" * 100)
    stands(exporter, "media", {"@type": "Photo", "name": "IMG_0001.jpg"}, b"b" * 100)
    assert missing() == 1


def test_what_was_cut_or_of_no_known_length_stays_open(exporter: Exporter) -> None:
    refused_formerly(exporter, "blobs", file_item("a.bin"), CONTENT)
    stands(exporter, "blobs", file_item("a.bin"), CONTENT)
    Rejection.objects.update(body_size=None)
    assert missing() == 1
    rejection = Rejection.objects.get()
    Rejection.objects.update(body_size=rejection.item_size + 30_500, item=bytes(rejection.item)[:50])
    assert missing() == 1


def test_so_does_what_a_real_worker_sent(exporter: Exporter) -> None:
    """The length of its requests is told by the item and the file."""
    files = [request for request in recorded_requests() if "blobs-file" in request.name and request.has_file]
    assert len(files) == 3
    for request in files:
        head = {"Content-Type": request.content_type}
        exporter.person.set_quota(0)
        assert exporter.post("blobs", request.body, **head).status_code == 413
        exporter.person.set_quota(None)
        formerly_noted()
        with as_formerly():
            assert exporter.post("blobs", request.body, **head).status_code == 201
    assert missing() == 0
