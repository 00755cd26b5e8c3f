"""Content on S3: the same promises, by settings alone."""

import os
import time
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError

from importers.content.storage import stored_keys
from importers.models import Content, Upload
from importers.verticals.blobs.models import File
from tests.support.exporter import Exporter, Person, file_item, related

pytestmark = pytest.mark.services

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
