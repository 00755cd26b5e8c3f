"""Archives byte by byte: as programs write them that tests have not at hand, and as only an attacker does."""

import bz2
import gzip
import io
import lzma
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from struct import pack
from typing import Any

import pytest

from moves.archives.incoming import (
    ArchiveError,
    ArchiveTally,
    EntryDamaged,
    EntryRefused,
    IncomingEntry,
    Limits,
    entries,
)

MIB = 1024 * 1024
UTF8, STREAMED, ENCRYPTED = 1 << 11, 1 << 3, 1
FULL = 0xFFFFFFFF
LOCAL, LISTED, END, DESCRIPTOR = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\7\x08"
DEFAULTS = Limits(most_entries=100_000, most_bytes=0, most_ratio=200, largest_document=64 * MIB)


class PiecewiseLine:
    """Bytes as they come from a line: pieces, some of them many times, that nobody ever has in memory together."""

    def __init__(self, *pieces: bytes | tuple[bytes, int], at_once: int = MIB) -> None:
        self.taken = 0
        self._at_once = at_once
        self._pieces = _repeated(pieces)
        self._held = memoryview(b"")

    def read(self, size: int) -> bytes:
        if not self._held:
            self._held = memoryview(next(self._pieces, b""))
        piece = self._held[: min(size, self._at_once)]
        self._held = self._held[len(piece) :]
        self.taken += len(piece)
        return bytes(piece)


def _repeated(pieces: Iterable[bytes | tuple[bytes, int]]) -> Iterator[bytes]:
    for piece in pieces:
        body, times = piece if isinstance(piece, tuple) else (piece, 1)
        for _ in range(times):
            yield body


def deflated(body: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(body) + deflate.flush()


@dataclass
class Zip:
    """A zip in the making. What an entry says of itself can be said otherwise."""

    packed: bytearray = field(default_factory=bytearray)
    listed: list[bytes] = field(default_factory=list)

    def add(self, name: str | bytes, body: bytes = b"", *, method: int = 8, **said: Any) -> "Zip":
        """`said`: `crc32`, `packed`, `size`, `flags`, `extra`, `descriptor` (its bytes, or the name of a layout), `raw`
        (the bytes as they stand in the archive), `lists` (None for not at all, or what the directory says instead)."""
        raw = said.get("raw", deflated(body) if method == 8 else body)
        facts = (
            said.get("crc32", zlib.crc32(body)),
            said.get("packed", len(raw)),
            said.get("size", len(body)),
        )
        at = len(self.packed)
        descriptor = said.get("descriptor")
        flags = said.get("flags", UTF8) | (STREAMED if descriptor is not None else 0)
        first = said.get("header", (0, 0, 0) if descriptor is not None else facts)
        self.packed += local(name, method, flags, first, said.get("extra", b"")) + raw
        if isinstance(descriptor, str):
            descriptor = described(descriptor, *facts)
        self.packed += descriptor or b""
        lists = said.get("lists", {})
        if lists is not None:
            self.listed.append(listing(name, method, flags, facts, at, lists))
        return self

    def directory(self, **said: Any) -> bytes:
        records = b"".join(self.listed)
        count = said.get("count", len(self.listed)) & 0xFFFF
        at = said.get("at", len(self.packed))
        return records + pack("<4s4H2LH", END, 0, 0, count, count, said.get("size", len(records)), at, 0)

    def whole(self, **said: Any) -> bytes:
        return bytes(self.packed) + self.directory(**said)


def _bytes(name: str | bytes) -> bytes:
    return name.encode() if isinstance(name, str) else name


def local(name: str | bytes, method: int, flags: int, facts: tuple[int, int, int], extra: bytes = b"") -> bytes:
    """The header of an entry; `facts`: CRC-32, packed size, size."""
    raw = _bytes(name)
    return pack("<4s5H3L2H", LOCAL, 20, flags, method, 0, 33, *facts, len(raw), len(extra)) + raw + extra


def listing(
    name: str | bytes, method: int, flags: int, facts: tuple[int, int, int], at: int, said: dict[str, Any] | None = None
) -> bytes:
    """Its record in the directory, with a zip64 field for what is too large. `said`: what it says otherwise."""
    said = said or {}
    raw = said.get("name", _bytes(name))
    crc32, packed, size = said.get("crc32", facts[0]), said.get("packed", facts[1]), said.get("size", facts[2])
    at = said.get("at", at)
    large = [number for number in (size, packed, at) if number >= FULL]
    extra = pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    fixed = (
        min(packed, FULL),
        min(size, FULL),
        len(raw),
        len(extra),
        0,
        0,
        0,
        said.get("mode", 0) << 16,
        min(at, FULL),
    )
    return pack("<4s6H3L5H2L", LISTED, 3 << 8 | 20, 20, flags, method, 0, 33, crc32, *fixed) + raw + extra


def described(layout: str, crc32: int, packed: int, size: int) -> bytes:
    """What follows a streamed entry: `signed` or `bare`, with sizes of `32` or `64` bits."""
    signature = DESCRIPTOR if layout.startswith("signed") else b""
    return signature + pack("<LQQ" if layout.endswith("64") else "<3L", crc32, packed, size)


def end64(count: int, size: int, at: int) -> bytes:
    """The end of a zip that is too large for the plain one."""
    record = pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, at)
    locator = pack("<4sLQL", b"PK\6\7", 0, at + size, 1)
    return record + locator + pack("<4s4H2LH", END, 0, 0, 0xFFFF, 0xFFFF, FULL, FULL, 0)


