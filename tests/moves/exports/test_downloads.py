"""Fetching the parts of an export: ranges, validators, and what happens when bytes are missing."""

import logging
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.db.backends.signals import connection_created
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importers.content import asking
from importers.models import Content
from moves.models import Event, Export, Part
from moves.tasks import hash_parts
from tests.support.exporter import Exporter, Person, file_item
from tests.support.stalled_readers import held_for_each
from tests.support.takeout import TakeOut


@pytest.fixture
def take_out(exporter: Exporter, http: httpx.Client, ada: Person) -> Iterator[TakeOut]:
    for number in range(5):
        exporter.send_file("blobs", file_item(f"ü{number}.bin"), bytes([number]) * (number * 700))
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p1"}})
    exporter.send_file("blobs", file_item("large.bin"), bytes(range(256)) * 12_000)
    yield TakeOut.made(http, ada)


@pytest.mark.parametrize("format_", ["zip", "tar"])
def test_any_range_is_that_slice_of_the_whole(take_out: TakeOut, format_: str) -> None:
    whole = take_out.fetch(format=format_).content
    size = len(whole)

    @settings(max_examples=80, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, size - 1), st.integers(0, size + 10), st.booleans())
    def any_range(first: int, length: int, from_the_end: bool) -> None:
        if from_the_end:
            first = size - 1 - first
        answer = take_out.fetch(format=format_, headers={"Range": f"bytes={first}-{first + length}"})
        assert answer.status_code == 206
        assert answer.content == whole[first : first + length + 1]
        assert answer.headers["Content-Range"] == f"bytes {first}-{min(first + length, size - 1)}/{size}"

    any_range()
    for spec, expected in (("0-0", whole[:1]), (f"{size - 1}-", whole[-1:]), ("-500", whole[-500:]), ("0-", whole)):
        assert take_out.fetch(format=format_, headers={"Range": f"bytes={spec}"}).content == expected


