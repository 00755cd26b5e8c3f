"""Tars with links, holes, exabytes and headers that are none."""

import gzip

import pytest

from moves.archives.incoming import (
    ArchiveCut,
)
from tests.support.hostile import (
    BODIES,
    MIB,
    TAR_END,
    WHOLE,
    at_most,
    code_of,
    listed,
    opened,
    padded,
    pax,
    read,
    tar_header,
)


def test_links_and_devices_in_a_tar_are_reported_and_the_rest_is_read() -> None:
    kinds = {b"1": "link", b"2": "link", b"3": "special_file", b"4": "special_file", b"6": "special_file"}
    made = b"".join(tar_header(b"entry" + kind, 9, kind) for kind in kinds)
    made += tar_header(b"unknown", 3, b"V") + padded(b"abc") + tar_header(b"good", 1) + padded(b"1") + TAR_END
    assert [body for _, body in listed(made)] == [*kinds.values(), "kind_unknown", b"1"]


def test_sparse_files_in_a_tar_are_reported_and_the_rest_is_read() -> None:
    good = tar_header(b"good", 1) + padded(b"1") + TAR_END
    old = tar_header(b"old", 3, b"S", extended=1, magic=b"ustar  \0") + bytes(504) + b"\1" + bytes(7) + bytes(512)
    assert read(old + padded(b"abc") + good) == {"old": "sparse_file", "good": b"1"}
    new = pax(GNU_sparse_major="1", GNU_sparse_name="new") + tar_header(b"new", 3) + padded(b"abc")
    assert read(new + good) == {"new": "sparse_file", "good": b"1"}


@pytest.mark.parametrize(
    "header",
    [
        tar_header(b"a", b"\xff" * 12),
        tar_header(b"a", b"-0000000001\0"),
        tar_header(b"a", b"12345678901\0"),
        tar_header(b"a", b"1_000000000\0"),
        tar_header(b"a", checksum=1),
        pax(size="-1") + tar_header(b"a"),
        pax(size="1e9") + tar_header(b"a"),
        tar_header(b"x", 9, b"x") + padded(b"99 path=a\n") + tar_header(b"a"),
        tar_header(b"x", 9, b"x") + padded(b"9 path=aa") + tar_header(b"a"),
        tar_header(b"x", 9, b"x") + padded(b"x path=a\n") + tar_header(b"a"),
        tar_header(b"x", 9, b"x") + padded(b"9 pathaa\n") + tar_header(b"a"),
        pax(comment="x") * 20 + tar_header(b"a"),
        b"not a header".ljust(512),
    ],
)
def test_headers_of_a_tar_that_are_none_end_it(header: bytes) -> None:
    first = tar_header(b"first", 1) + padded(b"1")
    assert code_of(first + header + TAR_END) == "entry_missing"


def test_a_tar_that_says_it_has_exabytes_is_cut() -> None:
    with pytest.raises(ArchiveCut):
        list(opened(tar_header(b"a", b"\x80" + b"\x7f" * 11) + bytes(999)))


def test_a_name_of_a_gibibyte_takes_no_memory() -> None:
    for kind in (b"L", b"x", b"K"):
        header = tar_header(b"x", 1024 * MIB, kind)
        rest = tar_header(b"a", 1) + padded(b"1") + tar_header(b"good", 1) + padded(b"2") + TAR_END
        with at_most(16):
            assert [body for _, body in listed(header, (b"9" * MIB, 1024), rest)] == ["name_too_long", b"2"]


def test_checksums_of_signed_bytes_are_taken() -> None:
    block = bytearray(tar_header("é".encode(), 1))
    total = sum(block[:148]) + sum(block[156:]) + 256
    block[148:156] = b"%06o\0 " % (total - 512)
    assert read(bytes(block) + padded(b"1") + TAR_END) == {"é": b"1"}


def test_a_gzip_that_is_damaged_says_so() -> None:
    whole = bytearray(gzip.compress(WHOLE["tar"] + bytes(range(256)) * 99))
    whole[40] ^= 0xFF
    assert code_of(bytes(whole)) in ("gzip_damaged", "entry_missing", "not_an_archive")


def test_a_gzip_of_several_members_is_one() -> None:
    whole = WHOLE["tar"]
    assert read(gzip.compress(whole[:700]) + gzip.compress(whole[700:]) + bytes(99)) == BODIES
