"""The child that draws: a program of its own, which lives while there is something to draw, and may die of it."""

import json
import socket
import time
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings

from importers.child import ChildProgram
from importers.models.picture import Drawn, ThumbnailSize

CHUNK = 256 * 1024
LONGEST_LINE = 64 * 1024  # bytes
LARGEST_THUMBNAIL = 16 * 1024 * 1024  # bytes
PATIENCE = 100  # seconds after which a child is ended that should have ended itself: it has three times its own


class DrawerDied(Exception):
    """The child has ended over a picture, or was ended since it took too long, or said what makes no sense."""


@dataclass(frozen=True)
class DrawnThumbnail:
    """A picture as WebP, and how wide and high it is."""

    size: ThumbnailSize
    picture: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Drawing:
    """What came of a file. `facts` has columns of a `Picture`, as they may be kept; `why`: what a decoder said."""

    outcome: Drawn
    facts: dict[str, Any]
    thumbnails: list[DrawnThumbnail]
    why: str = ""


class Drawer(ChildProgram):
    """The child that draws."""

    def __init__(self) -> None:
        super().__init__()
        self._held = b""

    def program(self) -> list[str]:
        return [
            settings.WHARF_THUMBNAIL_PROGRAM,
            str(settings.WHARF_THUMBNAIL_MEMORY),
            str(settings.WHARF_THUMBNAIL_SECONDS),
        ]

    def line(self) -> socket.socket:
        """A child that is new has said nothing yet."""
        if self._line is None:
            self._held = b""
        return super().line()

    def draw(self, file: IO[bytes], mime: str) -> Drawing:
        """Returns what came of a file of this type. Raises `DrawerDied`: another child draws the next one then."""
        asked = {"mime": mime, "sizes": ThumbnailSize.edges(), "most_pixels": settings.WHARF_THUMBNAIL_PIXELS}
        until = time.monotonic() + PATIENCE
        try:
            line = self.line()
            self._wait(line, until)
            socket.send_fds(line, [json.dumps(asked).encode()], [file.fileno()])
            return self._answer(line, until)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            ended = self.end()
            raise DrawerDied(f"{type(error).__name__}: {error} (it ended with {ended})") from error

    def _answer(self, line: socket.socket, until: float) -> Drawing:
        while b"\n" not in self._held:
            if len(self._held) > LONGEST_LINE:
                raise ValueError("a line without an end")
            self._hold_more(line, until)
        said, _, self._held = self._held.partition(b"\n")
        answer = json.loads(said)
        outcome = Drawn(answer["outcome"])
        if outcome is not Drawn.MADE:
            return Drawing(outcome, {}, [], str(answer.get("why", "")))
        thumbnails = [
            self._thumbnail(line, until, size, **one)
            for size, one in zip(ThumbnailSize, answer["thumbnails"], strict=True)
        ]
        return Drawing(outcome, answer["facts"], thumbnails)

    def _thumbnail(
        self, line: socket.socket, until: float, size: ThumbnailSize, *, bytes: int, width: int, height: int
    ) -> DrawnThumbnail:
        if not 0 < bytes <= LARGEST_THUMBNAIL or not (0 < width <= size.edge and 0 < height <= size.edge):
            raise ValueError("no thumbnail")
        while len(self._held) < bytes:
            self._hold_more(line, until)
        picture, self._held = self._held[:bytes], self._held[bytes:]
        if picture[:4] != b"RIFF" or picture[8:12] != b"WEBP":
            raise ValueError("no WebP")
        return DrawnThumbnail(size, picture, width, height)

    def _hold_more(self, line: socket.socket, until: float) -> None:
        self._wait(line, until)
        if not (chunk := line.recv(CHUNK)):
            raise EOFError
        self._held += chunk

    def _wait(self, line: socket.socket, until: float) -> None:
        line.settimeout(max(0.001, until - time.monotonic()))