def test_one_whose_connection_is_found_lost_ends_without_a_word_in_the_log(
    take_out: TakeOut, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who makes the bytes may find it before the server does."""
    from moves.exports.progress import DownloadProgress

    async def is_lost(progress: DownloadProgress, size: int) -> bool:
        return False

    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
    caplog.set_level("ERROR", "uvicorn.error")
    whole = take_out.fetch().content
    with monkeypatch.context() as patch:
        patch.setattr(DownloadProgress, "took", is_lost)
        with pytest.raises(httpx.TransportError):
            take_out.fetch()
    assert [one.getMessage() for one in caplog.records if one.name.startswith("uvicorn")] == []
    assert take_out.fetch().content == whole


def test_a_download_that_broke_goes_on_where_it_stopped(take_out: TakeOut) -> None:
    whole = take_out.fetch()
    for stopped in (0, 1, len(whole.content) // 3, len(whole.content) - 1):
        rest = take_out.fetch(headers={"Range": f"bytes={stopped}-", "If-Range": whole.headers["ETag"]})
        assert whole.content[:stopped] + rest.content == whole.content


def test_two_downloads_are_equal_to_the_byte(take_out: TakeOut) -> None:
    first, second = take_out.fetch(), take_out.fetch()
    assert first.content == second.content
    assert first.headers["ETag"] == second.headers["ETag"]


def test_the_headers_of_the_whole(take_out: TakeOut) -> None:
    whole = take_out.fetch()
    assert whole.status_code == 200
    assert int(whole.headers["Content-Length"]) == len(whole.content)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Content-Type"] == "application/zip"
    assert whole.headers["ETag"].startswith('"')
    assert take_out.fetch(format="tar").headers["Content-Type"] == "application/x-tar"


@pytest.mark.parametrize("range_header", [None, "bytes=10-19"])
def test_head_says_what_get_would(take_out: TakeOut, range_header: str | None) -> None:
    headers = {"Range": range_header} if range_header else {}
    get, head = take_out.fetch(headers=headers), take_out.http.head(take_out.data_path(), headers=headers)
    assert head.content == b""
    assert head.status_code == get.status_code
    for name in ("Content-Length", "ETag", "Content-Type", "Accept-Ranges", "Content-Range"):
        assert head.headers.get(name) == get.headers.get(name)


def test_validators(take_out: TakeOut) -> None:
    whole = take_out.fetch()
    etag = whole.headers["ETag"]
    assert take_out.fetch(headers={"If-None-Match": etag}).status_code == 304
    assert take_out.fetch(headers={"If-None-Match": '"other"'}).status_code == 200
    assert take_out.fetch(headers={"If-Match": '"other"'}).status_code == 412
    other = take_out.fetch(headers={"Range": "bytes=5-9", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)
    outside = take_out.fetch(headers={"Range": f"bytes={len(whole.content)}-"})
    assert (outside.status_code, outside.headers["Content-Range"]) == (416, f"bytes */{len(whole.content)}")
    assert take_out.fetch(headers={"Range": "bytes=0-1,5-9"}).content == whole.content


@pytest.mark.parametrize("damage", ["missing", "short"])
def test_missing_content_breaks_the_connection_and_says_which_entry(take_out: TakeOut, damage: str) -> None:
    path = Path(default_storage.path(Content.objects.get(size=4 * 700).storage_key))
    path.chmod(0o600)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"less")
    for format_ in ("zip", "tar"):
        with pytest.raises(httpx.RemoteProtocolError):
            take_out.fetch(format=format_)
    assert take_out.attributes["missing"] == ["My Cozy/Files/root/foo/ü4.bin"]
    assert Event.objects.filter(kind=Event.Kind.MISSING).count() == 1
    assert take_out.fetch(headers={"Range": "bytes=0-100"}).status_code == 206  # what is there can still be had


def test_a_part_of_a_spool_that_is_gone_is_no_archive(take_out: TakeOut) -> None:
    for spool in take_out.row.spools.all():
        default_storage.delete(spool.storage_key)
    try:
        answer = take_out.fetch()
    except httpx.RemoteProtocolError:
        return
    assert answer.status_code >= 500


def test_who_fetched_what_is_noted(take_out: TakeOut) -> None:
    take_out.fetch(headers={"User-Agent": "curl/8"})
    take_out.fetch(headers={"User-Agent": "curl/8", "Range": "bytes=0-9"})
    [fetch] = take_out.row.fetches.all()
    assert (fetch.part, fetch.address, fetch.agent, fetch.requests, fetch.ended) == (0, "127.0.0.1", "curl/8", 2, 1)


def test_a_fetch_opens_no_database_of_its_own(take_out: TakeOut) -> None:
    opened: list[Any] = []

    def note(connection: Any, **said: Any) -> None:
        opened.append(connection)

    connection_created.connect(note)
    try:
        for _ in range(20):
            assert take_out.fetch(headers={"Range": "bytes=-1"}).status_code == 206
    finally:
        connection_created.disconnect(note)
    assert len(opened) <= asking.ASKING_AT_ONCE


@pytest.mark.alone
def test_a_hundred_who_fetch_at_once_are_all_answered_while_others_write(take_out: TakeOut) -> None:
    done = threading.Event()

    def write() -> None:
        """Holds the lock of SQLite most of the time, as another process would that works."""
        with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=60, isolation_level=None)) as other:
            while not done.is_set():
                other.execute("BEGIN IMMEDIATE")
                time.sleep(0.1)
                other.execute("COMMIT")
                time.sleep(0.02)

    with ThreadPoolExecutor(101) as threads:
        writing = threads.submit(write)
        try:
            fetched = [threads.submit(take_out.fetch, headers={"User-Agent": f"{number}"}) for number in range(100)]
            statuses = Counter(one.result().status_code for one in fetched)
        finally:
            done.set()
        writing.result()
    assert statuses == {200: 100}
    assert take_out.row.fetches.filter(requests=1, ended=1).count() == 100


def test_a_revoked_link_ends_at_once(take_out: TakeOut, settings: Any) -> None:
    settings.WHARF_DOWNLOAD_LOOKS_AGAIN = 0
    address = httpx.URL(str(take_out.http.base_url))
    with socket.create_connection((address.host, address.port or 80), timeout=60) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(f"GET {take_out.data_path()} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        received = len(slow.recv(1000))
        Export.objects.update(link=2)
        while chunk := slow.recv(65536):
            received += len(chunk)
    assert received < take_out_size(take_out)
    assert take_out.http.get(take_out.data_path()).status_code == 404


def take_out_size(take_out: TakeOut) -> int:
    return take_out.row.parts.get(number=0).zip_size


@pytest.mark.parametrize("kind", ["index", "names"])
@pytest.mark.parametrize("damage", ["missing", "short"])
def test_an_index_that_is_gone_is_recorded_as_missing(take_out: TakeOut, kind: str, damage: str) -> None:
    path = Path(default_storage.path(take_out.row.spools.get(kind=kind).storage_key))
    path.chmod(0o600)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:100])
    for format_ in ("zip", "tar"):
        with pytest.raises(httpx.RemoteProtocolError):
            take_out.fetch(format=format_)
    assert take_out.attributes["missing"] == ["the index of the archive"]
    assert Event.objects.filter(kind=Event.Kind.MISSING).count() == 1


def test_content_with_other_bytes_of_the_same_number_gets_no_hash_and_is_named(take_out: TakeOut) -> None:
    path = Path(default_storage.path(Content.objects.get(size=4 * 700).storage_key))
    path.chmod(0o600)
    path.write_bytes(bytes(4 * 700))
    hash_parts(take_out.pk)
    assert list(take_out.row.parts.values_list("sha256", flat=True)) == [""]
    assert take_out.attributes["missing"] == ["My Cozy/Files/root/foo/ü4.bin"]


def test_a_download_asks_the_database_for_its_own_part_only(take_out: TakeOut) -> None:
    first = take_out.row.parts.get()
    facts = {name: getattr(first, name) for name in ("files_size", "directory_at", "directory_size", "zip_size")}
    facts |= {name: getattr(first, name) for name in ("first_entry", "entries", "tar_at_end", "tar_size")}
    export = take_out.row
    Part.objects.bulk_create([Part(export=export, number=number, **facts) for number in range(1, 200)])
    read: list[Any] = []
    original = Part.from_db.__func__  # type: ignore[attr-defined]

    def watched(cls: type[Part], *arguments: Any) -> Part:
        read.append(arguments)
        return original(cls, *arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Part, "from_db", classmethod(watched))
        assert take_out.fetch("00150").status_code == 200
    assert len(read) == 1
    for cursor in ("150", "0150", "000150", "00000", "00200"):
        assert take_out.fetch(cursor).status_code == 404


@pytest.mark.parametrize(("taken", "most"), [(0, 512 * 1024), (12 * 1024 * 1024, 5 * 512 * 1024)])
def test_of_a_part_that_is_not_read_on_one_chunk_is_held_once(
    exporter: Exporter, http: httpx.Client, ada: Person, taken: int, most: int
) -> None:
    exporter.send_file("blobs", file_item("large.bin"), bytes(24 * 1024 * 1024))
    assert held_for_each(http, TakeOut.made(http, ada).data_path(), taken=taken) < most
