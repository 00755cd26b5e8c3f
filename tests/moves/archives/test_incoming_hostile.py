"""Archives that come in damaged, or made to do harm: each ends with a sentence that says so, at bounded memory."""

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from struct import pack
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moves.archives.incoming import (
    ArchiveCut,
    ArchiveDamaged,
    ArchiveError,
    ArchiveRefused,
    ArchiveTally,
    EntryDamaged,
    EntryRefused,
    NotAnArchive,
)
from tests.support.hostile import (
    DEFAULTS,
    ENCRYPTED,
    FULL,
    LISTED,
    LOCAL,
    MIB,
    TAR_END,
    UTF8,
    Zip,
    deflated,
    described,
    end64,
    listed,
    local,
    opened,
    padded,
    pax,
    read,
    tar_header,
)

BODIES = {"a": b"hello " * 40, "b/c": bytes(range(256)) * 3, "d": b""}


def _zip(**how: object) -> bytes:
    made = Zip()
    for name, body in BODIES.items():
        made.add(name, body, **how)  # type: ignore[arg-type]
    return made.whole()


def _tar() -> bytes:
    files = b"".join(pax(path=name) + tar_header(b"x", len(body)) + padded(body) for name, body in BODIES.items())
    return files + TAR_END


WHOLE = {
    "deflated": _zip(),
    "stored": _zip(method=0),
    "streamed": _zip(descriptor="signed32"),
    "streamed without signature": _zip(descriptor="bare64"),
    "tar": _tar(),
    "gzip": gzip.compress(_tar(), mtime=0),
}


