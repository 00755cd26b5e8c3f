"""First who, then the body: only an upload with a good token gets a thread of uploads, memory, or room on the disk."""

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.conf import settings as configured

from importers.models import Rejection, Upload
from tests.support.exporter import Exporter, Person, file_item, read_answer, related
from tests.support.raw_http import connect, dripping, post_head

pytestmark = pytest.mark.alone

MIB = 1024 * 1024
CROWD = 60  # more than there are threads for uploads
FILE = bytes(3 * MIB)


@contextmanager
def crowd(server: str, head: bytes, begun: bytes) -> Iterator[list[socket.socket]]:
    """Bodies that have begun, and go on with a little every now and then."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(server)) for _ in range(CROWD)]
        for connection in connections:
            connection.sendall(head + begun)
        with dripping(connections, bytes(10), 0.5):
            time.sleep(0.5)
            yield connections


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.monotonic()
    call()
    return time.monotonic() - began


def upload(exporter: Exporter, name: str = "a.bin") -> None:
    assert exporter.send_file("blobs", file_item(name), FILE).status_code == 201


def begun_file(size: int) -> bytes:
    """The beginning of a file's body that says to have so many bytes."""
    before = related(file_item("big.bin"), b"|").split(b"|")[0]
    return before.replace(b"Content-Length: 1\r\n", b"Content-Length: %d\r\n" % size)


@pytest.mark.parametrize("kind", ["an unknown token", "a token for other things", "a form", "a form without an end"])
def test_who_may_send_nothing_takes_no_thread_from_uploads(exporter: Exporter, ada: Person, kind: str) -> None:
    heads = {
        "an unknown token": exporter.head("blobs", 10 * MIB, Authorization="Bearer unknown"),
        "a token for other things": Exporter(exporter.server, ada, "Other", scope="import:calendar").head(
            "blobs", 10 * MIB
        ),
        "a form": post_head("/auth/login", 60_000, Content_Type="application/x-www-form-urlencoded"),
        "a form without an end": post_head("/move/request", 10**13, Content_Type="multipart/form-data; boundary=x"),
    }
    with crowd(exporter.server, heads[kind], bytes(50_000 if kind == "a form" else 200_000)):
        assert seconds(lambda: upload(exporter)) < 3
        assert not Upload.objects.exists()


def test_a_refused_body_is_read_to_its_end_however_long_the_form(exporter: Exporter) -> None:
    """Nothing of it comes to the disk."""
    folders = (Path(tempfile.gettempdir()), configured.WHARF_DATA_DIR)
    before = {path for folder in folders for path in folder.iterdir()}
    with exporter.connect() as connection:
        connection.sendall(post_head("/move/request", 64 * MIB, Content_Type="multipart/form-data; boundary=x"))
        connection.sendall(b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n')
        sent = len(b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n')
        while sent < 64 * MIB:
            sent += connection.send(bytes(min(MIB, 64 * MIB - sent)))
        answer = connection.recv(100)
    assert answer.startswith(b"HTTP/1.1 415 ")
    assert {path for folder in folders for path in folder.iterdir()} <= before


def test_uploads_that_drip_yield_their_threads(exporter: Exporter) -> None:
    """A byte now and then is no upload that still comes."""
    with crowd(exporter.server, exporter.head("blobs", 64 * MIB), begun_file(60 * MIB) + bytes(2 * MIB)):
        assert seconds(lambda: upload(exporter)) < 20


def test_who_has_many_uploads_leaves_some_to_others(exporter: Exporter) -> None:
    """Also where each of them comes as fast as a body must."""
    bob = Exporter(exporter.server, Person.create("bob"), "Cloud Two")
    done = threading.Event()
    with ExitStack() as stack:
        connections = [stack.enter_context(exporter.connect()) for _ in range(CROWD)]
        for connection in connections:
            connection.sendall(bob.head("blobs", 64 * MIB) + begun_file(60 * MIB) + bytes(2 * MIB))

        def go_on() -> None:
            while not done.wait(0.5):
                for connection in connections:
                    try:
                        connection.setblocking(False)
                        connection.send(bytes(4096))
                    except OSError:
                        continue

        sender = threading.Thread(target=go_on)
        sender.start()
        try:
            time.sleep(1)
            assert seconds(lambda: upload(exporter)) < 8
        finally:
            done.set()
            sender.join()


def test_an_upload_that_is_too_slow_is_told(exporter: Exporter, ada: Person, settings: object) -> None:
    settings.WHARF_BODY_PATIENCE, settings.WHARF_SLOWEST_BODY = 1.0, 1000  # type: ignore[attr-defined]
    with exporter.connect() as connection:
        connection.sendall(exporter.head("blobs", 64 * MIB) + begun_file(60 * MIB) + bytes(2 * MIB))
        with dripping([connection.dup()], b"x", 0.1):
            assert read_answer(connection)[0] == 400
    assert (ada.used, Upload.objects.count()) == (0, 0)


@pytest.mark.parametrize("scope", ["import:calendar", "import:calendar import:blobs"])
def test_what_is_kept_of_a_refused_upload_does_not_hang_on_how_its_body_comes(
    exporter: Exporter, ada: Person, scope: str
) -> None:
    """The same item is one refusal, twice, whether a byte comes first or all at once; and it is known again."""
    vertical = "blobs" if scope == "import:calendar" else "unheard-of"
    other = Exporter(exporter.server, ada, "Other", scope=scope)
    body = related(file_item("a.bin"), FILE)
    for begun in (1, 300, len(body)):
        with other.connect() as connection:
            connection.sendall(other.head(vertical, len(body)) + body[:begun])
            time.sleep(0.3)
            connection.sendall(body[begun:])
            assert read_answer(connection)[0] in (403, 404)
    refused = Rejection.objects.get()
    assert (refused.times, refused.has_file, refused.file_size) == (3, True, len(FILE))
    assert b'"a.bin"' in bytes(refused.item)