def tar_header(name: bytes, size: int | bytes = 0, kind: bytes = b"0", **said: Any) -> bytes:
    """A header of a tar; `size` as a number or as the bytes of its field."""
    field_of_size = size if isinstance(size, bytes) else b"%011o\0" % size
    fields = [name.ljust(100, b"\0"), b"0000644\0", b"0000000\0" * 2, field_of_size, b"0" * 11 + b"\0", b" " * 8, kind]
    block = bytearray(b"".join(fields).ljust(257, b"\0") + said.get("magic", b"ustar\00000")).ljust(512, b"\0")
    block[482] = said.get("extended", 0)
    block[148:156] = b"%06o\0 " % (said.get("checksum", sum(block)))
    return bytes(block)


def padded(body: bytes) -> bytes:
    return body + bytes(-len(body) % 512)


def pax(kind: bytes = b"x", **records: str | bytes) -> bytes:
    """An extended header."""
    body = b""
    for keyword, value in records.items():
        rest = b" %s=%s\n" % (keyword.replace("_", ".").encode(), _bytes(value))
        length = len(rest) + len(str(len(rest) + 2))
        body += b"%d%s" % (length, rest)
    return tar_header(b"PaxHeader", len(body), kind) + padded(body)


TAR_END = bytes(1024)


def opened(*pieces: bytes | tuple[bytes, int], limits: Limits = DEFAULTS, **how: Any) -> Iterator[IncomingEntry]:
    """The entries of an archive that comes from a line."""
    return entries(
        PiecewiseLine(*pieces), limits=limits, tally=how.get("tally") or ArchiveTally(), offset=how.get("offset", 0)
    )


def read(*pieces: bytes | tuple[bytes, int], limits: Limits = DEFAULTS, **how: Any) -> dict[str, bytes | str]:
    """Name and bytes of all entries, or the code of what is wrong with one. Remarks have the name ''."""
    return dict(listed(*pieces, limits=limits, **how))


def listed(
    *pieces: bytes | tuple[bytes, int], limits: Limits = DEFAULTS, **how: Any
) -> Iterator[tuple[str, bytes | str]]:
    for entry in opened(*pieces, limits=limits, **how):
        if entry.problem:
            yield entry.name, entry.problem.code
            continue
        try:
            yield entry.name, entry.whole(limits.largest_document)
        except (EntryDamaged, EntryRefused) as error:
            yield entry.name, error.problem.code


# What the tests share

BODIES = {"a": b"hello " * 40, "b/c": bytes(range(256)) * 3, "d": b""}


def _zip(**how: object) -> bytes:
    made = Zip()
    for name, body in BODIES.items():
        made.add(name, body, **how)  # type: ignore[arg-type]
    return made.whole()


def _tar() -> bytes:
    files = b"".join(pax(path=name) + tar_header(b"x", len(body)) + padded(body) for name, body in BODIES.items())
    return files + TAR_END


def _zip_of(method: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, body in BODIES.items():
            archive.writestr(name, body)
    return made.getvalue()


WHOLE = {
    "deflated": _zip(),
    "bzip2 in a zip": _zip_of(zipfile.ZIP_BZIP2),
    "LZMA in a zip": _zip_of(zipfile.ZIP_LZMA),
    "stored": _zip(method=0),
    "streamed": _zip(descriptor="signed32"),
    "streamed without signature": _zip(descriptor="bare64"),
    "tar": _tar(),
    "gzip": gzip.compress(_tar(), mtime=0),
    "bzip2": bz2.compress(_tar()),
    "xz": lzma.compress(_tar()),
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