@contextmanager
def at_most(mebibytes: int) -> Iterator[None]:
    """Holds no more memory than that at any moment."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < mebibytes * MIB
    finally:
        tracemalloc.stop()


def code_of(*pieces: bytes | tuple[bytes, int], **how: object) -> str:
    """What an archive ends with that does not end well."""
    with pytest.raises(ArchiveError) as caught:
        read(*pieces, **how)  # type: ignore[arg-type]
    assert caught.value.problem.sentence.endswith(".")
    return caught.value.problem.code


# Cut off and changed


@pytest.mark.parametrize("kind", WHOLE)
def test_whatever_is_cut_off_is_noticed(kind: str) -> None:
    whole = WHOLE[kind]
    assert read(whole) == BODIES
    # A tar may do with one of the two blocks at its end; and of those in a gzip some bytes more can be had.
    ends = {"tar": len(whole) - 512, "gzip": len(whole) - 8}.get(kind, len(whole))
    for length in range(ends):
        with pytest.raises(ArchiveError) as caught:
            read(whole[:length])
        assert isinstance(caught.value, ArchiveCut) or length < 512
        assert caught.value.problem.code in ("archive_cut", "empty", "not_an_archive")


@pytest.mark.parametrize("kind", WHOLE)
@settings(max_examples=300, deadline=None)
@given(random=st.data())
def test_whatever_is_changed_ends_with_a_sentence_or_with_what_was_packed(kind: str, random: st.DataObject) -> None:
    damaged = bytearray(WHOLE[kind])
    at = random.draw(st.integers(0, len(damaged) - 1))
    damaged[at] ^= random.draw(st.integers(1, 255))
    try:
        found = list(listed(bytes(damaged)))
    except ArchiveError as error:
        assert error.problem.sentence.endswith(".")
        return
    if kind != "tar":  # which has no checksum of the bytes
        assert {body for _, body in found if isinstance(body, bytes)} <= {*BODIES.values()}


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(sorted(WHOLE)),
    splices=st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 40),
            st.sampled_from([b"", LOCAL, LISTED, b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\5\5", b"\xff" * 9, bytes(600)]),
        ),
        min_size=1,
        max_size=6,
    ),
)
@example(kind="tar", splices=[(0.0, 0, b"")])
def test_whatever_is_put_in_its_place_ends_as_well(kind: str, splices: list[tuple[float, int, bytes]]) -> None:
    damaged = WHOLE[kind]
    for place, length, put in splices:
        at = int(place * len(damaged))
        damaged = damaged[:at] + put + damaged[at + length :]
    with at_most(8):
        try:
            read(damaged)
        except ArchiveError as error:
            assert error.problem.sentence.endswith(".")


@settings(max_examples=200, deadline=None)
@given(begin=st.sampled_from([b"", LOCAL, b"PK\5\6", b"\x1f\x8b\x08\0", b"PK\6\6"]), noise=st.binary(max_size=1500))
def test_noise_ends_as_well(begin: bytes, noise: bytes) -> None:
    for offset in (0, 99):
        try:
            found = read(begin + noise, offset=offset)
        except ArchiveError as error:
            assert error.problem.sentence.endswith(".")
        else:  # an end alone is an archive without entries
            assert not any(isinstance(body, bytes) for body in found.values())


# No archives


@pytest.mark.parametrize(
    ("bytes_of_it", "code"),
    [
        (b"", "empty"),
        (b"<html>" * 999, "not_an_archive"),
        (b"\x7fELF" + bytes(3000) + WHOLE["deflated"], "bytes_before"),
        (b"PK\7\x08" + WHOLE["deflated"], "split"),
        (b"PK00" + WHOLE["deflated"], "split"),
        (gzip.compress(b"text" * 999), "not_an_archive"),
        (gzip.compress(WHOLE["deflated"]), "not_an_archive"),
    ],
)
def test_what_is_no_archive_is_called_so(bytes_of_it: bytes, code: str) -> None:
    with pytest.raises(NotAnArchive) as caught:
        read(bytes_of_it)
    assert caught.value.problem.code == code


# Names


NAMES = {
    "../out": "name_unsafe",
    "a/../../out": "name_unsafe",
    "a/..": "name_unsafe",
    "./../out": "name_unsafe",
    "/etc/passwd": "name_unsafe",
    "//host/share": "name_unsafe",
    "..\\out": "name_unsafe",
    "a\\..\\..\\out": "name_unsafe",
    "\\\\host\\share": "name_unsafe",
    "\\windows": "name_unsafe",
    "C:\\windows": "name_unsafe",
    "c:windows": "name_unsafe",
    "C:/windows": "name_unsafe",
    "": "name_empty",
    "a" * 8_193: "name_too_long",
    "é" * 5_000: "name_too_long",
    "d/" * 257 + "a": "name_too_deep",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_out_are_reported_and_the_rest_is_read(name: str) -> None:
    made = Zip().add(name, b"1").add("good", b"2").add(name, b"3", descriptor="signed32").add("better", b"4").whole()
    assert [body for _, body in listed(made)] == [NAMES[name], b"2", NAMES[name], b"4"]
    if name:
        made = pax(path=name) + tar_header(b"x", 1) + padded(b"1") + tar_header(b"good", 1) + padded(b"2") + TAR_END
        assert [body for _, body in listed(made)] == [NAMES[name], b"2"]


def test_a_nul_in_a_name_is_reported() -> None:
    made = Zip().add("a.json\0.exe", b"1").add("good", b"2").whole()
    assert [body for _, body in listed(made)] == ["name_unsafe", b"2"]


def test_names_that_are_no_text_are_reported() -> None:
    made = Zip().add(b"caf\xe9", b"1").add("good", b"2").whole()
    assert [body for _, body in listed(made)] == ["name_unreadable", b"2"]
    made = tar_header(b"caf\xe9", 1) + padded(b"1") + tar_header(b"good", 1) + padded(b"2") + TAR_END
    assert [body for _, body in listed(made)] == ["name_unreadable", b"2"]


@pytest.mark.parametrize("name", ["a..b", "a/...", "..a", ".hidden", "a\\b", "a:b", "x/c:", "d/" * 200 + "a", "a//b"])
def test_names_that_only_look_odd_are_taken(name: str) -> None:
    if name == "a:b":
        name = "ab:c"  # one letter and a colon is a drive
    assert read(Zip().add(name, b"1").whole()) == {name: b"1"}


def test_the_same_name_twice_is_given_twice() -> None:
    made = Zip().add("a", b"1").add("a", b"2").whole()
    assert list(listed(made)) == [("a", b"1"), ("a", b"2")]


# More than there should be


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
    made = Zip().add("locked", b"12345", flags=UTF8 | ENCRYPTED).add("bzip2", b"12345", method=12, size=99)
    made.add("locked too", b"12345", method=0, flags=UTF8 | ENCRYPTED, descriptor="signed32", header=(0, 5, 5))
    made.add("good", b"1")
    assert read(made.whole()) == {
        "locked": "encrypted",
        "bzip2": "method_unknown",
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


# Tar


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
    whole = bytearray(gzip.compress(_tar() + bytes(range(256)) * 99))
    whole[40] ^= 0xFF
    assert code_of(bytes(whole)) in ("gzip_damaged", "entry_missing", "not_an_archive")


def test_a_gzip_of_several_members_is_one() -> None:
    whole = _tar()
    assert read(gzip.compress(whole[:700]) + gzip.compress(whole[700:]) + bytes(99)) == BODIES
