"""An S3 server of this process, and a bucket that content is kept in."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings

from tests.support.fault_proxy import FaultProxy


def drip(line: FaultProxy) -> None:
    """Each answer comes byte by byte, and is never over: nobody is silent."""
    line.slow(20)


FAULTS_OF_S3 = [FaultProxy.silence, FaultProxy.refuse, FaultProxy.cut, drip]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Its address."""
    from moto.server import ThreadedMotoServer  # it takes a second, which only tests of S3 pay

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, server: str, monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> Iterator[Any]:
    """An empty bucket that the running server keeps its content in."""
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = boto3.resource("s3", endpoint_url=s3_server).Bucket("wharf")
    bucket.create()
    options = {"bucket_name": "wharf", "endpoint_url": s3_server}
    storage = {"BACKEND": "importers.content.s3.S3ContentStorage", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"default": storage}
    yield bucket
    bucket.objects.all().delete()
    bucket.delete()


@pytest.fixture
def s3_line(bucket: Any, settings: LazySettings) -> Iterator[FaultProxy]:
    """The line between the server and the bucket."""
    storage: Any = settings.STORAGES["default"]
    address = urlsplit(storage["OPTIONS"]["endpoint_url"])
    with FaultProxy(address.hostname or "", address.port or 0) as line:
        options = storage["OPTIONS"] | {"endpoint_url": f"http://{line.host}:{line.port}"}
        settings.STORAGES = settings.STORAGES | {"default": storage | {"OPTIONS": options}}
        yield line


@pytest.fixture
def requests_of_s3(bucket: Any) -> list[tuple[str, str]]:
    """What is asked of the bucket from now on: the method with the key, and the `Range`."""
    from django.core.files.storage import default_storage

    asked: list[tuple[str, str]] = []

    def note(request: Any, **_: Any) -> None:
        said = request.headers.get("Range", b"")
        path = request.url.partition("?")[0].rpartition("/wharf/")[2]
        asked.append((f"{request.method} {path}", said.decode() if isinstance(said, bytes) else said))

    default_storage.client.meta.events.register("before-send.s3", note)  # type: ignore[attr-defined]
    return asked
