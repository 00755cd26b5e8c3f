"""Which standard formats there are, and how each is named."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from itertools import islice

from importers.documents.snapshot import Snapshot
from importers.formats.format import Format, FormatBytes
from importers.vertical import Vertical, verticals

SEVERAL = ".zip"  # what several files are saved as


@dataclass(frozen=True)
class OfferedFormat:
    """A format of one kind of data. `name` is unique among all: "calendar/ics"."""

    vertical: Vertical
    format: Format

    @property
    def name(self) -> str:
        return f"{self.vertical.path}/{self.format.name}"


@cache
def offered() -> tuple[OfferedFormat, ...]:
    """Returns all formats, in the order of the verticals."""
    return tuple(OfferedFormat(vertical, one) for vertical in verticals() for one in vertical.formats)


def named(name: str) -> list[OfferedFormat]:
    """Returns the format of this name, or those of all kinds of data that are called so: "ics"."""
    return [one for one in offered() if name in (one.name, one.format.name)]


def files_of(formats: list[OfferedFormat], snapshot: Snapshot) -> Generator[tuple[str, FormatBytes]]:
    """Yields name and bytes of the files of these formats, as `Format.files` does, and of those that go with them.
    Files of several formats are in the folders that an archive has them in."""
    above = "" if len(formats) > 1 else f"{formats[0].format.folder}/"
    for one in offered():
        if one in formats or any(one.format.goes_with(other.format) for other in formats):
            folder = f"{one.format.folder}/".removeprefix(above)
            for name, content in one.format.files(snapshot):
                yield f"{folder}{name}", content


def first_names(formats: list[OfferedFormat], snapshot: Snapshot) -> list[str]:
    """Returns the names of the first two files, of which nothing is read."""
    with closing(files_of(formats, snapshot)) as files:
        return [name for name, _ in islice(files, 2)]
