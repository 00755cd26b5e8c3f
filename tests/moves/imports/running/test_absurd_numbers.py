"""Numbers of another server that no column holds are a matter of that server's: no fault of this program."""

import logging
from typing import Any

import httpx
import pytest

from moves.imports.running import job
from moves.models import ArchiveImport
from tests.support.bringing import Bringing
from tests.support.cozy_archives import cozy_zip, document, instance
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.fake_server import FakeCall, FakeReply

MOST = 2**63 - 1
ARCHIVE = cozy_zip([instance(), document("io.cozy.notes", "n")])


def assert_no_fault(row: ArchiveImport, caplog: pytest.LogCaptureFixture) -> None:
    assert "made a mistake" not in row.error + row.waiting_for
    assert "fault of this program" not in caplog.text
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


@pytest.mark.parametrize("said", [{"total_size": MOST, "files_size": MOST}, {"total_size": MOST, "parts_size": MOST}])
def test_sizes_that_are_too_much_together(
    bob: Person, http: httpx.Client, caplog: pytest.LogCaptureFixture, said: dict[str, Any]
) -> None:
    with ExportingServer(ServedPart(ARCHIVE, ranges=False), **said) as other:
        bringing = Bringing.ask(http, bob, other.link)
        assert job.run(bringing.pk)
    assert_no_fault(bringing.row, caplog)
    assert bringing.row.documents == 1


def test_two_parts_that_say_to_be_as_large_as_can_be(
    bob: Person, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with ExportingServer(ServedPart(ARCHIVE), ServedPart(ARCHIVE)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        reply = FakeReply(200, ARCHIVE, {"Content-Type": "application/zip"}, length=MOST)
        other.says("GET /move/exports/data/OPAQUE", reply)
        for _ in range(3):
            job.run(bringing.pk, at_once=True)
    assert_no_fault(bringing.row, caplog)


RANGES = ("bytes 1000-9{0}/9{0}", "bytes 1000-9{0}/*", "bytes 0-{0}/1", "bytes */9{0}", "bytes ٣-٤/٥")


@pytest.mark.parametrize("said", RANGES)
@pytest.mark.parametrize("status", [206, 416])
def test_ranges_of_which_nobody_can_make_a_number(
    bob: Person, http: httpx.Client, caplog: pytest.LogCaptureFixture, said: str, status: int
) -> None:
    first: list[bool] = []

    def part(call: FakeCall) -> None:
        headers = 'Content-Type: application/zip\r\nAccept-Ranges: bytes\r\nETag: "one"\r\nConnection: close\r\n'
        if call.header("Range"):
            ranges = said.format("9" * 5_000).encode().decode("latin-1")
            call.send(f"HTTP/1.1 {status} Status\r\n{headers}Content-Range: {ranges}\r\n\r\n".encode("latin-1"))
            return
        call.send(f"HTTP/1.1 200 OK\r\n{headers}Content-Length: {len(ARCHIVE)}\r\n\r\n".encode())
        call.send(ARCHIVE if first else ARCHIVE[:300])
        first.append(True)

    with ExportingServer(ServedPart(ARCHIVE)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        other.says("GET /move/exports/data/OPAQUE", part)
        for _ in range(3):
            job.run(bringing.pk, at_once=True)
    assert_no_fault(bringing.row, caplog)


@pytest.mark.parametrize("said", ["9" * 20, "9" * 18, "18446744073709551615"])
def test_a_length_that_no_column_holds(
    bob: Person, http: httpx.Client, caplog: pytest.LogCaptureFixture, said: str
) -> None:
    def part(call: FakeCall) -> None:
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nConnection: close\r\n"
        call.send(f"{head}Content-Length: {said}\r\n\r\n".encode() + ARCHIVE)

    with ExportingServer(ServedPart(ARCHIVE)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        other.says("GET /move/exports/data/OPAQUE", part)
        for _ in range(2):
            job.run(bringing.pk, at_once=True)
    assert_no_fault(bringing.row, caplog)
