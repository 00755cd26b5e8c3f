"""Parts of an archive that seem to have ended early, as far as that can be seen without a list of what they have.

A part that another server could not make to its end may be a valid zip all the same. But `parts_size` bounds the bytes
of files in a part, so each ends only where the next file no longer fitted in: two that follow each other can't have
fitted into one. Of the last part, nothing is known.
"""

from dataclasses import dataclass
from itertools import pairwise

from accounts.sizes import human_size
from accounts.texts import kept_plural, kept_text
from moves.imports.sources.source import ArchiveSource
from moves.models import ImportPart


@dataclass(frozen=True)
class ShortPart:
    """One that seems to have ended early: `sentence` says why, `name` which it is."""

    row: ImportPart
    name: str
    sentence: str


def short_parts(source: ArchiveSource) -> list[ShortPart]:
    """Returns those parts of an archive of another server that seem to have ended early, once all were read."""
    room = source.facts.get("parts_size")
    if not source.is_remote or not isinstance(room, int) or room <= 0:
        return []
    if any(row.ordered_from is not None for row, _ in source.parts):
        return []  # somebody has packed them again
    rows = [row for row, _ in source.parts]
    found = {row.number: _nothing(rows, row) for row in rows[1:] if row.first_file is None}
    for row, after in pairwise(rows):
        if row.number not in found and after.first_file is not None and row.files_size + after.first_file <= room:
            found[row.number] = _too_little(rows, row, after.first_file, room)
    return [found[number] for number in sorted(found)]


def _nothing(rows: list[ImportPart], row: ImportPart) -> ShortPart:
    return ShortPart(row, _name(rows, row), f"{NOTHING_CAME} {OTHERWISE}")


def _too_little(rows: list[ImportPart], row: ImportPart, first: int, room: int) -> ShortPart:
    sentence = (ONE_CAME if row.files_count == 1 else SEVERAL_CAME) % {
        "files": f"{row.files_count:,}",
        "size": human_size(row.files_size),
        "first": human_size(first),
        "room": human_size(room),
    }
    return ShortPart(row, _name(rows, row), f"{sentence} {OTHERWISE}")


NOTHING_CAME = kept_text("It came without any file, although it exists only for files.")
ONE_CAME, SEVERAL_CAME = kept_plural(
    "It brought %(files)s file of %(size)s. The next part begins with a file of %(first)s, which would still have "
    "had room in it, since each part takes %(room)s.",
    "It brought %(files)s files of %(size)s. The next part begins with a file of %(first)s, which would still have "
    "had room in it, since each part takes %(room)s.",
    by="files",
    measures=["size", "first", "room"],
)
OTHERWISE = kept_text(
    "It was the same when it was fetched again. Either files are missing from it, or the other server divides its "
    "archives in another way. Compare how much came with what that server shows."
)


def _name(rows: list[ImportPart], row: ImportPart) -> str:
    return f"Part {row.number + 1} of {len(rows)}"
