"""Content on S3: the same promises, by settings alone."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import HTTPClientError
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from importers.content.s3 import PARTS, part_size
from importers.content.storage import stored_keys
from importers.models import Content, InstallationId, Upload
from importers.models.content import PreparedKey
from importers.verticals.blobs.models import File
from tests.support.exporter import Exporter, Person, file_item, related
from tests.support.fault_proxy import FaultProxy
from tests.support.s3 import FAULTS_OF_S3
from tests.support.waiting import eventually

MIB = 1024 * 1024


def test_a_file_of_many_parts_arrives_whole(bucket: Any, exporter: Exporter) -> None:
    content = os.urandom(20 * MIB + 7)
    assert exporter.send_file("blobs", file_item("a.bin"), content).status_code == 201
    key = File.objects.get().content.storage_key
    assert bucket.Object(key).get()["Body"].read() == content
    assert exporter.send_file("blobs", file_item("a.bin"), content).json()["status"] == "unchanged"
    assert [stored.key for stored in bucket.objects.all()] == [key]
    call_command("verify_storage", verbosity=0)


def test_an_empty_file_arrives(bucket: Any, exporter: Exporter) -> None:
    assert exporter.send_file("blobs", file_item("empty"), b"").status_code == 201
    assert bucket.Object(Content.objects.get().storage_key).content_length == 0


def test_a_broken_upload_leaves_nothing(bucket: Any, exporter: Exporter, ada: Person) -> None:
    body = related(file_item("a.bin"), os.urandom(20 * MIB))
    with exporter.connect() as broken:
        broken.sendall(exporter.head("blobs", len(body)) + body[: 12 * MIB])
        time.sleep(0.2)
    eventually(lambda: not Upload.objects.exists())
    assert (Content.objects.count(), ada.used, list(bucket.objects.all())) == (0, 0, [])
    assert list(bucket.multipart_uploads.all()) == []


@pytest.mark.services
def test_a_bucket_that_is_gone_is_answered_503(bucket: Any, exporter: Exporter, ada: Person) -> None:
    bucket.delete()
    answer = exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    bucket.create()
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert ada.used == 0
    call_command("purge", verbosity=0)
    assert Upload.objects.count() == 0


@pytest.mark.services
def test_damage_is_found_and_strays_are_removed(bucket: Any, exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    bucket.put_object(Key=f"{InstallationId.known()}/ab/stray", Body=b"?")
    call_command("verify_storage", "--repair", verbosity=0)
    assert list(stored_keys(default_storage)) == [Content.objects.get().storage_key]
    bucket.Object(Content.objects.get().storage_key).delete()
    with pytest.raises(CommandError):
        call_command("verify_storage", verbosity=0)


def test_readiness_asks_the_bucket(bucket: Any, exporter: Exporter, settings: LazySettings) -> None:
    assert exporter.http.get("/status/ready").json()["storage"] == "ok"
    bucket.delete()
    answer = exporter.http.get("/status/ready")
    bucket.create()
    assert (answer.status_code, answer.json()["storage"]) == (503, "unavailable")


def test_readiness_costs_one_request_and_leaves_nothing_behind(
    bucket: Any, exporter: Exporter, requests_of_s3: list[tuple[str, str]]
) -> None:
    assert exporter.http.get("/status/ready").json()["storage"] == "ok"
    assert [asked.partition(" ")[0] for asked, _ in requests_of_s3] == ["HEAD"]
    assert list(bucket.object_versions.all()) == []


@pytest.mark.services
def test_installations_share_a_bucket_by_a_prefix(bucket: Any, exporter: Exporter, settings: LazySettings) -> None:
    bucket.put_object(Key="theirs/ab/stray", Body=b"?")
    storage: Any = settings.STORAGES["default"]
    options = storage["OPTIONS"] | {"location": "ours"}
    settings.STORAGES = settings.STORAGES | {"default": storage | {"OPTIONS": options}}
    assert exporter.send_file("blobs", file_item("a.bin"), os.urandom(9 * MIB)).status_code == 201
    key = Content.objects.get().storage_key
    assert {stored.key for stored in bucket.objects.all()} == {"theirs/ab/stray", f"ours/{key}"}
    assert list(stored_keys(default_storage)) == [key]
    call_command("verify_storage", "--repair", verbosity=0)
    assert {stored.key for stored in bucket.objects.all()} == {"theirs/ab/stray", f"ours/{key}"}


def test_the_parts_that_s3_takes_hold_its_largest_file() -> None:
    sizes = [part_size(number) for number in range(1, PARTS + 1)]
    assert sum(sizes) > 5 * 1024**4
    assert min(sizes) >= 5 * MIB
    assert max(sizes) <= 5 * 1024**3


@pytest.mark.alone
@pytest.mark.parametrize("fault", FAULTS_OF_S3, ids=lambda one: one.__name__)
def test_whatever_befalls_s3_an_exporter_is_answered_503_in_time_and_all_is_well_afterwards(
    bucket: Any, exporter: Exporter, s3_line: FaultProxy, fault: Callable[[FaultProxy], None]
) -> None:
    assert exporter.send_file("blobs", file_item("before.bin"), b"before").status_code == 201
    fault(s3_line)
    for content in (b"small", os.urandom(9 * MIB)):
        began = time.monotonic()
        answer = exporter.send_file("blobs", file_item("a.bin"), content)
        assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
        assert time.monotonic() - began < 10
    began = time.monotonic()
    assert exporter.http.get("/status/ready").json()["storage"] == "unavailable"
    assert time.monotonic() - began < 3
    s3_line.cut()  # what it holds of a slow upload would come when all else has been removed
    s3_line.heal()
    assert exporter.send_file("blobs", file_item("a.bin"), b"after").status_code == 201
    PreparedKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))  # what came through has one, or none
    call_command("purge", verbosity=0)
    assert len(list(bucket.objects.all())) == 2
    assert list(bucket.multipart_uploads.all()) == []


@pytest.mark.alone
def test_bytes_that_come_too_slowly_are_not_waited_for(bucket: Any, exporter: Exporter, s3_line: FaultProxy) -> None:
    assert exporter.send_file("blobs", file_item("a.bin"), os.urandom(MIB)).status_code == 201
    s3_line.slow(4_000)  # of which no second is silent
    began = time.monotonic()
    with pytest.raises(HTTPClientError), default_storage.open(Content.objects.get().storage_key) as stored:
        while stored.read(64 * 1024):
            pass
    assert time.monotonic() - began < 15


def test_sizes_cost_one_request_for_each_thousand_files(
    bucket: Any, exporter: Exporter, requests_of_s3: list[tuple[str, str]]
) -> None:
    for number in range(5):
        exporter.send_file("blobs", file_item(f"{number}.bin"), bytes([number]))
    requests_of_s3.clear()
    call_command("verify_storage", "--sizes", verbosity=0)
    assert len(requests_of_s3) == 1


@pytest.mark.parametrize("remover", [("purge",), ("verify_storage", "--repair")])
def test_a_multipart_upload_that_a_kill_has_left_is_removed_but_not_one_that_lives(
    bucket: Any, exporter: Exporter, ada: Person, remover: tuple[str, ...]
) -> None:
    living = Upload.objects.create(owner=ada.row, expires_at=Upload.next_expiry())
    killed = f"{InstallationId.known()}/ab/killed"
    for key in (living.storage_key, killed, "w0123456789ab/ab/theirs"):
        begun = bucket.Object(key).initiate_multipart_upload()
        begun.Part(1).upload(Body=b"?")
    call_command(*remover, verbosity=0)
    assert {left.object_key for left in bucket.multipart_uploads.all()} == {
        living.storage_key,
        "w0123456789ab/ab/theirs",
    }
