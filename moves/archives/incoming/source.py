"""A stream of bytes, of which the next ones can be looked at before they are taken."""

from typing import Protocol

from moves import watch
from moves.archives.incoming.errors import ArchiveCut
from moves.archives.tars import BLOCK

ARCHIVE_CHUNK = 1024 * 1024  # bytes that are read together
FAR = 4 * ARCHIVE_CHUNK  # bytes; skipping more than that is left to the stream, where it can


class ArchiveStream(Protocol):
    """Where an archive comes from."""

    def read(self, size: int, /) -> bytes:
        """Returns at most `size` bytes; none at the end."""
        ...


class ReadAhead:
    """A stream and what was read of it ahead: `held[pos:]`. Never holds more than what is asked for and a chunk.

    `held` and `pos` are open to the readers of headers, since a call for each of 100,000 headers is felt.
    """

    __slots__ = ("_base", "_stream", "held", "pos")

    def __init__(self, stream: ArchiveStream, offset: int) -> None:
        self._stream = stream
        self._base = offset  # where in the archive `held` begins
        self.held = b""
        self.pos = 0

    @property
    def at(self) -> int:
        """Where in the archive the next byte is."""
        return self._base + self.pos

    def ahead(self, size: int) -> int:
        """Looks until `size` bytes are held, or the stream ends. Returns how many are."""
        have = len(self.held) - self.pos
        if have >= size:
            return have
        pieces = [self.held[self.pos :]] if have else []
        self._base += self.pos
        self.held, self.pos = b"", 0
        while have < size:
            piece = self._stream.read(ARCHIVE_CHUNK)
            if not piece:
                break
            pieces.append(piece)
            have += len(piece)
        self.held = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return have

    def take(self, size: int) -> bytes:
        """Returns the next `size` bytes. Raises `ArchiveCut` where there are fewer."""
        if len(self.held) - self.pos < size and self.ahead(size) < size:
            raise self.cut()
        pos = self.pos
        self.pos = pos + size
        return self.held[pos : pos + size]

    def some(self, most: int) -> memoryview:
        """Returns the next bytes, at least one and at most `most`, as they lie in memory. Raises `ArchiveCut` at the
        end."""
        if self.pos == len(self.held) and not self.ahead(1):
            raise self.cut()
        pos = self.pos
        self.pos = min(pos + most, len(self.held))
        return memoryview(self.held)[pos : self.pos]

    def give_back(self, size: int) -> None:
        """The last `size` bytes of what `some` returned were not meant."""
        self.pos -= size

    def skip(self, size: int, *, of_entry: bool = False) -> None:
        """Goes over `size` bytes; `of_entry`: they are those of an entry, which nobody wants. Raises `ArchiveCut` where
        there are fewer (unless the stream skips by itself: then what is read next does)."""
        step = min(size, len(self.held) - self.pos)
        self.pos += step
        size -= step
        came = watch.came if of_entry else _nothing
        came(step)
        skip = getattr(self._stream, "skip", None)
        if size > FAR and skip is not None:
            skip(size)
            self._base += self.pos + size
            self.held, self.pos = b"", 0
            return
        while size:
            step = len(self.some(size))
            size -= step
            came(step)

    def sizes_at(self, at: int) -> tuple[int, int, int] | None:
        """Returns CRC-32, packed size and size of the entry at a place, where the stream can look them up."""
        look_up = getattr(self._stream, "sizes_at", None)
        found: tuple[int, int, int] | None = look_up(at) if look_up is not None else None
        return found

    def zeros_follow(self) -> bool:
        """Whether nothing follows, or what fills up a tape does. Looks no further than one block of it."""
        have = self.ahead(BLOCK)
        return not any(self.held[self.pos : self.pos + min(have, BLOCK)])

    def continue_with(self, stream: ArchiveStream, at: int) -> None:
        """From here on, the bytes come from a stream that was opened at `at`."""
        self._stream = stream
        self._base = at
        self.held, self.pos = b"", 0

    def cut(self) -> ArchiveCut:
        return ArchiveCut(self._base + len(self.held))


def _nothing(size: int) -> None:
    """What is told of bytes that are of no entry."""
