"""Parts that other servers have are fetched on after a break, and nothing is taken that was not asked for."""

import os
import time
from typing import Any

import pytest
from django.conf import LazySettings

from moves.imports.sources.fetching import RemotePart, RemoteStream
from moves.imports.sources.links import NoArchive
from moves.imports.sources.parts import StreamInterrupted
from tests.support.answers import HEAD, drips, redirect
from tests.support.arriving_move import gone_to
from tests.support.fake_export import ServedPart, everything
from tests.support.fake_server import FakeCall, FakeReply, FakeServer

CONTENT = os.urandom(3_000_000)
CAN_RANGES = {"ETag": '"one"', "Accept-Ranges": "bytes"}


@pytest.fixture(autouse=True)
def impatient(settings: LazySettings) -> None:
    """Nothing waits for long."""
    settings.WHARF_PEER_SILENCE = 0.5
    settings.WHARF_PEER_PAUSES = (0.01, 0.01, 0.01)


def part_of(peer: FakeServer) -> RemotePart:
    return RemotePart(f"{peer.url}/move/exports/data/OPAQUE", 0)


def test_a_part_is_read_in_pieces_of_any_size() -> None:
    with FakeServer(ServedPart(CONTENT)) as peer:
        for size in (1_000, 65_536, 10_000_000):
            with part_of(peer).open() as stream:
                assert (stream.offset, stream.size, stream.etag, stream.resumes) == (0, 3_000_000, '"one"', True)
                assert len(stream.read(size)) <= size
                assert len(everything(stream, size)) >= len(CONTENT) - size


@pytest.mark.parametrize("breaks", [(1_000_000,), (0, 100_000, 1_000_000, 0), (2_999_999,)])
def test_a_break_is_not_noticed_where_the_peer_can_ranges(breaks: tuple[int, ...]) -> None:
    with FakeServer(ServedPart(CONTENT, breaks=breaks)) as peer:
        with part_of(peer).open() as stream:
            assert everything(stream) == CONTENT
        again = peer.calls[1:]
    assert len(again) == len(breaks)
    assert all(call.header("If-Range") == '"one"' for call in again if call.header("Range"))
    assert again[-1].header("Range").startswith("bytes=")


def test_a_part_goes_on_at_an_offset() -> None:
    with FakeServer(ServedPart(CONTENT, breaks=(100_000,))) as peer:
        with part_of(peer).open(1_000_000, '"one"') as stream:
            assert (stream.offset, stream.size, stream.resumes) == (1_000_000, len(CONTENT), True)
            assert everything(stream) == CONTENT[1_000_000:]
        with part_of(peer).open(len(CONTENT), '"one"') as stream:
            assert (stream.offset, stream.size, everything(stream)) == (len(CONTENT), len(CONTENT), b"")


@pytest.mark.parametrize("etag", ['"two"', "", 'W/"one"'])
def test_another_version_begins_at_its_beginning(etag: str) -> None:
    with FakeServer(ServedPart(CONTENT)) as peer, part_of(peer).open(1_000_000, etag) as stream:
        assert (stream.offset, stream.etag) == (0, '"one"')
        assert everything(stream) == CONTENT


def test_a_200_to_a_range_request_is_never_appended() -> None:
    whole = FakeReply(200, CONTENT, headers=CAN_RANGES)
    with FakeServer(whole) as peer, part_of(peer).open(1_000_000, '"one"') as stream:
        assert peer.calls[0].header("Range") == "bytes=1000000-"
        assert stream.offset == 0
        assert everything(stream) == CONTENT
    with FakeServer(ServedPart(CONTENT, breaks=(1_000_000,)), whole) as peer, part_of(peer).open() as stream:
        with pytest.raises(StreamInterrupted):
            everything(stream)
        assert stream.read(10) == b""


def partial(start: int, content_range: str, etag: str = '"one"') -> FakeReply:
    headers = {"Content-Range": content_range, "ETag": etag}
    return FakeReply(206, CONTENT[start:], headers)


