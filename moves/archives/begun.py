"""Bytes of which the first are read before anything is answered: while the storage is away, whoever asks is told so."""

from collections.abc import Generator

from moves.archives.entry import EntryMissing


class BegunPieces:
    """Pieces, read one at a time, of which the first may be read beforehand."""

    def __init__(self, pieces: Generator[bytes]) -> None:
        self._pieces = pieces
        self._held: list[bytes] = []
        self._failed: EntryMissing | None = None

    def begin(self) -> None:
        """Reads the first piece. Raises what its reading raises and may pass; what stays breaks the answer off."""
        try:
            self._held = [next(self._pieces, b"")]
        except EntryMissing as missing:
            if missing.may_pass:
                raise
            self._failed = missing

    def next(self) -> bytes:
        """Returns the next piece, empty at the end. Raises what its reading raises."""
        if self._failed is not None:
            raise self._failed
        return self._held.pop() if self._held else next(self._pieces, b"")

    def close(self) -> None:
        """Ends the reading."""
        self._held.clear()
        self._pieces.close()
