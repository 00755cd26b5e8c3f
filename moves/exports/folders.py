"""A folder that an export is written into: its archives, and a note that says which export is being written there.

Archives have the export's id in their names, so that those of two exports never become one set. One that is there
already, whole or in part, is compared with what it should be before anything is added, whatever a power cut made of it.
"""

import fcntl
import json
import os
from collections.abc import Callable
from contextlib import suppress
from glob import escape
from pathlib import Path
from typing import IO, Any

from moves.archives.archive import Archive, read
from moves.models import Export, Part

WatchBytes = Callable[[int], object]  # is told how many more bytes stand in the folder


class FolderBusy(Exception):
    """Another command writes the same archive."""


class FolderNote:
    """Which export of an account is being written into a folder: one note per account."""

    def __init__(self, folder: Path, account: str) -> None:
        self.path = folder / f".wharf-export-{account}.json"

    def read(self) -> dict[str, Any]:
        """What it says; nothing where it can't be read."""
        try:
            said = json.loads(self.path.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}

    def write(self, said: dict[str, Any]) -> None:
        """All of it, or what was there before."""
        fresh = self.path.with_name(f"{self.path.name}.new")
        with fresh.open("w") as file:
            json.dump(said, file)
            _sync(file)
        _put(fresh, self.path)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def file_name(export: Export, part: Part, parts: int, kind: str) -> str:
    """What the archive of a part is called."""
    number = f"-part-{part.number + 1:0{len(str(parts))}d}-of-{parts}" if parts > 1 else ""
    return f"wharf-{export.owner.username}-{export.snapshot_at:%Y-%m-%d}-{export.short_id}{number}.{kind}"


def remove_partial(folder: Path, doc_id: str) -> None:
    """Removes what was begun of the archives of an export that is not gone on with."""
    for partial in folder.glob(f"wharf-*-{escape(Export(doc_id=doc_id).short_id)}*.partial"):
        partial.unlink(missing_ok=True)


def write(archive: Archive, path: Path, watch: WatchBytes) -> None:
    """The archive as a file, going on where it stopped. Raises `EntryMissing`, `FolderBusy`, and OSError of the
    folder."""
    partial = path.with_name(f"{path.name}.partial")
    with suppress(FileNotFoundError):
        path.rename(partial)  # so that a name without `.partial` always is of an archive that is whole
    with partial.open("r+b" if partial.exists() else "w+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise FolderBusy(f"Another command is writing {path.name}.") from busy
        there = _equal(archive, file, watch)
        file.truncate(there)
        file.seek(there)
        for chunk in read(archive, there, archive.size, check=True):
            file.write(chunk)
            watch(len(chunk))
        _sync(file)
    _put(partial, path)


def _equal(archive: Archive, file: IO[bytes], watch: WatchBytes) -> int:
    """How many bytes at the beginning of the file surely are those of the archive."""
    there = 0
    for chunk in read(archive, 0, min(os.fstat(file.fileno()).st_size, archive.size), check=True):
        if file.read(len(chunk)) != chunk:
            break
        there += len(chunk)
        watch(len(chunk))
    return there


def _sync(file: IO[Any]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _put(fresh: Path, path: Path) -> None:
    """Puts a file that is whole under its name, so that a power cut leaves either the one or the other."""
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
