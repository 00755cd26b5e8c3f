"""Content on S3: the same promises, by settings alone."""

import os
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from moto.server import ThreadedMotoServer
from storages.backends.s3 import S3Storage

from importers.content.storage import stored_keys
from importers.models import Content, Upload
from importers.verticals.blobs.models import File
from tests.support.exporter import Exporter, Person, file_item, related

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket that the running server keeps its content in."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = boto3.resource("s3", endpoint_url=s3_server).Bucket("wharf")
    bucket.create()
    files = default_storage._wrapped  # type: ignore[attr-defined]
    default_storage._wrapped = S3Storage(bucket_name="wharf", endpoint_url=s3_server, file_overwrite=True)  # type: ignore[attr-defined]
    yield bucket
    default_storage._wrapped = files  # type: ignore[attr-defined]
    bucket.objects.all().delete()
    bucket.delete()


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
    deadline = time.monotonic() + 10
    while (Upload.objects.exists() or not ada.row) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (Content.objects.count(), ada.used, list(bucket.objects.all())) == (0, 0, [])
    assert list(bucket.multipart_uploads.all()) == []


def test_a_bucket_that_is_gone_is_answered_503(bucket: Any, exporter: Exporter, ada: Person) -> None:
    bucket.delete()
    answer = exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    bucket.create()
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert ada.used == 0
    call_command("purge", verbosity=0)
    assert Upload.objects.count() == 0


def test_damage_is_found_and_strays_are_removed(bucket: Any, exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    bucket.put_object(Key="ab/stray", Body=b"?")
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