@pytest.mark.parametrize(
    "lie",
    [
        partial(999_999, "bytes 999999-2999999/3000000"),
        partial(1_000_000, "bytes 1000000-2999999/3000000", '"two"'),
        partial(1_000_000, "what"),
        FakeReply(206, CONTENT),
        FakeReply(416, b"", {"Content-Range": "bytes */5"}),
    ],
)
def test_a_range_that_was_not_asked_for_is_not_taken(lie: FakeReply) -> None:
    whole = ServedPart(CONTENT)
    with FakeServer(lie, whole) as peer, part_of(peer).open(1_000_000, '"one"') as stream:
        assert stream.offset == 0
        assert everything(stream) == CONTENT
        assert peer.calls[1].header("Range") == ""


def test_a_part_that_changed_while_it_was_fetched_is_begun_again() -> None:
    changed = ServedPart(CONTENT[::-1], etag='"two"')
    peer = FakeServer(ServedPart(CONTENT, breaks=(1_000_000,)), changed)
    with peer, part_of(peer).open() as stream, pytest.raises(StreamInterrupted, match="another version"):
        everything(stream)


def test_a_peer_without_ranges_says_that_it_was_interrupted() -> None:
    with FakeServer(ServedPart(CONTENT, breaks=(1_000_000,), ranges=False, chunked=False)) as peer:
        with part_of(peer).open() as stream:
            assert not stream.resumes
            with pytest.raises(StreamInterrupted, match="whole part again"):
                everything(stream)
        assert peer.connections == 1
        with part_of(peer).open(1_000_000) as stream:
            assert (stream.offset, everything(stream)) == (0, CONTENT)


@pytest.mark.parametrize("ends", [b"0\r\n\r\n", b""])
def test_a_part_without_a_length_ends_where_its_last_chunk_says(ends: bytes) -> None:
    chunked = HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n%x\r\n%s\r\n%s" % (
        5_000,
        CONTENT[:5000],
        ends,
    )
    with FakeServer(chunked) as peer, part_of(peer).open() as stream:
        assert (stream.size, stream.resumes) == (None, False)
        if ends:
            assert everything(stream) == CONTENT[:5_000]
        else:
            with pytest.raises(StreamInterrupted):
                everything(stream)


@pytest.mark.alone
@pytest.mark.parametrize("answer", [drips(HEAD + b"Content-Length: 99\r\n\r\n", b""), drips(b"", b"")])
def test_a_stream_that_falls_silent_is_cut(answer: Any) -> None:
    began = time.monotonic()
    with FakeServer(answer) as peer, pytest.raises(StreamInterrupted), part_of(peer).open() as stream:
        everything(stream)
    assert time.monotonic() - began < 5


def test_a_silent_stream_goes_on_over_another_connection() -> None:
    def falls_silent(call: FakeCall) -> None:
        call.send(FakeReply(200, CONTENT, CAN_RANGES).raw[:1_000_000])
        time.sleep(3)

    with FakeServer(falls_silent, ServedPart(CONTENT)) as peer, part_of(peer).open() as stream:
        assert everything(stream) == CONTENT
        assert peer.connections == 2


def test_a_reader_that_takes_its_time_cuts_nothing() -> None:
    with FakeServer(ServedPart(CONTENT)) as peer, part_of(peer).open() as stream:
        first = stream.read(1000)
        time.sleep(1)
        assert first + everything(stream) == CONTENT
        assert peer.connections == 1


def test_drips_are_cut_in_the_end(settings: LazySettings) -> None:
    settings.WHARF_PEER_SLOW_AFTER = 0.4
    before = HEAD + b'Content-Length: 99999999\r\nETag: "one"\r\nAccept-Ranges: bytes\r\n\r\n'
    with FakeServer(drips(before, b"x")) as peer, part_of(peer).open() as stream, pytest.raises(StreamInterrupted):
        everything(stream)


