"""Reading a part of an S3 object: only that part is fetched."""

import asyncio
from collections.abc import Iterator

import boto3
import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from moto import mock_aws

from importers.content import stored as reading
from importers.content.outgoing import HandedOver

pytestmark = pytest.mark.services


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> Iterator[Storage]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="bytes")
        options = {"bucket_name": "bytes", "region_name": "us-east-1"}
        s3 = {"BACKEND": "importers.content.s3.S3ContentStorage", "OPTIONS": options}
        settings.STORAGES = settings.STORAGES | {"default": s3}
        default_storage.save("aa/key", ContentFile(b"0123456789"))
        default_storage.save("aa/empty", ContentFile(b""))
        yield default_storage


def read(key: str, start: int, size: int) -> bytes:
    async def together() -> bytes:
        stored = reading.open_at(key, start, start + size)
        return b"".join([chunk async for chunk in reading.chunks(stored, size, HandedOver())])

    return asyncio.run(together())


def test_a_part_is_read(s3: Storage) -> None:
    assert read("aa/key", 0, 10) == b"0123456789"
    assert read("aa/key", 3, 4) == b"3456"
    assert read("aa/empty", 0, 0) == b""


def test_what_is_too_short_is_incomplete(s3: Storage) -> None:
    with pytest.raises(reading.Incomplete):
        read("aa/key", 5, 6)


def test_what_is_not_there_is_an_error(s3: Storage) -> None:
    with pytest.raises(OSError, match="aa/other"):
        read("aa/other", 0, 1)
