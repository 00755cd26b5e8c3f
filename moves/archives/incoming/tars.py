"""Tar archives (POSIX.1-2017 ustar and pax, and GNU's own) from the front to the back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from accounts.texts import kept_text
from moves.archives.incoming import headers, names
from moves.archives.incoming.entry import NO_ENTRY_THERE, EntryFacts, IncomingEntry, Remark
from moves.archives.incoming.errors import BYTES_BEHIND, ArchiveDamaged, Problem
from moves.archives.incoming.headers import Header
from moves.archives.incoming.limits import LARGEST_ENTRY, ArchiveTally, Limits
from moves.archives.incoming.source import ReadAhead
from moves.archives.tars import BLOCK

LONGEST_EXTENDED_HEADER = 1024 * 1024  # bytes of an extended header
MOST_HEADERS = 16  # extended ones before an entry; programs write up to three
WITHOUT_BYTES = b"123456"  # kinds behind which no bytes stand, whatever their size says
FILE_FLAGS, FOLDER_FLAGS, LINK_FLAGS, SPECIAL_FLAGS, SPARSE_FLAGS = b"70\0", b"5", b"12", b"346", b"S"
PAX, PAX_GLOBAL, LONG_NAME, LONG_LINK = b"xX", b"g", b"L", b"K"
PAX_PATH, PAX_SIZE, PAX_LINK, PAX_HOLES = b"path", b"size", b"linkpath", b"GNU.sparse."
HARD_LINK = b"1"
SPARSE_EXTENDED = 482, 504  # where a sparse header, and the blocks behind it, say that one more follows

LINK = Problem("link", kept_text("It is a link, and no file: what it leads to may be anywhere."))
SPECIAL_FILE = Problem("special_file", kept_text("It is a device or a pipe, and no file."))
SPARSE_FILE = Problem(
    "sparse_file", kept_text("It is stored with its holes left out. Pack it again without `--sparse`.")
)
TOO_LONG = Problem(
    "name_too_long",
    kept_text("Its name, or what else is said of it, takes more than %(most)s bytes.")
    % {"most": LONGEST_EXTENDED_HEADER},
)
LONELY_HEADERS = kept_text("At byte %(at)s of the archive are headers that belong to no entry.")
OTHER_KIND = kept_text("It is of the kind %(kind)s, and no file.")


class TarEntry(IncomingEntry):
    """A file in a tar, and what fills up its last block."""

    __slots__ = ()

    has_crc32 = False

    def _end(self) -> Problem | None:
        self._source.skip(-(self.packed or 0) % BLOCK)
        self._tally.packed += self._source.at - self.at
        return super()._end()


@dataclass(slots=True)
class Extended:
    """What extended headers say of the entry that follows, or of all that follow."""

    path: bytes | None = None
    size: int | None = None
    link: bytes | None = None
    problem: Problem | None = None

    def add(self, said: dict[bytes, bytes]) -> None:
        """Takes in the records of one. Raises `ValueError`."""
        if PAX_PATH in said:
            self.path = said[PAX_PATH] or None
        if PAX_LINK in said:
            self.link = said[PAX_LINK] or None
        if PAX_SIZE in said:
            if not said[PAX_SIZE].isdigit():
                raise ValueError("no size")
            self.size = min(int(said[PAX_SIZE]), LARGEST_ENTRY)
        if any(keyword.startswith(PAX_HOLES) for keyword in said):
            self.problem = SPARSE_FILE

    @property
    def silent(self) -> bool:
        return self == Extended()


def begins(source: ReadAhead) -> bool:
    """Whether a header of a tar is next, or the empty blocks at the end of one."""
    if source.ahead(BLOCK) < BLOCK:
        return False
    block = source.held[source.pos : source.pos + BLOCK]
    return block == headers.EMPTY_BLOCK or headers.checks(block)


def entries(
    source: ReadAhead, limits: Limits, tally: ArchiveTally, *, resumable: bool = True
) -> Iterator[IncomingEntry]:
    """Yields the entries from where the source stands on, and then remarks. Where what comes is unpacked on the way, or
    behind a header that counts for all that follow, one can't go on later (`resumable`)."""
    everywhere = Extended()
    while True:
        at = source.at
        header, extended = _headers(source, everywhere)
        if header is None:
            break
        tally.add_entry(limits)
        entry = _entry(source, limits, tally, at, header, extended)
        if not (resumable and everywhere.silent):
            entry.next_at = None
        yield entry
        entry.finish()
    if begins(source) and source.held.startswith(headers.EMPTY_BLOCK, source.pos):
        source.skip(BLOCK)  # the second one of the end
    if not source.zeros_follow():
        remark = Remark(source, limits, tally, BYTES_BEHIND, at)
        if not resumable:
            remark.next_at = None
        yield remark