@pytest.mark.alone
def test_a_head_that_comes_by_drips_is_cut() -> None:
    began = time.monotonic()
    with FakeServer(drips(HEAD, b"X: y\r\n")) as peer, pytest.raises(StreamInterrupted):
        RemoteStream(part_of(peer).url, 0, "", answer=0.3)
    assert time.monotonic() - began < 5


def test_breaks_without_progress_come_to_an_end() -> None:
    with FakeServer(ServedPart(CONTENT, breaks=(1_000_000,) + (10,) * 1000)) as peer, part_of(peer).open() as stream:
        with pytest.raises(StreamInterrupted, match="It was tried"):
            everything(stream)
        assert peer.connections < 10


def test_breaks_with_progress_may_be_many() -> None:
    with FakeServer(ServedPart(CONTENT, breaks=(70_000,) * 30)) as peer, part_of(peer).open() as stream:
        assert everything(stream) == CONTENT
        assert peer.connections == 31


def test_a_peer_that_restarts_is_waited_for() -> None:
    down = FakeReply(503)
    with FakeServer(down, down, ServedPart(CONTENT, breaks=(500_000,)), down, b"", ServedPart(CONTENT)) as peer:
        with part_of(peer).open() as stream:
            assert everything(stream) == CONTENT
        assert peer.connections == 6


@pytest.mark.parametrize(("status", "temporary"), [(404, False), (410, False), (409, True)])
def test_a_part_that_is_gone_is_no_archive(status: int, temporary: bool) -> None:
    with FakeServer(ServedPart(CONTENT, breaks=(1_000_000,)), FakeReply(status)) as peer:
        with part_of(peer).open() as stream, pytest.raises(NoArchive) as gone:
            everything(stream)
        assert gone.value.temporary is temporary
        with pytest.raises(NoArchive):
            part_of(peer).open()


def test_a_part_that_sends_less_than_it_says_is_fetched_on() -> None:
    cut = FakeReply(200, CONTENT[:1_000_000], headers=CAN_RANGES, length=len(CONTENT))
    named = CAN_RANGES | {"Content-Range": "bytes 1000000-1999999/3000000"}
    middle = FakeReply(206, CONTENT[1_000_000:2_000_000], named)
    for answers in ((cut,), (cut, middle)):
        with FakeServer(*answers, ServedPart(CONTENT)) as peer, part_of(peer).open() as stream:
            assert everything(stream) == CONTENT
            assert peer.connections == len(answers) + 1


def test_a_part_that_sends_more_than_it_says_is_interrupted() -> None:
    more = FakeReply(206, CONTENT, {"Content-Range": "bytes 1000-1999/2000", "ETag": '"one"'})
    peer = FakeServer(more)
    with peer, part_of(peer).open(1000, '"one"') as stream, pytest.raises(StreamInterrupted, match="more than it had"):
        everything(stream)


def test_a_compressed_part_is_no_archive() -> None:
    packed = FakeReply(200, b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    with FakeServer(packed) as peer, pytest.raises(NoArchive, match="compressed"):
        part_of(peer).open()


def test_a_part_at_a_private_address_is_not_fetched(settings: LazySettings) -> None:
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.1/32"]
    with FakeServer(ServedPart(CONTENT), host="127.0.0.2") as private:
        with FakeServer(redirect(private.url)) as peer, pytest.raises(NoArchive, match="not public"):
            part_of(peer).open()
        assert private.connections == 0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (FakeReply(401), "The export is not there any more, or this link does not open it (401). Ask for a new export"),
        (FakeReply(404), "The export is not there any more, or this link does not open it (404). Ask for a new export"),
        (gone_to("https://new.example/"), "has moved to https://new.example/. Ask for a new export there."),
        (FakeReply(410), "has moved, or is gone. If the account has moved, ask for a new export where it is now."),
    ],
)
def test_a_part_that_is_not_there_any_more_is_no_matter_of_tokens(answer: FakeReply, said: str) -> None:
    with FakeServer(answer) as peer, pytest.raises(NoArchive) as none:
        part_of(peer).open()
    assert said in none.value.sentence
    assert "token" not in none.value.sentence
