"""Zip archives (PKWARE's APPNOTE 6.3) from the front to the back, as they come from the line."""

from collections.abc import Iterator

from accounts.texts import kept_text
from moves.archives.incoming import descriptors, names
from moves.archives.incoming.directory import ZipDirectory
from moves.archives.incoming.entry import NO_ENTRY_THERE, EntryFacts, IncomingEntry, Remark
from moves.archives.incoming.errors import ArchiveDamaged, Problem
from moves.archives.incoming.limits import FREE, LARGEST_ENTRY, ArchiveTally, Limits
from moves.archives.incoming.records import (
    BZIP2,
    CENTRAL_HEADER,
    DEFLATED,
    ENCRYPTED,
    END,
    END64,
    ENTRY,
    ENTRY_HEADER,
    FOLLOWERS,
    IN_ZIP64,
    LZMA,
    MASKED,
    STORED,
    STREAMED,
    UTF8,
    extra_field,
    widened,
)
from moves.archives.incoming.source import ReadAhead
from moves.archives.incoming.zipped import (
    LIES,
    SWELLS,
    Bzip2Entry,
    DeflatedEntry,
    LzmaEntry,
    PackedEntry,
    ZipEntry,
    swollen,
)

KINDS: dict[int, type[ZipEntry]] = {
    STORED: ZipEntry,
    DEFLATED: DeflatedEntry,
    BZIP2: Bzip2Entry,
    LZMA: LzmaEntry,
}
LOCKED = Problem(
    "encrypted",
    kept_text("It is encrypted, and nobody here has the password. Unpack the archive, and pack it again without one."),
)
PACKERS = {1: "Shrink", 6: "Implode", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 97: "WavPack", 98: "PPMd"}
OPEN_END = Problem(
    "end_unknown",
    kept_text(
        "It is stored in a way that doesn't say where it ends. Pack the archive again, compressed or into a file."
    ),
)
OTHER_PACKER = kept_text(
    "It is packed with %(packer)s, which this server does not unpack. Unpack the archive, and pack it again with "
    "Deflate, as any program does it that makes a plain zip."
)
ENDLESS = kept_text("An entry of the archive doesn't say where it ends: it is damaged from there on.")
FIXED = ENTRY_HEADER.size
Sizes = tuple[int | None, int | None, int | None]  # of its bytes, of these in the archive; and the CRC-32


def entries(source: ReadAhead, limits: Limits, tally: ArchiveTally) -> Iterator[IncomingEntry]:
    """Yields the entries from where the source stands on, and then remarks."""
    directory = ZipDirectory(source.at)
    while True:
        if source.ahead(4) < 4:
            raise source.cut()
        if not source.held.startswith(ENTRY, source.pos):
            break
        tally.add_entry(limits)
        entry = _entry(source, limits, tally)
        yield entry
        entry.finish()
        directory.add(entry.raw_name, entry.crc32, entry.packed, entry.size, entry.at)
    if source.held[source.pos : source.pos + 4] not in (CENTRAL_HEADER, END64, END):
        raise ArchiveDamaged("entry_missing", NO_ENTRY_THERE % {"at": source.at})
    at = source.at
    for problem in directory.read(source, limits):
        yield Remark(source, limits, tally, problem, at)


def _entry(source: ReadAhead, limits: Limits, tally: ArchiveTally) -> ZipEntry:
    """Returns the entry whose header is next."""
    at = source.at
    if source.ahead(FIXED) < FIXED:
        raise source.cut()
    _, _, flags, method, _, _, crc32, packed, size, name_size, extra_size = ENTRY_HEADER.unpack_from(
        source.held, source.pos
    )
    source.pos += FIXED
    raw_name = source.take(name_size)
    extra = source.take(extra_size) if extra_size else b""
    unicode_path = extra_field(extra, names.UNICODE_PATH) if extra else None
    name, problem = names.in_zip(raw_name, utf8=bool(flags & UTF8), unicode_path=unicode_path)
    streamed = bool(flags & STREAMED)
    if size == IN_ZIP64 or packed == IN_ZIP64:
        size, packed = _widened(extra, size, packed, streamed=streamed)
    unreadable = why_unreadable(flags, method)
    kind = KINDS[method] if unreadable is None else ZipEntry
    problem = problem or unreadable
    facts = EntryFacts(name, problem, size, packed, crc32, at=at, data_at=source.at, next_at=None)
    if streamed:
        facts.size, facts.packed, facts.crc32 = (
            (None, None, None)
            if issubclass(kind, PackedEntry)
            else _promised(source, at, packed, readable=problem is None)
        )
        facts.problem = problem or (OPEN_END if kind is ZipEntry and facts.packed is None else None)
    else:
        facts.problem = problem or _lie(kind, size, packed, limits)
        facts.next_at = facts.data_at + packed
    return kind(source, limits, tally, facts, raw_name, streamed)


def why_unreadable(flags: int, method: int) -> Problem | None:
    """Returns why the bytes of an entry with these flags, packed by this method, can't be had; None where they can."""
    if flags & (ENCRYPTED | MASKED):
        return LOCKED
    if method in KINDS:
        return None
    packer = PACKERS.get(method, f"method {method}")
    return Problem("method_unknown", OTHER_PACKER % {"packer": packer})


def _lie(kind: type[ZipEntry], size: int, packed: int, limits: Limits) -> Problem | None:
    """Returns what is wrong with the sizes that a header says."""
    if kind is ZipEntry:
        return LIES if packed != size else None
    if size > FREE and limits.swells(packed, size):
        return Problem(SWELLS, swollen(limits))
    return None


def _promised(source: ReadAhead, at: int, packed: int, *, readable: bool) -> Sizes:
    """Returns the sizes of an entry that says them behind its bytes, where nothing in these shows where they end. A
    header that says them all the same is believed until then. Without them, it is that of an empty entry at best,
    unless the directory can be asked for the entry at this place."""
    if packed:
        return packed if readable else None, packed, None
    if (known := source.sizes_at(at)) is not None:
        return known[2], known[1], known[0]
    bytes_at = source.at
    found = descriptors.read(source, 0, 0)
    followed = source.held[source.pos : source.pos + 4] in FOLLOWERS
    source.give_back(source.at - bytes_at)
    if found is not None and found[1] and found[0].crc32 == 0 and followed:
        return 0, 0, 0
    return None, None, None


def _widened(extra: bytes, size: int, packed: int, *, streamed: bool) -> tuple[int, int]:
    """Returns the sizes of the zip64 field. Raises `ArchiveDamaged` where it is needed and lacks them."""
    wide = widened(extra, size, packed)
    if wide is not None:
        return min(wide[0], LARGEST_ENTRY), min(wide[1], LARGEST_ENTRY)
    if streamed:
        return 0, 0
    raise ArchiveDamaged("end_unknown", ENDLESS)
