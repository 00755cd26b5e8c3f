"""A standard format: written once, and used wherever its files are asked for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from importers.documents.snapshot import Snapshot
from importers.text import caseless, portable_name


@dataclass(frozen=True)
class Format:
    """`name` in addresses ("ics"); `media_type` ("text/calendar"); `folder` below Readable/ in an archive
    ("Calendars").

    `write` yields the name and the bytes of each file, one after the other: the bytes must be read before the next file
    is asked for. A name is one that any file system takes, and no other file of the format has it.
    """

    name: str
    media_type: str
    folder: str
    write: Callable[[Snapshot], Iterator[tuple[str, Iterator[bytes]]]]


class FileNames:
    """The names of files in one folder: each once, also for systems to which letters of both cases are the same."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unused(self, stem: str, suffix: str) -> str:
        """Returns `stem` and `suffix` as any file system takes them, with a number between where the name is taken."""
        name, number = portable_name(f"{stem}{suffix}"), 1
        shown = name.removesuffix(suffix)
        while caseless(name) in self._taken:
            number += 1
            name = portable_name(f"{shown} ({number}){suffix}")
            while f" ({number})" not in name:  # it was cut off
                shown = shown[:-1]
                name = portable_name(f"{shown} ({number}){suffix}")
        self._taken.add(caseless(name))
        return name
