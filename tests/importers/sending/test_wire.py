"""What an exporter of ours puts on the wire, byte for byte against the specification."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from importers.sending import items
from importers.sending.body import SENDING_CHUNK
from importers.sending.connection import Destination, JobConnection, SendingJob, Watcher
from importers.sending.errors import FileChanged, FileUnreadable
from importers.sending.grant import Grant
from importers.sending.items import Attachment, OutgoingItem
from tests.support.fake_server import FakeServer

JOB = SendingJob("Wharf folder", UUID("0f1e2d3c-4b5a-4678-8796-a5b4c3d2e1f0"))


@pytest.fixture
def connection(receiver: FakeServer) -> Iterator[JobConnection]:
    with JobConnection(Destination.at(receiver.url), Grant("the-token"), JOB, sleep=lambda pause: None) as opened:
        yield opened


def a_file(path: Path, content: bytes) -> OutgoingItem:
    path.write_bytes(content)
    return items.file("/root/foo", path.name, "2020-02-01T00:00:00Z", Attachment(path, "video/mp4"))


def test_an_item_without_a_file_is_json_in_the_envelope(receiver: FakeServer, connection: JobConnection) -> None:
    assert connection.send(items.folder("/root/foo")) == "created"

    request = receiver.calls[0]
    assert request.head.startswith(b"POST /import/blobs HTTP/1.1\r\n")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(request.body))
    assert json.loads(request.body) == {
        "@type": "GenericPayload",
        "schemaSource": items.SCHEMA_SOURCES["Folder"],
        "apiVersion": "0.1.0",
        "payload": {"@type": "Folder", "path": "/root/foo"},
    }


def test_a_file_is_multipart_related_byte_for_byte(
    receiver: FakeServer, connection: JobConnection, tmp_path: Path
) -> None:
    item = a_file(tmp_path / "bar.mp4", b"\x00\xff bytes\r\n--not a boundary")

    connection.send(item)

    request = receiver.calls[0]
    boundary = request.headers["content-type"].removeprefix("multipart/related; boundary=")
    assert re.fullmatch(r"[0-9a-f-]{36}", boundary)
    envelope = item.envelope()
    assert request.body == (
        f"--{boundary}\r\nContent-Type: application/json\r\nContent-Length: {len(envelope)}\r\n\r\n".encode()
        + envelope
        + f"\r\n--{boundary}\r\nContent-Type: video/mp4\r\nContent-Length: 26\r\n\r\n".encode()
        + b"\x00\xff bytes\r\n--not a boundary"
        + f"\r\n--{boundary}--\r\n".encode()
    )
    assert request.headers["content-length"] == str(len(request.body))
    assert "transfer-encoding" not in request.headers
    assert b"Content-Disposition" not in request.body


@pytest.mark.parametrize("size", [0, 1, SENDING_CHUNK - 1, SENDING_CHUNK, SENDING_CHUNK + 1, 3 * SENDING_CHUNK + 7])
def test_files_of_every_size_arrive_whole(
    receiver: FakeServer, connection: JobConnection, tmp_path: Path, size: int
) -> None:
    content = os.urandom(size)

    connection.send(a_file(tmp_path / "bytes", content))

    assert receiver.calls[0].parts[1][1] == content


def test_headers_name_the_exporter_and_its_job(receiver: FakeServer) -> None:
    job = SendingJob("Demo Cloud", JOB.job_id, UUID("11111111-2222-4333-8444-555555555555"))
    with JobConnection(Destination.at(receiver.url), Grant("the-token"), job) as connection:
        connection.send(items.folder("/a"))

    headers = receiver.calls[0].headers
    assert headers["authorization"] == "Bearer the-token"
    assert headers["x-dtp-export-service"] == "Demo Cloud"
    assert headers["x-dtp-job-id"] == "0f1e2d3c-4b5a-4678-8796-a5b4c3d2e1f0"
    assert headers["x-dtp-recurring-job-id"] == "11111111-2222-4333-8444-555555555555"


def test_a_job_that_does_not_recur_says_nothing_of_it(receiver: FakeServer, connection: JobConnection) -> None:
    connection.send(items.folder("/a"))

    assert "x-dtp-recurring-job-id" not in receiver.calls[0].headers


def test_everything_goes_over_one_connection(receiver: FakeServer, connection: JobConnection, tmp_path: Path) -> None:
    connection.send(items.folder("/a"))
    connection.send(a_file(tmp_path / "f", b"bytes"))
    connection.send(items.folder("/b"))

    assert [call.connection for call in receiver.calls] == [1, 1, 1]


def test_names_are_sent_to_the_code_point(receiver: FakeServer, connection: JobConnection) -> None:
    path = '/Cafe\u0301 and Caf\u00e9 \U0001f319 \u0644\u064a\u0644\u0649 \u2028 \x7f \\ "'

    connection.send(items.folder(path))

    assert receiver.calls[0].json["payload"]["path"] == path


def test_a_file_that_grows_is_never_sent_to_its_end(
    receiver: FakeServer, connection: JobConnection, tmp_path: Path
) -> None:
    item = a_file(tmp_path / "log", b"x" * 3 * SENDING_CHUNK)

    class Appends(Watcher):
        def sent(self, count: int) -> None:
            with (tmp_path / "log").open("ab") as log:
                log.write(b"one more line")

    with pytest.raises(FileChanged, match="changed its size"):
        connection.send(item, Appends())
    connection.send(items.folder("/next"))

    assert receiver.paths == ["/import/blobs"]  # only the next one
    assert not any(b"--\r\n" in body[-10:] for body in receiver.cut)


def test_a_file_that_shrinks_is_never_sent_to_its_end(
    receiver: FakeServer, connection: JobConnection, tmp_path: Path
) -> None:
    item = a_file(tmp_path / "log", b"x" * 3 * SENDING_CHUNK)

    class Truncates(Watcher):
        def sent(self, count: int) -> None:
            os.truncate(tmp_path / "log", SENDING_CHUNK)

    with pytest.raises(FileChanged, match="became shorter"):
        connection.send(item, Truncates())
    assert receiver.calls == []


def test_a_file_that_is_rewritten_in_place_is_never_sent_to_its_end(
    receiver: FakeServer, connection: JobConnection, tmp_path: Path
) -> None:
    item = a_file(tmp_path / "db", b"x" * 3 * SENDING_CHUNK)

    class Rewrites(Watcher):
        def sent(self, count: int) -> None:
            os.utime(tmp_path / "db", ns=(1, 1))

    with pytest.raises(FileChanged, match="written to"):
        connection.send(item, Rewrites())
    assert receiver.calls == []


def test_a_file_that_is_gone_says_so(receiver: FakeServer, connection: JobConnection, tmp_path: Path) -> None:
    item = a_file(tmp_path / "gone", b"x")
    (tmp_path / "gone").unlink()

    with pytest.raises(FileUnreadable, match="No such file"):
        connection.send(item)
    assert receiver.calls == []


@pytest.mark.parametrize(
    ("address", "import_url", "refresh_url"),
    [
        ("https://host", "https://host/import", "https://host/oauth/refresh"),
        ("https://host/", "https://host/import", "https://host/oauth/refresh"),
        ("https://host/import", "https://host/import", "https://host/oauth/refresh"),
        ("https://host/import/", "https://host/import", "https://host/oauth/refresh"),
        ("http://host:8080/below/dtp", "http://host:8080/below/dtp", "http://host:8080/oauth/refresh"),
    ],
)
def test_the_address_may_be_given_in_several_ways(address: str, import_url: str, refresh_url: str) -> None:
    assert Destination.at(address) == Destination(import_url, refresh_url)


@pytest.mark.parametrize("address", ["host/import", "ftp://host", "https://", "https://me:secret@host", "https://h/?q"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Destination.at(address)
