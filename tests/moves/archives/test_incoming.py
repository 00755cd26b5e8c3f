"""Archives that come in, as honest programs write them: whatever way they choose, the same entries are read."""

import io
import lzma
import random
import shutil
import subprocess
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from struct import pack

import httpx
import pytest

from moves.archives.incoming import ArchiveTally, EntryDamaged, Limits, entries
from moves.imports.placing.staging import EntryBytes
from tests.support.exporter import Exporter, Person, file_item
from tests.support.hostile import (
    DEFAULTS,
    FULL,
    MIB,
    TAR_END,
    UTF8,
    PiecewiseLine,
    Zip,
    deflated,
    described,
    end64,
    listed,
    listing,
    local,
    opened,
    padded,
    pax,
    read,
    tar_header,
)
from tests.support.one_way_line import OneWayLine
from tests.support.takeout import TakeOut, untarred, unzipped

NOISE = random.Random(1).randbytes(1_500_000)  # noqa: S311 - it only must not pack
FILES = {
    "a.txt": b"hello",
    "empty": b"",
    "sub/naïve 文件.txt": b"text " * 1_000,
    "sub/noise": NOISE + bytes(1_500_000),
    "n" * 90 + "/" + "é" * 45: b"far",
}


def zipped(method: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, body in FILES.items():
            archive.writestr(name, body)
    return made.getvalue()


def zipped_to_a_pipe(*, zip64: bool, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    pipe = OneWayLine()
    with zipfile.ZipFile(pipe, "w", method) as archive:
        for name, body in FILES.items():
            with archive.open(name, "w", force_zip64=zip64) as file:
                file.write(body)
    return bytes(pipe.held)


def tarred(mode: str, layout: int) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode, format=layout) as archive:  # type: ignore[call-overload]
        for name, body in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return made.getvalue()


MADE: dict[str, Callable[[], bytes]] = {
    "zip, stored": lambda: zipped(zipfile.ZIP_STORED),
    "zip, deflated": lambda: zipped(zipfile.ZIP_DEFLATED),
    "zip, bzip2": lambda: zipped(zipfile.ZIP_BZIP2),
    "zip, LZMA": lambda: zipped(zipfile.ZIP_LZMA),
    "zip, LZMA, streamed": lambda: zipped_to_a_pipe(zip64=False, method=zipfile.ZIP_LZMA),
    "zip, streamed": lambda: zipped_to_a_pipe(zip64=False),
    "zip64, streamed": lambda: zipped_to_a_pipe(zip64=True),
    "ustar": lambda: tarred("w", tarfile.USTAR_FORMAT),
    "GNU tar": lambda: tarred("w", tarfile.GNU_FORMAT),
    "pax": lambda: tarred("w", tarfile.PAX_FORMAT),
    "pax, gzip": lambda: tarred("w:gz", tarfile.PAX_FORMAT),
    "pax, bzip2": lambda: tarred("w:bz2", tarfile.PAX_FORMAT),
    "pax, xz": lambda: tarred("w:xz", tarfile.PAX_FORMAT),
    "pax, lzma": lambda: lzma.compress(tarred("w", tarfile.PAX_FORMAT), lzma.FORMAT_ALONE),
}


@cache
def made_once(kind: str) -> bytes:
    return MADE[kind]()


@pytest.fixture(params=list(MADE))
def made(request: pytest.FixtureRequest) -> bytes:
    return made_once(request.param)


@pytest.mark.parametrize("at_once", [MIB, 4_099, 61])
def test_it_reads_what_python_writes_however_it_arrives(made: bytes, at_once: int) -> None:
    if at_once == 61:
        made = made[:1] + made[1:]
    line = PiecewiseLine(made, at_once=at_once)
    assert [(entry.name, entry.whole(MIB * 8)) for entry in entries(line, limits=DEFAULTS)] == list(FILES.items())


PROGRAMS = {
    "zip": "zip -qr - .",
    "zip into a file": "zip -qr ../made.zip . && cat ../made.zip",
    "zip, stored": "zip -q0r ../made.zip . && cat ../made.zip",
    "zip from a pipe": "zip -qr - . | cat",
    "bsdtar, zip": "bsdtar -cf - --format zip .",
    "bsdtar, zip, stored": "bsdtar -cf - --format zip --options zip:compression=store .",
    "bsdtar, pax": "bsdtar -cf - --format pax .",
    "bsdtar, gzip": "bsdtar -czf - .",
    "tar": "tar -cf - .",
    "tar, pax": "tar --format=pax -cf - .",
    "tar, ustar": "tar --format=ustar -cf - a.txt empty sub",
    "tar, v7": "tar --format=v7 -cf - a.txt empty",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_reads_what_other_programs_write(program: str, tmp_path: Path) -> None:
    command = PROGRAMS[program]
    if not shutil.which(command.split()[0]):
        pytest.skip(f"{command.split()[0]} is not installed")
    folder = tmp_path / "packed"
    for name, body in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    made = subprocess.run(command, shell=True, cwd=folder, capture_output=True, check=True).stdout  # noqa: S602
    found = read(made)
    files = {name: body for name, body in found.items() if not name.endswith("/")}
    wanted = {name: body for name, body in FILES.items() if name in files or "a.txt empty" not in command}
    assert files == wanted
    assert len(files) >= 2


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_it_reads_what_this_server_exports(exporter: Exporter, http: httpx.Client, ada: Person, form: str) -> None:
    for number in range(30):
        exporter.send_file("blobs", file_item(f"文 {number}.txt", "/root/" + "deep/" * 30), b"x" * number)
    exporter.send_file("blobs", file_item("large", "/root"), NOISE)
    take_out = TakeOut.made(http, ada, parts_size=1_000_000)
    for part in take_out.parts(format=form):
        packed = unzipped(part) if form == "zip" else untarred(part)
        assert read(part) == packed


def test_entries_say_where_they_are_and_one_can_go_on_at_each(made: bytes) -> None:
    found = []
    for entry in opened(made):
        body = entry.whole(MIB * 8)
        if entry.next_at is None:
            assert made[:2] in (b"\x1f\x8b", b"BZ", b"\xfd7", b"]\0")
            return
        if not entry.compressed:
            assert made[entry.data_at : entry.data_at + len(body)] == body
        found.append((entry.at, entry.next_at))
    names = list(FILES)
    for number, (at, next_at) in enumerate(found):
        assert [entry.name for entry in opened(made[at:], offset=at)] == names[number:]
        assert read(made[next_at:], offset=next_at) == {name: FILES[name] for name in names[number + 1 :]}


def test_one_can_go_on_inside_of_a_stored_entry() -> None:
    for made in (zipped(zipfile.ZIP_STORED), tarred("w", tarfile.PAX_FORMAT)):
        at = next(entry.at for entry in opened(made) if entry.name == "sub/noise")
        body = FILES["sub/noise"]
        for kept in (0, 1, 700_000, len(body)):
            rest = opened(made[at:], offset=at)
            entry = next(rest)
            entry.skip_to(kept, PiecewiseLine(made[entry.data_at + kept :]), zlib.crc32(body[:kept]))
            assert b"".join(entry.chunks()) == body[kept:]
            assert [other.name for other in rest] == [list(FILES)[-1]]
        rest = opened(made[at:], offset=at)
        entry = next(rest)
        entry.skip_to(9, crc32=zlib.crc32(body[:9]))
        assert b"".join(entry.chunks()) == body[9:]


def test_what_was_kept_of_an_entry_counts_for_its_checksum() -> None:
    made = zipped(zipfile.ZIP_STORED)
    entry = next(entry for entry in opened(made) if entry.name == "sub/noise")
    entry.skip_to(100, crc32=zlib.crc32(b"something else was kept"))
    with pytest.raises(EntryDamaged) as caught:
        list(entry.chunks())
    assert caught.value.problem.code == "crc_differs"


def test_nobody_goes_on_inside_of_a_packed_entry() -> None:
    entry = next(opened(zipped(zipfile.ZIP_DEFLATED)))
    with pytest.raises(ValueError, match="go on"):
        entry.skip_to(1)


def test_who_computes_the_checksum_anyway_hands_it_in() -> None:
    made = Zip().add("a", b"body", crc32=7).add("b", b"other", descriptor="signed32").whole()
    found = opened(made)
    first = next(found)
    assert b"".join(EntryBytes(first, 10, 0).chunks()) == b"body"
    with pytest.raises(EntryDamaged):
        first.confirm(zlib.crc32(b"body"))
    second = next(found)
    assert second.crc32 is None
    assert b"".join(EntryBytes(second, 10, 0).chunks()) == b"other"
    assert second.crc32 == zlib.crc32(b"other")
    second.confirm(zlib.crc32(b"other"))
    assert not list(found)


def test_content_that_is_larger_than_the_room_for_it_is_refused() -> None:
    found = opened(Zip().add("a", b"body", descriptor="signed32").add("b", b"other").whole())
    with pytest.raises(EntryDamaged) as caught:
        list(EntryBytes(next(found), 3, 0).chunks())
    assert caught.value.problem.code == "size_differs"
    assert next(found).whole(9) == b"other"


def test_what_nobody_reads_is_skipped(made: bytes) -> None:
    assert [entry.name for entry in opened(made)] == list(FILES)
    names = []
    for entry in opened(made):
        next(iter(entry.chunks()), None)  # and no more
        names.append(entry.name)
    assert names == list(FILES)


def test_a_stream_that_can_skip_does_so() -> None:
    class SkippingPipe(io.BytesIO):
        skipped = 0

        def skip(self, size: int) -> None:
            self.skipped += size
            self.seek(size, io.SEEK_CUR)

    stream = SkippingPipe(Zip().add("large", bytes(8 * MIB), method=0).add("small", b"1").whole())
    assert [entry.name for entry in entries(stream, limits=DEFAULTS)] == ["large", "small"]
    assert stream.skipped > 6 * MIB


@pytest.mark.parametrize("layout", ["signed32", "bare32", "signed64", "bare64"])
@pytest.mark.parametrize("method", [8, 0])
def test_sizes_behind_an_entry_are_found_in_each_layout(layout: str, method: int) -> None:
    made = Zip()
    bodies = {"text": b"text " * 9, "empty": b"", "nul": bytes(99), "signature": b"PK\7\x08PK\3\4PK\1\2" * 3}
    for name, body in bodies.items():
        known = (zlib.crc32(body), len(body), len(body)) if method == 0 else (0, 0, 0)
        made.add(name, body, method=method, descriptor=layout, header=known)
    assert read(made.whole()) == bodies
    assert [entry.name for entry in opened(made.whole())] == list(bodies)


def test_names_come_in_the_encodings_that_are_out_there() -> None:
    field = pack("<BL", 1, zlib.crc32(b"caf?")) + "café".encode()
    stale = pack("<BL", 1, 7) + b"other"
    made = (
        Zip()
        .add("naïve.txt".encode(), b"1", flags=UTF8)
        .add("naïf.txt".encode(), b"2", flags=0)
        .add("fianc\N{LATIN SMALL LETTER E WITH ACUTE}".encode("cp437"), b"3", flags=0)
        .add(b"caf?", b"4", flags=0, extra=pack("<2H", 0x5455, 1) + b"\0" + pack("<2H", 0x7075, len(field)) + field)
        .add(b"plain", b"5", flags=0, extra=pack("<2H", 0x7075, len(stale)) + stale)
        .add(b"padded", b"6", flags=0, extra=b"\0\0\0")
        .whole()
    )
    names = ["naïve.txt", "naïf.txt", "fiancé", "café", "plain", "padded"]
    assert [(name, body) for name, body in read(made).items()] == [(n, b"%d" % i) for i, n in enumerate(names, 1)]


@cache
def large_pieces(copies: int) -> tuple[bytes, int]:
    """A mebibyte, and the CRC-32 of so many of it."""
    piece, crc32 = NOISE[:MIB], 0
    for _ in range(copies):
        crc32 = zlib.crc32(piece, crc32)
    return piece, crc32


def test_a_stored_entry_of_more_than_4_gib_is_read_in_little_memory() -> None:
    copies = 4_100
    piece, crc32 = large_pieces(copies)
    size = copies * MIB
    first = local("large", 0, UTF8, (crc32, FULL, FULL), pack("<2H2Q", 1, 16, size, size))
    after = Zip().add("small", b"1")
    at = len(first) + size
    directory = listing("large", 0, UTF8, (crc32, size, size), 0)
    directory += listing("small", 8, UTF8, (zlib.crc32(b"1"), len(deflated(b"1")), 1), at)
    end = end64(2, len(directory), at + len(after.packed))
    tracemalloc.start()
    seen = []
    for entry in opened(first, (piece, copies), bytes(after.packed), directory, end):
        assert entry.problem is None, entry.problem
        seen.append((entry.name, sum(len(chunk) for chunk in entry.chunks())))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == [("large", size), ("small", 1)]
    assert peak < 16 * MIB


def test_a_streamed_entry_of_more_than_4_gib_is_read_in_little_memory() -> None:
    """As Go's archive/zip, and so a Cozy, writes it: no sizes in the header, eight bytes for each behind."""
    copies = 4_100
    piece, crc32 = large_pieces(copies)
    deflate = zlib.compressobj(0, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = deflate.compress(piece) + deflate.flush(zlib.Z_FULL_FLUSH)
    packed, size = len(block) * copies + 2, copies * MIB
    first = local("large", 8, UTF8 | 8, (0, 0, 0))
    behind = b"\3\0" + described("signed64", crc32, packed, size)
    after = Zip().add("small", b"1", descriptor="signed32")
    at = len(first) + packed - 2 + len(behind)
    directory = listing("large", 8, UTF8 | 8, (crc32, packed, size), 0)
    directory += listing("small", 8, UTF8 | 8, (zlib.crc32(b"1"), len(deflated(b"1")), 1), at)
    end = end64(2, len(directory), at + len(after.packed))
    tracemalloc.start()
    seen = []
    for entry in opened(first, (block, copies), behind, bytes(after.packed), directory, end):
        assert entry.problem is None, entry.problem
        seen.append((entry.name, sum(len(chunk) for chunk in entry.chunks()), entry.size))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == [("large", size, size), ("small", 1, 1)]
    assert peak < 16 * MIB


@pytest.mark.parametrize("said", ["pax", "base-256"])
def test_a_tar_with_more_than_8_gib_is_read(said: str) -> None:
    copies = 8_200
    size = copies * MIB
    if said == "pax":
        header = pax(size=str(size)) + tar_header(b"large")
    else:
        header = tar_header(b"large", b"\x80" + size.to_bytes(11, "big"))
    small = tar_header(b"small", 1) + padded(b"1")
    found = opened(header, (NOISE[:MIB], copies), small, TAR_END)
    assert [(entry.name, entry.size) for entry in found] == [("large", size), ("small", 1)]


def test_a_global_header_of_a_tar_counts_for_all_that_follow() -> None:
    made = pax(b"g", comment="made by hand") + tar_header(b"a", 1) + padded(b"1")
    assert [entry.next_at for entry in opened(made, TAR_END)] == [2048]
    made = pax(b"g", path="named/by/it") + tar_header(b"a", 1) + padded(b"1") + tar_header(b"b", 1) + padded(b"2")
    assert [(entry.name, entry.next_at) for entry in opened(made, TAR_END)] == [("named/by/it", None)] * 2


def test_what_an_import_brings_is_counted_over_its_parts() -> None:
    tally = ArchiveTally()
    part = Zip().add("a", b"12345" * 99).add("b", b"1").whole()
    for _ in range(2):
        list(listed(part, tally=tally))
    assert (tally.entries, tally.unpacked) == (4, 2 * 496)
    assert 0 < tally.packed < 2 * len(part)


def test_an_archive_without_entries_is_one() -> None:
    assert read(Zip().whole()) == {}
    assert read(TAR_END) == {}


def test_an_archive_in_an_archive_is_a_file() -> None:
    inner = Zip().add("inner", b"1").whole()
    for method in (0, 8):
        assert read(Zip().add("a.zip", inner, method=method, descriptor="signed32" if method else None).whole()) == {
            "a.zip": inner
        }


def test_the_limits_are_those_of_the_settings(settings: object) -> None:
    settings.WHARF_IMPORT_MOST_ENTRIES = 3  # type: ignore[attr-defined]
    assert Limits.configured() == Limits(3, 0, 200, 64 * MIB)
