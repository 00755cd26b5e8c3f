"""Exports that other servers have: their documents are checked."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.conf import LazySettings

from moves.exports import links
from moves.imports.sources.export import RemoteExport
from moves.imports.sources.links import BadLink, NoArchive
from tests.support.answers import HEAD, drips, floods, json_api, redirect
from tests.support.arriving_move import gone_to
from tests.support.exporter import Exporter, Person, file_item
from tests.support.fake_export import everything, export_document
from tests.support.fake_server import FakeReply, FakeServer
from tests.support.takeout import TakeOut

CONTENT = os.urandom(3_000_000)


def find(peer: FakeServer) -> RemoteExport:
    return RemoteExport.find(f"{peer.url}/#/exports/OPAQUE", deadline=1.0)


def no_archive(peer: FakeServer) -> NoArchive:
    with pytest.raises(NoArchive) as raised:
        find(peer)
    assert "OPAQUE" not in raised.value.sentence
    return raised.value


def test_the_document_of_a_cozy_is_read() -> None:
    with FakeServer(json_api(export_document())) as peer:
        export = find(peer)
    assert peer.calls[0].head.startswith(b"GET /move/exports/OPAQUE HTTP/1.1")
    assert "application/vnd.api+json" in peer.calls[0].header("Accept")
    assert (export.cursors, export.parts_size, export.total_size) == (("AAA", "BBB"), 10240, 1123)
    assert (export.files_size, export.files_count, export.snapshot_at, export.ours) == (None, None, None, False)
    assert export.size_hint == 1123 + 2 * 10240
    assert [(part.number, part.cursor) for part in export.parts] == [(0, ""), (1, "AAA"), (2, "BBB")]
    assert [part.url for part in export.parts] == [
        f"{peer.url}/move/exports/data/OPAQUE{query}" for query in ("", "?cursor=AAA", "?cursor=BBB")
    ]


def test_an_export_of_this_product_is_found_and_fetched(
    exporter: Exporter, ada: Person, http: httpx.Client, server: str, settings: LazySettings
) -> None:
    exporter.send_file("blobs", file_item("a.bin"), CONTENT)
    take_out = TakeOut.made(http, ada)
    settings.WHARF_BASE_URL = server
    for link in (links.cozy_link(take_out.row), links.page_link(take_out.row), server + take_out.path):
        export = RemoteExport.find(link)
        assert (export.ours, export.files_count, export.files_size) == (True, 1, len(CONTENT))
        assert export.size_hint == export.total_size + len(CONTENT)
        assert export.snapshot_at
        (part,) = export.parts
        with part.open() as stream:
            whole = everything(stream)
            assert (stream.offset, stream.size, stream.resumes) == (0, len(whole), True)
        assert whole == take_out.fetch().content
        with part.open(1000, stream.etag) as rest:
            assert (rest.offset, everything(rest)) == (1000, whole[1000:])


@pytest.mark.parametrize("nothing", [None, []])
def test_an_export_in_one_part_has_no_cursors(nothing: Any) -> None:
    with FakeServer(json_api(export_document(parts_cursors=nothing, with_doctypes=nothing))) as peer:
        export = find(peer)
    assert (export.cursors, len(export.parts), export.size_hint) == ((), 1, None)


def test_a_cursor_can_be_any_text() -> None:
    with FakeServer(json_api(export_document(parts_cursors=["a b/&=é"]))) as peer:
        assert find(peer).parts[1].url.endswith("?cursor=a+b%2F%26%3D%C3%A9")


def test_a_document_that_has_moved_is_followed_and_its_data_is_beside_it() -> None:
    with (
        FakeServer(json_api(export_document())) as now,
        FakeServer(redirect(f"{now.url}/move/exports/OPAQUE", 301)) as peer,
    ):
        export = find(peer)
    assert export.parts[0].url == f"{now.url}/move/exports/data/OPAQUE"


@pytest.mark.parametrize(
    ("attributes", "says", "temporary"),
    [
        ({"state": "exporting"}, "still making", True),
        ({"state": "error", "error": "boom"}, "could not make", False),
        ({"state": "what"}, "its state", False),
        ({"state": None}, "its state", False),
        ({"expires_at": "2018-05-11T08:59:37.530693972+02:00"}, "expired on 2018-05-11", False),
        ({"expires_at": "soon"}, "its expires_at", False),
        ({"expires_at": 5}, "its expires_at", False),
        ({"parts_cursors": "AAA"}, "its parts_cursors", False),
        ({"parts_cursors": [1]}, "its parts_cursors", False),
        ({"parts_cursors": [""]}, "its parts_cursors", False),
        ({"parts_cursors": ["a", "a"]}, "its parts_cursors", False),
        ({"parts_cursors": ["a\r\nb"]}, "its parts_cursors", False),
        ({"parts_cursors": ["a" * 300]}, "its parts_cursors", False),
        ({"parts_cursors": [str(n) for n in range(30_000)]}, "its parts_cursors", False),
        ({"parts_size": -1}, "its parts_size", False),
        ({"total_size": "many"}, "its total_size", False),
        ({"files_size": 2**70}, "its files_size", False),
        ({"files_count": True}, "its files_count", False),
    ],
)
def test_an_export_that_can_not_be_fetched_is_no_archive(
    attributes: dict[str, Any], says: str, temporary: bool
) -> None:
    with FakeServer(json_api(export_document(**attributes))) as peer:
        refused = no_archive(peer)
    assert says in refused.sentence
    assert refused.temporary is temporary


def test_clocks_may_differ_a_little() -> None:
    now = datetime.now(UTC)
    with FakeServer(json_api(export_document(expires_at=(now - timedelta(minutes=1)).isoformat()))) as peer:
        assert find(peer).state == "done"
    with FakeServer(json_api(export_document(expires_at=(now - timedelta(hours=1)).isoformat()))) as peer:
        assert "expired" in no_archive(peer).sentence


WHOLE = json.dumps(export_document()).encode()


@pytest.mark.parametrize(
    "answer",
    [
        FakeReply(200, b"<html>"),
        FakeReply(200, b""),
        FakeReply(200, b"[]"),
        FakeReply(200, b"{}"),
        FakeReply(200, b'{"data": []}'),
        FakeReply(200, b'{"data": {"type": "io.cozy.files", "attributes": {}}}'),
        FakeReply(200, b'{"data": {"type": "io.cozy.exports"}}'),
        FakeReply(200, b"[" * 100_000),
        FakeReply(200, b'{"data": ' * 10_000),
        FakeReply(200, WHOLE, length=50),
        FakeReply(200, WHOLE, length=50_000),
        FakeReply(200, WHOLE[:-20]),
        FakeReply(204),
        FakeReply(404),
        FakeReply(410),
        FakeReply(401),
        FakeReply(500),
        redirect("http://10.0.0.1/"),
        redirect("/move/exports/OPAQUE"),
        b"",
    ],
)
def test_what_is_no_export_is_no_archive(answer: Any) -> None:
    with FakeServer(answer) as peer:
        assert no_archive(peer).sentence.endswith(".")


@pytest.mark.alone
@pytest.mark.parametrize(
    "answer",
    [
        floods(HEAD + b"\r\n"),
        floods(HEAD + b"X-Long: "),
        drips(b"", b""),
        drips(HEAD, b"X: y\r\n"),
        drips(HEAD + b"\r\n", b" "),
        drips(HEAD + b"Content-Length: 999999\r\n\r\n", b" "),
        drips(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
)
def test_a_document_that_never_ends_is_no_archive(answer: Any) -> None:
    began = time.monotonic()
    with FakeServer(answer) as peer:
        no_archive(peer)
    assert time.monotonic() - began < 5


def test_a_link_to_a_private_address_is_no_archive(settings: LazySettings) -> None:
    settings.WHARF_TRUSTED_NETWORKS = []
    with FakeServer(FakeReply(200, WHOLE)) as peer:
        assert "not public" in no_archive(peer).sentence
        assert peer.connections == 0
    with pytest.raises(BadLink):
        RemoteExport.find("http://wharf.example/")


def test_a_link_of_a_cozy_that_has_moved_says_where_it_is_now() -> None:
    with FakeServer(gone_to("https://new.example/")) as peer:
        found = no_archive(peer)
    assert "has moved to https://new.example/. Ask for a new export there." in found.sentence
    page = FakeReply(410, b"<html><h1>The Cozy has been moved</h1></html>", {"Content-Type": "text/html"})
    with FakeServer(page) as peer:
        found = no_archive(peer)
    assert "If the account has moved, ask for a new export where it is now." in found.sentence


# Parts


@pytest.mark.parametrize("status", [400, 401])
def test_a_link_that_a_cozy_does_not_know_is_a_mistyped_one(status: int) -> None:
    with FakeServer(FakeReply(status)) as peer:
        assert "Copy the link again, whole." in no_archive(peer).sentence
