"""Every answer, also an early one, reaches a client that writes its whole body before it reads."""

import socket
import threading
import time

import pytest

from importers.verticals.blobs.models import File
from tests.support.exporter import BOUNDARY, Exporter, Person, file_item, read_answer, related

pytestmark = pytest.mark.alone

MIB = 1024 * 1024
BODY = 256 * MIB


def write_all(connection: socket.socket, exporter: Exporter, *, size: int = BODY, **headers: str) -> None:
    """Writes a file's whole request, and reads nothing."""
    before, after = related(file_item("big.bin"), b"|", "video/mp4").split(b"|")
    before = before.replace(b"Content-Length: 1\r\n", b"Content-Length: %d\r\n" % size)
    connection.sendall(exporter.head("blobs", len(before) + size + len(after), **headers) + before)
    megabyte = bytes(MIB)
    for _ in range(size // MIB):
        connection.sendall(megabyte)
    connection.sendall(after)


@pytest.mark.parametrize("connection_header", ["keep-alive", "close"])
def test_a_dead_token_is_told_after_256_mebibytes(exporter: Exporter, connection_header: str) -> None:
    with exporter.connect() as connection:
        write_all(connection, exporter, Authorization="Bearer dead", Connection=connection_header)
        status, answer = read_answer(connection)
    assert (status, answer["error"]) == (401, "invalid_token")


def test_a_full_account_is_told_after_256_mebibytes_and_the_connection_goes_on(exporter: Exporter, ada: Person) -> None:
    ada.set_quota(1000)
    with exporter.connect() as connection:
        write_all(connection, exporter)
        assert read_answer(connection)[0] == 413
        item = b'{"@type":"Folder","path":"/a"}'
        connection.sendall(exporter.head("blobs", len(item), **{"Content-Type": "application/json"}) + item)
        assert read_answer(connection)[0] == 201


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("nowhere", {}, 404),
        ("blobs", {"Content-Type": "text/plain"}, 415),
        ("blobs", {"Content-Type": "application/json"}, 413),
    ],
)
def test_other_early_answers_arrive_as_well(
    exporter: Exporter, path: str, headers: dict[str, str], status: int
) -> None:
    with exporter.connect() as connection:
        connection.sendall(exporter.head(path, 64 * MIB, Connection="close", **headers))
        for _ in range(64):
            connection.sendall(bytes(MIB))
        assert read_answer(connection)[0] == status


def test_a_client_that_has_closed_its_writing_side_reads_its_answer(exporter: Exporter) -> None:
    body = related(file_item("a.bin"), b"bytes")
    with exporter.connect() as connection:
        connection.sendall(exporter.head("blobs", len(body)) + body)
        connection.shutdown(socket.SHUT_WR)
        assert read_answer(connection)[0] == 201


@pytest.mark.parametrize("line", [b"Bad Header", b"Content-Length: 99999999999999999999999"])
def test_what_is_not_http_is_told_after_32_mebibytes(exporter: Exporter, line: bytes) -> None:
    with exporter.connect() as connection:
        connection.sendall(b"POST /import/blobs HTTP/1.1\r\nHost: a\r\n" + line + b"\r\n\r\n")
        for _ in range(32):
            connection.sendall(bytes(MIB))
        status, answer = read_answer(connection)
    assert (status, answer["error"]) == (400, "invalid_request")


def test_what_follows_an_item_and_is_no_http_does_not_answer_for_it(exporter: Exporter) -> None:
    body = related(file_item("a.bin"), bytes(4 * MIB))
    with exporter.connect() as connection:
        connection.sendall(exporter.head("blobs", len(body)) + body + b"no HTTP" * 100_000)
        assert read_answer(connection)[0] == 201


def test_chunks_that_are_none_are_answered_once(exporter: Exporter) -> None:
    head = exporter.head("blobs", 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    with exporter.connect() as connection:
        connection.sendall(head + b"no chunk\r\n" * 100_000)
        assert read_answer(connection)[0] in (400, 411)


def test_an_unreadable_content_type_is_told_after_32_mebibytes(exporter: Exporter) -> None:
    with exporter.connect() as connection:
        connection.sendall(
            exporter.head("blobs", 32 * MIB, **{"Content-Type": "multipart/related; boundary*=bogus'en'%41"})
        )
        for _ in range(32):
            connection.sendall(bytes(MIB))
        assert read_answer(connection)[0] == 415


@pytest.mark.parametrize("offer", ["h2c", "websocket", "TLS/1.0"])
@pytest.mark.parametrize("whole", [True, False])
def test_an_offer_of_another_protocol_is_passed_over(exporter: Exporter, offer: str, whole: bool) -> None:
    body = related(file_item("a.bin"), bytes(2 * MIB))
    head = exporter.head("blobs", len(body), Connection="Upgrade, HTTP2-Settings", Upgrade=offer)
    with exporter.connect() as connection:
        for _ in range(2):  # and the connection goes on
            for piece in [head + body] if whole else [head, body[:10], body[10:]]:
                connection.sendall(piece)
                time.sleep(0.05)
            assert read_answer(connection)[0] == 201


def test_the_201_comes_within_a_second_of_the_last_byte(exporter: Exporter) -> None:
    with exporter.connect() as connection:
        write_all(connection, exporter)
        written = time.monotonic()
        assert read_answer(connection)[0] == 201
        assert time.monotonic() - written < 1
    assert File.objects.get().content.size == BODY


def test_uploads_that_stall_leave_the_server_to_others(exporter: Exporter) -> None:
    """More of them than there are threads, some before and more after they were given one."""
    stalled = []
    try:
        for number in range(100):
            connection = exporter.connect()
            before = related(file_item(f"{number}.bin"), b"|").split(b"|")[0]
            before = before.replace(b"Content-Length: 1\r\n", b"Content-Length: %d\r\n" % (64 * MIB))
            connection.sendall(exporter.head("blobs", len(before) + 64 * MIB + len(BOUNDARY) + 8) + before)
            if number % 2 or number > 50:
                threading.Thread(target=connection.sendall, args=(bytes(2 * MIB),), daemon=True).start()
            stalled.append(connection)
        began = time.monotonic()
        assert exporter.send("blobs", {"@type": "Folder", "path": "/a"}).status_code == 201
        assert exporter.http.get("/status").status_code == 200
        assert time.monotonic() - began < 2
        # A real upload gets its turn before an exporter would give up.
        began = time.monotonic()
        assert exporter.send_file("blobs", file_item("real.bin"), bytes(4 * MIB)).status_code == 201
        assert time.monotonic() - began < 10
    finally:
        for connection in stalled:
            connection.close()
