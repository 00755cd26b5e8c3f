"""A standard format: written once, and used wherever its files are asked for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from accounts.texts import Text
from importers.documents.document import StoredBytes
from importers.documents.snapshot import Snapshot
from importers.text import caseless, portable_name


@dataclass(frozen=True)
class StoredFile:
    """A file of a format whose bytes are stored here already. `modified`: the time that it carries, where one is
    known."""

    stored: StoredBytes
    modified: datetime | None = None


FormatBytes = Iterator[bytes] | StoredFile
Write = Callable[[Snapshot], Iterator[tuple[str, FormatBytes]]]


@dataclass(frozen=True)
class Format:
    """`name` in addresses ("ics"); `media_type` ("text/calendar"); `folder` below Readable/ in an archive
    ("Calendars"); `title`: what people call it; `note`: a sentence on what it is for.

    `write` yields the name and the bytes of each file, one after the other: those of one are read before the next file
    is asked for, or never. A name is a path of steps that any file system takes, and no other file of the format has
    it. `write_whole` does the same for who takes this format alone, where an archive has some of the files elsewhere.
    `has_any`: whether there is anything to write, where a record of its kind is not enough for that. `in_archives`: it
    is written into each archive; else only where somebody asks for it, since archives have all of it as files already.
    One whose `folder` lies in that of another goes along with it, wherever that is taken.
    """

    name: str
    media_type: str
    folder: str
    write: Write
    title: Text = ""
    note: Text = ""
    write_whole: Write | None = None
    has_any: Callable[[Snapshot], bool] | None = None
    in_archives: bool = True

    def files(self, snapshot: Snapshot) -> Iterator[tuple[str, FormatBytes]]:
        """Yields all files for who takes this format alone."""
        return (self.write_whole or self.write)(snapshot)

    def goes_with(self, other: "Format") -> bool:
        """Returns whether its files lie beside those of another format, in a folder of theirs."""
        return self.folder.startswith(f"{other.folder}/")


class FileNames:
    """The names of files in any number of folders: each once in its folder, also for systems to which letters of both
    cases are the same. Of a name only a hash of 64 bits is kept, since there may be very many: two that share one are
    taken for the same, and get a number for nothing."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._numbers: dict[int, int] = {}  # the last of each name that was there already; those before it are taken

    def titled(self, title: str, suffix: str) -> str:
        """Returns the same for what is called by a title: one that begins with a dot would hide the file."""
        return self.unused(not_hidden(title), suffix)

    def unused(self, stem: str, suffix: str, folder: str = "") -> str:
        """Returns `stem` and `suffix` as any file system takes them, with a number between where the name is taken."""
        name = portable_name(f"{stem}{suffix}")
        shown, wanted = name.removesuffix(suffix), hash((folder, caseless(name)))
        number, taken = self._numbers.get(wanted, 1), wanted
        while taken in self._taken:
            number += 1
            name = portable_name(f"{shown} ({number}){suffix}")
            while f" ({number})" not in name:  # it was cut off
                shown = shown[:-1]
                name = portable_name(f"{shown} ({number}){suffix}")
            taken = hash((folder, caseless(name)))
        if number > 1:
            self._numbers[wanted] = number
        self._taken.add(taken)
        return name


def not_hidden(name: str) -> str:
    """Returns the name of a file that people see: one that begins with a dot they don't."""
    return f"_{name}" if name.startswith(".") else name
