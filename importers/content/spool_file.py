"""Bytes that stand on this machine's disk for a while, and are gone with the process that put them there."""

import os
import time
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from types import TracebackType
from typing import IO, Self, cast

from django.conf import settings

A_MOMENT = 60  # seconds in which a file that has just been made loses its name


def spool_folder() -> Path:
    """Returns where they stand, `WHARF_SPOOL_DIR`, which is made if it is not there."""
    folder = Path(settings.WHARF_SPOOL_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


class _Counted:
    """How many there are in this process, and their bytes."""

    def __init__(self) -> None:
        self._guard = Lock()
        self.files = 0
        self.size = 0

    def add(self, files: int, size: int) -> None:
        with self._guard:
            self.files += files
            self.size += size


counted = _Counted()


class SpoolFile:
    """A file without a name: the kernel removes it when it is closed, and when the process is killed. It is on the disk
    and not in memory, and is written past the buffers of Python."""

    def __init__(self) -> None:
        self.file: IO[bytes] = cast(IO[bytes], TemporaryFile(dir=spool_folder(), buffering=0))  # noqa: SIM115
        self.size = 0
        counted.add(1, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        view = memoryview(piece)
        while view:
            written = os.write(self.file.fileno(), view)
            view = view[written:]
            self.size += written
            counted.add(0, written)

    def empty(self) -> None:
        """For what comes next."""
        counted.add(0, -self.size)
        self.size = 0
        self.file.seek(0)
        self.file.truncate()

    def close(self) -> None:
        if not self.file.closed:
            counted.add(-1, -self.size)
            self.file.close()


def remove_left() -> int:
    """Removes what stands there under a name: where a file system knows no files without one, a kill may leave some.
    Returns how many."""
    old = time.time() - A_MOMENT
    left = [path for path in spool_folder().glob("tmp*") if path.is_file() and path.stat().st_mtime < old]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
