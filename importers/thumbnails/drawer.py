"""The child that draws: a program of its own, which lives while there is something to draw, and may die of it."""

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Self

from django.conf import settings

from importers.models.picture import Drawn, ThumbnailSize

CHUNK = 256 * 1024
LONGEST_LINE = 64 * 1024  # bytes
LARGEST_THUMBNAIL = 16 * 1024 * 1024  # bytes
PATIENCE = 100  # seconds after which a child is ended that should have ended itself: it has three times its own
# What a child knows of its surroundings: nothing that it has no use for, no secret among it.
SURROUNDINGS = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"}


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


class Drawer:
    """The child, for the time of a `with` block: started when it is first needed, and again after it has died."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._held = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def draw(self, file: IO[bytes], mime: str) -> Drawing:
        """Returns what came of a file of this type. Raises `DrawerDied`: another child draws the next one then."""
        asked = {"mime": mime, "sizes": ThumbnailSize.edges(), "most_pixels": settings.WHARF_THUMBNAIL_PIXELS}
        until = time.monotonic() + PATIENCE
        try:
            line = self._started()
            self._wait(line, until)
            socket.send_fds(line, [json.dumps(asked).encode()], [file.fileno()])
            return self._answer(line, until)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            ended = self._end()
            raise DrawerDied(f"{type(error).__name__}: {error} (it ended with {ended})") from error

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def _started(self) -> socket.socket:
        if self._line is None:
            self._line, theirs = socket.socketpair()
            bounds = [str(settings.WHARF_THUMBNAIL_MEMORY), str(settings.WHARF_THUMBNAIL_SECONDS)]
            with theirs:
                self._child = subprocess.Popen(  # noqa: S603  (a program of ours)
                    [sys.executable, "-m", settings.WHARF_THUMBNAIL_PROGRAM, *bounds],
                    cwd=settings.BASE_DIR,
                    env=SURROUNDINGS,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            self._held = b""
        return self._line

    def _end(self) -> int | None:
        """Ends the child, if there is one. Returns its exit code, negative for a signal."""
        child, line, self._child, self._line = self._child, self._line, None, None
        if line is not None:
            line.close()
        if child is None:
            return None
        child.kill()
        return child.wait()

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
