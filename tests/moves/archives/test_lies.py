"""Zips that say of their entries what is not so: they are reported, and the rest is read."""

import zlib
from typing import Any

import pytest

from moves.archives.incoming import (
    ArchiveDamaged,
    EntryDamaged,
    EntryRefused,
)
from tests.support.hostile import (
    ENCRYPTED,
    FULL,
    TAR_END,
    UTF8,
    Zip,
    code_of,
    deflated,
    described,
    end64,
    listed,
    local,
    opened,
    padded,
    read,
    tar_header,
)

# Lies


@pytest.mark.parametrize("size", [4, 6, 0, 2**31])
@pytest.mark.parametrize("how", [{}, {"descriptor": "signed32"}, {"descriptor": "bare64"}])
def test_sizes_that_lie_are_reported_and_the_rest_is_read(size: int, how: dict[str, Any]) -> None:
    made = Zip().add("liar", b"12345", size=size, **how).add("good", b"1").whole()
    swells = size == 2**31 and not how  # it says so before
    assert read(made) == {"liar": "entry_swells" if swells else "sizes_lie", "good": b"1"}


def test_sizes_behind_an_entry_that_differ_from_it_are_reported() -> None:
    body, raw = b"12345", deflated(b"12345")
    packed_lies = described("signed32", zlib.crc32(body), len(raw) + 1, len(body))
    size_lies = described("signed32", zlib.crc32(body), len(body), len(body) + 1)
    made = Zip().add("deflated", body, descriptor=packed_lies, lists={"packed": len(raw)})
    made.add("stored", body, method=0, descriptor=size_lies, header=(0, 5, 5), lists={"size": 6}).add("good", b"1")
    assert read(made.whole()) == {"deflated": "sizes_lie", "stored": "sizes_lie", "good": b"1"}


def test_a_checksum_that_differs_is_reported_and_the_rest_is_read() -> None:
    for how in ({}, {"descriptor": "signed32"}, {"method": 0}):
        made = Zip().add("damaged", b"12345", crc32=7, **how).add("good", b"1").whole()
        assert read(made) == {"damaged": "crc_differs", "good": b"1"}


def test_packed_bytes_that_end_early_late_or_never_are_reported() -> None:
    raw = deflated(b"12345")
    made = Zip().add("early", b"12345", raw=raw + b"more").add("late", b"12345", raw=raw[:-1]).add("good", b"1")
    made.add("broken", b"12345", raw=b"\xff" * 9).add("better", b"2")
    assert read(made.whole()) == {
        "early": "sizes_lie",
        "late": "entry_damaged",
        "good": b"1",
        "broken": "entry_damaged",
        "better": b"2",
    }


def test_behind_a_streamed_entry_that_is_broken_nothing_is_read() -> None:
    made = Zip().add("broken", b"12345", raw=b"\xff" * 9, descriptor="signed32").add("good", b"1")
    found = opened(made.whole())
    with pytest.raises(EntryDamaged):
        next(found).whole(9)
    with pytest.raises(ArchiveDamaged) as caught:
        next(found)
    assert caught.value.problem.code == "end_unknown"
    assert "'broken'" in caught.value.problem.sentence


def test_a_streamed_entry_without_its_sizes_ends_the_archive() -> None:
    made = Zip().add("bare", b"12345", descriptor=b"").add("good", b"1")
    assert code_of(made.whole()) == "descriptor_missing"


def test_an_entry_that_does_not_say_where_it_ends_is_reported_and_ends_the_archive() -> None:
    found = opened(Zip().add("open", b"12345", method=0, descriptor="signed32").add("good", b"1").whole())
    problem = next(found).problem
    assert problem is not None
    assert problem.code == "end_unknown"
    with pytest.raises(ArchiveDamaged):
        next(found)
    assert code_of(local("wide", 0, UTF8, (1, FULL, FULL)) + bytes(99)) == "end_unknown"


def test_what_is_encrypted_or_packed_otherwise_is_reported() -> None:
    made = Zip().add("locked", b"12345", flags=UTF8 | ENCRYPTED).add("deflate64", b"12345", method=9, size=99)
    made.add("locked too", b"12345", method=0, flags=UTF8 | ENCRYPTED, descriptor="signed32", header=(0, 5, 5))
    made.add("good", b"1")
    assert read(made.whole()) == {
        "locked": "encrypted",
        "deflate64": "method_unknown",
        "locked too": "encrypted",
        "good": b"1",
    }
    with pytest.raises(EntryRefused):
        next(opened(made.whole())).whole(9)


# The directory at the end


def remark_of(made: bytes) -> str:
    found = list(listed(made))
    assert found[0] == ("a", b"1")
    assert found[-1][0] == ""
    *_, last, remark = opened(made)
    again = opened(made[remark.at :], offset=remark.at)  # the end is read again
    assert remark.at == remark.next_at == last.next_at
    assert all(entry.name == "" for entry in again)
    assert len([name for name, _ in found if not name]) == 1
    return str(found[-1][1])


@pytest.mark.parametrize(
    "lists", [None, {"name": b"b"}, {"crc32": 1}, {"size": 3}, {"packed": 9}, {"at": 5}, {"at": 2**33}]
)
def test_a_directory_that_lists_others_is_reported(lists: dict[str, int] | None) -> None:
    assert remark_of(Zip().add("a", b"1").add("c", b"2", lists=lists).whole()) == "directory_differs"


def test_a_directory_in_another_order_is_none_to_report() -> None:
    made = Zip().add("a", b"1").add("c", b"2")
    made.listed.reverse()
    assert read(made.whole()) == {"a": b"1", "c": b"2"}


def test_a_directory_whose_entries_overlap_is_reported() -> None:
    made = Zip().add("a", b"1")
    made.listed *= 9
    assert remark_of(made.whole()) == "directory_differs"


@pytest.mark.parametrize("said", [{"count": 5}, {"size": 5}, {"at": 5}])
def test_an_end_that_says_otherwise_is_reported(said: dict[str, int]) -> None:
    assert remark_of(Zip().add("a", b"1").whole(**said)) == "end_differs"


def test_an_end_of_a_large_zip_that_says_otherwise_is_reported() -> None:
    made = Zip().add("a", b"1")
    records = b"".join(made.listed)
    at = len(made.packed)
    for lie in (end64(2, len(records), at), end64(1, len(records), at + 1), end64(1, len(records), at)[56:]):
        assert remark_of(bytes(made.packed) + records + lie) == "end_differs"
    assert read(bytes(made.packed) + records + end64(1, len(records), at)) == {"a": b"1"}


def test_links_in_a_zip_are_reported() -> None:
    assert remark_of(Zip().add("a", b"1").add("link", b"/etc", lists={"mode": 0o120777}).whole()) == "links_as_files"


def test_bytes_behind_the_end_are_reported_and_never_read() -> None:
    assert remark_of(Zip().add("a", b"1").whole() + b"more") == "bytes_behind"
    assert remark_of(tar_header(b"a", 1) + padded(b"1") + TAR_END + b"more") == "bytes_behind"
    assert read(Zip().add("a", b"1").whole() + bytes(9999)) == {"a": b"1"}


def test_bytes_between_entries_are_reported() -> None:
    made = Zip().add("a", b"1")
    made.packed += b"between"
    assert code_of(made.add("b", b"2").whole()) == "entry_missing"
    assert code_of(bytes(made.packed) + made.listed[0] + bytes(99)) == "entry_missing"
