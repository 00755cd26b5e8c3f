"""Archives that swell, or never end, are noticed at bounded memory."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from dataclasses import replace
from struct import pack

import pytest

from moves.archives.incoming import (
    ArchiveCut,
    ArchiveError,
    ArchiveRefused,
    ArchiveTally,
    EntryRefused,
    NotAnArchive,
)
from moves.archives.incoming.decoders import LARGEST_DICTIONARY
from tests.support.hostile import (
    BODIES,
    DEFAULTS,
    FULL,
    MIB,
    UTF8,
    WHOLE,
    Zip,
    at_most,
    code_of,
    listed,
    local,
    opened,
    read,
    tar_header,
)

ZEROS = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
BLOCK_OF_ZEROS = ZEROS.compress(bytes(64 * MIB)) + ZEROS.flush(zlib.Z_FULL_FLUSH)  # 64 KiB


@pytest.mark.parametrize("layout", ["sizes before", "sizes behind"])
def test_a_bomb_is_noticed_before_it_is_large(layout: str) -> None:
    packed, size = len(BLOCK_OF_ZEROS) * 160 + 2, 160 * 64 * MIB
    flags, facts = (UTF8, (1, packed, FULL)) if layout == "sizes before" else (UTF8 | 8, (0, 0, 0))
    extra = pack("<2HQ", 1, 8, size) if layout == "sizes before" else b""
    bomb = local("bomb", 8, flags, facts, extra)
    tally = ArchiveTally()
    given = 0
    with at_most(16):
        found = opened(bomb, (BLOCK_OF_ZEROS, 160), b"\3\0", tally=tally)
        entry = next(found)
        with pytest.raises(EntryRefused) as caught:
            for chunk in entry.chunks():
                given += len(chunk)
        assert caught.value.problem.code == "entry_swells"
        with pytest.raises(ArchiveError) as ended:
            next(found)
    assert given < 128 * MIB
    assert tally.unpacked < 512 * MIB
    assert ended.value.problem.code == ("archive_cut" if layout == "sizes before" else "archive_swells")


def test_behind_a_bomb_of_known_size_the_rest_is_read() -> None:
    bomb = Zip().add("bomb", b"", raw=BLOCK_OF_ZEROS * 2 + b"\3\0", size=128 * MIB)
    bomb.add("liar", b"", raw=BLOCK_OF_ZEROS * 2 + b"\3\0", size=5).add("good", b"1")
    limits = replace(DEFAULTS, largest_document=256 * MIB)
    assert read(bomb.whole(), limits=limits) == {"bomb": "entry_swells", "liar": "sizes_lie", "good": b"1"}


def test_many_small_bombs_are_one_large() -> None:
    made = Zip()
    raw = BLOCK_OF_ZEROS + b"\3\0"
    for number in range(9):
        made.add(str(number), b"", raw=raw, size=64 * MIB, crc32=zlib.crc32(bytes(64 * MIB)))
    tally = ArchiveTally()
    assert code_of(made.whole(), tally=tally) == "archive_swells"
    assert tally.unpacked < 6 * 64 * MIB


def test_a_bomb_in_a_gzip_is_noticed() -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    first = deflate.compress(tar_header(b"zeros", 8 * 1024 * MIB - 1)) + deflate.flush(zlib.Z_FULL_FLUSH)
    with at_most(16), pytest.raises(ArchiveRefused) as caught:
        list(opened(first, (BLOCK_OF_ZEROS, 128)))
    assert caught.value.problem.code == "archive_swells"


@pytest.mark.parametrize("compress", [bz2.compress, lzma.compress])
def test_so_is_one_that_is_packed_otherwise(compress: Callable[[bytes], bytes]) -> None:
    bomb = compress(tar_header(b"zeros", 8 * 1024 * MIB - 1) + bytes(96 * MIB))
    with at_most(32), pytest.raises(ArchiveRefused) as caught:
        list(opened(bomb, limits=replace(DEFAULTS, most_ratio=10)))
    assert caught.value.problem.code == "archive_swells"


def test_what_takes_too_much_memory_is_not_unpacked() -> None:
    wide = lzma.compress(b"text", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2 * LARGEST_DICTIONARY}])
    with pytest.raises(NotAnArchive) as caught:
        read(wide)
    assert caught.value.problem.code == "dictionary_too_large"
    raw = pack("<2BHBL", 9, 20, 5, 0x5D, 2 * LARGEST_DICTIONARY) + bytes(9)
    made = Zip().add("wide", b"text", method=14, raw=raw).add("good", b"1").whole()
    assert read(made) == {"wide": "dictionary_too_large", "good": b"1"}


def test_what_packs_well_and_is_small_is_no_bomb() -> None:
    body = bytes(20 * MIB)
    assert read(Zip().add("zeros", body).add("again", body, descriptor="signed32").whole()) == {
        "zeros": body,
        "again": body,
    }


def test_a_document_of_10_gib_is_refused_and_the_rest_is_read() -> None:
    size = 10 * 1024 * MIB
    small = Zip().add("small.json", b"{}")
    first = local("large.json", 0, UTF8, (1, FULL, FULL), pack("<2H2Q", 1, 16, size, size))
    with at_most(16):
        seen = []
        with pytest.raises(ArchiveCut):
            for item in listed(first, (bytes(MIB), 10 * 1024), bytes(small.packed)):
                seen.append(item)  # noqa: PERF402 - what came before the cut counts
    assert seen == [("large.json", "document_too_large"), ("small.json", b"{}")]


def test_a_streamed_document_that_never_ends_is_refused() -> None:
    limits = replace(DEFAULTS, largest_document=MIB)
    deflate = zlib.compressobj(0, zlib.DEFLATED, -zlib.MAX_WBITS)
    noise = deflate.compress(bytes(MIB)) + deflate.flush(zlib.Z_FULL_FLUSH)
    found = opened(local("endless.json", 8, UTF8 | 8, (0, 0, 0)), (noise, 64), limits=limits)
    entry = next(found)
    with at_most(8), pytest.raises(EntryRefused) as caught:
        entry.whole(limits.largest_document)
    assert caught.value.problem.code == "document_too_large"
    with pytest.raises(ArchiveCut):
        next(found)


@pytest.mark.parametrize("kind", WHOLE)
def test_too_many_entries_are_refused_over_all_parts(kind: str) -> None:
    limits = replace(DEFAULTS, most_entries=5)
    tally = ArchiveTally()
    assert read(WHOLE[kind], limits=limits, tally=tally) == BODIES
    assert code_of(WHOLE[kind], limits=limits, tally=tally) == "too_many_entries"
    assert tally.entries == 6


@pytest.mark.parametrize("kind", WHOLE)
def test_too_many_bytes_are_refused(kind: str) -> None:
    assert code_of(WHOLE[kind], limits=replace(DEFAULTS, most_bytes=600)) == "too_many_bytes"


def test_millions_of_entries_take_no_memory() -> None:
    made = Zip().add("a", b"1", method=0)
    limits = replace(DEFAULTS, most_entries=50_000)
    with at_most(8):
        assert code_of((bytes(made.packed) * 1000, 10_000), limits=limits) == "too_many_entries"


def test_a_directory_that_never_ends_is_refused() -> None:
    made = Zip().add("a", b"1")
    with at_most(8):
        assert code_of(bytes(made.packed), (made.listed[0] * 1000, 10_000)) == "too_many_entries"
