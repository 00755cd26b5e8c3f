"""Where nothing that was written can be changed any more: a pipe, or a connection."""

import io
from typing import Any


class OneWayLine(io.RawIOBase):
    """Takes bytes and can't seek."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        written = bytes(piece)
        self.held += written
        return len(written)
