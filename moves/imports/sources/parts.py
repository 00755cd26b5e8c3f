"""One part of an export, wherever it is, and its bytes as a stream."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from accounts.texts import kept_text
from moves.imports.sources.links import NoArchive
from moves.peers.connections import PIECE

FILE_UNREADABLE = kept_text("%(path)s can't be read: %(why)s.")
FILE_BREAKS_OFF = kept_text("%(name)s can't be read on: %(why)s.")
FILE_CHANGED = kept_text("%(name)s was changed while it was read.")


class StreamInterrupted(Exception):
    """A stream was cut off and can't go on from there: whoever reads begins the part again, and skips what is placed.

    Its text is a sentence that says why.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class PartStream(Protocol):
    """The bytes of an archive from `offset` on, which is where the stream really begins: 0 where it could not begin at
    the one that was asked for. `size` of the whole archive, if it is known. `etag` names this version of it, empty
    where nothing does. `resumes`: it can be opened again at any offset, as long as the etag is the same."""

    offset: int
    size: int | None
    etag: str
    resumes: bool

    def read(self, size: int) -> bytes:
        """Returns at least one byte and at most `size`; nothing at the end. Raises `StreamInterrupted` and
        `NoArchive`."""

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class ArchivePart(Protocol):
    """One archive of an export. `cursor` names it to the server that has it, `path` in the file system."""

    @property
    def number(self) -> int: ...

    @property
    def cursor(self) -> str: ...

    @property
    def path(self) -> str: ...

    def open(self, offset: int = 0, etag: str = "") -> PartStream:
        """Returns the bytes from `offset` on, if this is still the version that `etag` names; otherwise from 0.

        Raises `NoArchive` where the part won't come, and `StreamInterrupted` where it does not come now.
        """


@dataclass(frozen=True)
class LocalPart:
    """An archive in the file system of this machine."""

    path: str
    number: int = 0
    cursor: str = ""

    def open(self, offset: int = 0, etag: str = "") -> "LocalStream":
        return LocalStream(Path(self.path), offset, etag)


class LocalStream:
    """A part that is a file. Its size and its time of change are its version."""

    resumes = True

    def __init__(self, path: Path, offset: int, etag: str) -> None:
        self._name = path.name
        try:
            self._file: BinaryIO = path.open("rb", buffering=0)
        except OSError as error:
            raise NoArchive(FILE_UNREADABLE % {"path": path, "why": error.strerror}) from error
        facts = os.fstat(self._file.fileno())
        self.size: int | None = facts.st_size
        self.etag = f'"{facts.st_size}-{facts.st_mtime_ns}"'
        self.offset = offset if etag == self.etag and offset <= facts.st_size else 0
        self._left = facts.st_size - self.offset
        self._file.seek(self.offset)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        try:
            piece = self._file.read(min(size, PIECE * 4))
        except OSError as error:
            raise StreamInterrupted(FILE_BREAKS_OFF % {"name": self._name, "why": error.strerror}) from error
        self._left -= len(piece)
        if self._left < 0 or (not piece and self._left):
            raise StreamInterrupted(FILE_CHANGED % {"name": self._name})
        return piece