def _headers(source: ReadAhead, everywhere: Extended) -> tuple[Header | None, Extended]:
    """Returns the header of the next entry (None at the end) and what extended ones before it say; those that count for
    all entries are added to `everywhere`. Raises `ArchiveCut`, `ArchiveDamaged`."""
    extended = replace(everywhere)
    for _ in range(MOST_HEADERS):
        block = source.take(BLOCK)
        if block == headers.EMPTY_BLOCK:
            return None, extended
        try:
            if not headers.checks(block):
                raise ValueError("no header")
            header = headers.parsed(block)
            if header.kind in PAX:
                extended.add(headers.records(_body(source, header, extended)))
            elif header.kind == PAX_GLOBAL:
                said = headers.records(_body(source, header, extended))
                everywhere.add(said)
                extended.add(said)
            elif header.kind == LONG_NAME:
                extended.path = _body(source, header, extended).partition(b"\0")[0]
            elif header.kind == LONG_LINK:
                extended.link = _body(source, header, extended).partition(b"\0")[0]
            else:
                if header.kind == SPARSE_FLAGS:
                    _skip_map(source, block)
                return header, extended
        except ValueError as cause:
            raise ArchiveDamaged(
                "entry_missing",
                NO_ENTRY_THERE % {"at": source.at - BLOCK},
            ) from cause
    raise ArchiveDamaged("entry_missing", LONELY_HEADERS % {"at": source.at})


def _body(source: ReadAhead, header: Header, extended: Extended) -> bytes:
    """Returns the bytes of an extended header; none where they are too many, which is then a problem of its entry."""
    padded = header.size + -header.size % BLOCK
    if header.size > LONGEST_EXTENDED_HEADER:
        extended.problem = TOO_LONG
        source.skip(padded)
        return b""
    return source.take(padded)[: header.size]


def _skip_map(source: ReadAhead, block: bytes) -> None:
    """Goes over the blocks behind a sparse header that tell of its holes."""
    more, further = SPARSE_EXTENDED
    goes_on = block[more]
    while goes_on:
        goes_on = source.take(BLOCK)[further]


def _entry(
    source: ReadAhead, limits: Limits, tally: ArchiveTally, at: int, header: Header, extended: Extended
) -> TarEntry:
    kind = header.kind
    size = header.size if extended.size is None else extended.size
    raw_name = header.name if extended.path is None else extended.path
    if kind in WITHOUT_BYTES:
        size = 0
    if kind in FOLDER_FLAGS and not raw_name.endswith(b"/"):
        raw_name += b"/"
    name, problem = names.in_tar(raw_name)
    problem = extended.problem or problem or _of_kind(kind)
    data_at = source.at
    next_at = data_at + size + -size % BLOCK
    entry = TarEntry(source, limits, tally, EntryFacts(name, problem, size, size, None, at, data_at, next_at))
    if kind == HARD_LINK and problem is LINK:
        target, unsafe = names.in_tar(header.link if extended.link is None else extended.link)
        entry.same_as = "" if unsafe else target
    return entry


def _of_kind(kind: bytes) -> Problem | None:
    """Returns what is wrong with an entry because of its type flag."""
    if kind in FILE_FLAGS or kind in FOLDER_FLAGS:
        return None
    if kind in LINK_FLAGS:
        return LINK
    if kind in SPECIAL_FLAGS:
        return SPECIAL_FILE
    if kind in SPARSE_FLAGS:
        return SPARSE_FILE
    return Problem("kind_unknown", OTHER_KIND % {"kind": ascii(kind.decode("latin-1"))})
