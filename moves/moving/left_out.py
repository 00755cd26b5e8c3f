"""What of a move's exports its target has neither fetched nor proven to have, entry by entry."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from importers.models import Content
from moves.archives import zips
from moves.archives.archive import Spools
from moves.archives.entry import ZIP_AT, Entry, Index
from moves.archives.incoming.source import FAR
from moves.exports import sent
from moves.models import Export, LeftOut, Part

CLOSE = 16 * 1024 * 1024  # bytes; entries that are nearer than that are walked over, and not looked for


@dataclass(frozen=True)
class LeftOutPiece:
    """Bytes from `at` on, of which some are lacking. `key`: where they are stored, if they are those of one file."""

    part: Part
    at: int
    size: int
    key: str = ""


def left_out(exports: list[Export], waiting: set[tuple[str, int, int]], most: int) -> list[LeftOut]:
    """Returns up to so many pieces, in order, but those that wait to be checked: export, part and place of each.
    Raises `EntryMissing` where the index can't be read."""
    with closing(_pieces(exports)) as pieces:
        wanted = (one for one in pieces if (one.part.export.doc_id, one.part.number, one.at) not in waiting)
        found = list(islice(wanted, most))
    keys = [piece.key for piece in found if piece.key]
    sha256s = dict(Content.objects.filter(storage_key__in=keys).values_list("storage_key", "sha256"))
    return [
        LeftOut(
            export=piece.part.export.doc_id,
            part=piece.part.number,
            at=piece.at,
            size=piece.size,
            sha256=sha256s.get(piece.key, ""),
        )
        for piece in found
    ]


def entry_at(export: Export, number: int, at: int) -> tuple[Part, Entry] | None:
    """Returns the entry whose bytes, which are stored, begin at a place of a part; None where none does. Raises
    `EntryMissing`."""
    part = export.parts.filter(number=number).first()
    if part is None or at >= part.directory_at:
        return None
    with Spools.of(export).index_of(part) as index:
        entry = next(index.entries_from(index.last_not_after(at, ZIP_AT)))
    return (part, entry) if entry.key and _body_at(entry) == at else None


def _pieces(exports: list[Export]) -> Generator[LeftOutPiece]:
    for export in exports:
        spools = Spools.of(export)
        for part in sent.unsent_parts(export).select_related("export"):
            with spools.index_of(part) as index:
                yield from _pieces_of(part, index)


def _pieces_of(part: Part, index: Index) -> Iterator[LeftOutPiece]:
    """Files of which much is lacking can be proven. Whatever else is lacking must be fetched: it is no more than a
    target reads over where it could leave it out, or it is no file's."""
    entries, named = _Walk(index), -1
    for span in sent.unsent(part):
        begin = at = span.start
        while at < min(span.stop, part.directory_at):
            entry = entries.at(at)
            body = _body_at(entry)
            first, stop = max(at, body), min(span.stop, body + entry.size)
            if entry.key and stop - first >= FAR:
                if begin < first:
                    yield LeftOutPiece(part, begin, first - begin)
                if named != body:
                    yield LeftOutPiece(part, body, entry.size, entry.key.decode())
                begin, named = stop, body
            at = body + entry.size
        if begin < span.stop:
            yield LeftOutPiece(part, begin, span.stop - begin)


class _Walk:
    """Entries by the places that they have a byte at, which are asked for in order."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._entries: Iterator[Entry] = iter(())
        self._last: Entry | None = None

    def at(self, at: int) -> Entry:
        last = self._last
        if last is None or at - _end_of(last) > CLOSE:
            self._entries = self._index.entries_from(self._index.last_not_after(at, ZIP_AT))
            last = next(self._entries)
        while _end_of(last) <= at:
            last = next(self._entries)
        self._last = last
        return last


def _body_at(entry: Entry) -> int:
    return entry.zip_at + len(zips.header(entry))


def _end_of(entry: Entry) -> int:
    return _body_at(entry) + entry.size
