"""Many files from one storage to another, each of which is what it should be, or is not taken."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.core.files.base import File
from django.core.files.storage import Storage

from config.backups.dumps import NamedFile
from importers.content.storage import STORAGE_CHUNK, DurableFileSystemStorage, stored_entries

FILES_AT_ONCE = 8  # files that are copied side by side
TOGETHER = 256  # files that are brought to the disk together
SMALL = 1024 * 1024  # bytes, up to which they are


class DamagedFileError(Exception):
    """Its bytes are not those that the row says."""


@dataclass
class CopiedFiles:
    """How many files and bytes were copied, how many were there already, and what is wrong, a sentence each."""

    files: int = 0
    size: int = 0
    there: int = 0
    wrong: list[str] = field(default_factory=list)


class StoredKeys:
    """Which keys a storage has, with their sizes: in a table on this machine's disk, since there may be millions."""

    def __init__(self, storage: Storage) -> None:
        self._table = sqlite3.connect("", check_same_thread=False)  # a file of its own that nobody else sees
        self._table.execute("CREATE TABLE keys (key TEXT PRIMARY KEY, size INTEGER, named INTEGER DEFAULT 0)")
        self._table.executemany("INSERT INTO keys (key, size) VALUES (?, ?)", stored_entries(storage))

    def size(self, key: str) -> int | None:
        """Returns how many bytes lie there; None where nothing does."""
        row = self._table.execute("SELECT size FROM keys WHERE key = ?", [key]).fetchone()
        return row[0] if row else None

    def name(self, keys: Iterable[str]) -> None:
        """Notes that these are needed."""
        self._table.executemany("UPDATE keys SET named = 1 WHERE key = ?", ([key] for key in keys))

    def unnamed(self) -> Iterator[list[str]]:
        """Yields the keys that nobody has named, some at a time."""
        with closing(self._table.execute("SELECT key FROM keys WHERE named = 0")) as rows:
            while some := rows.fetchmany(500):
                yield [key for (key,) in some]

    def close(self) -> None:
        self._table.close()


class CheckedFile(File):
    """A file that is read once, and raises `DamagedFileError` at its end if it is not what the row says."""

    def __init__(self, file: Any, expected: NamedFile) -> None:
        super().__init__(file, expected.key)
        self.read_size = 0
        self._source = file
        self._expected = expected

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Yields its bytes."""
        running = hashlib.sha256()
        while chunk := self._source.read(chunk_size or STORAGE_CHUNK):
            self.read_size += len(chunk)
            running.update(chunk)
            yield chunk
        if self._expected.size not in (None, self.read_size):
            raise DamagedFileError(f"it has {self.read_size} bytes instead of {self._expected.size}")
        if self._expected.sha256 not in (None, running.hexdigest()):
            raise DamagedFileError("its bytes are not those that were received")


def copy_files(
    files: Iterable[NamedFile],
    source: Storage,
    target: Storage,
    there: StoredKeys,
    progress: Callable[[NamedFile], None],
    renamed: Callable[[str], str] = str,
) -> CopiedFiles:
    """Copies what is not there yet, and returns how it went; `progress` is told of each file. `renamed` says under
    which key a file comes to lie. Raises what a storage raises that does not work."""
    copied, rest = CopiedFiles(), iter(files)
    with ThreadPoolExecutor(FILES_AT_ONCE, thread_name_prefix="copy") as threads:
        while some := list(islice(rest, TOGETHER)):
            left = []
            for file in some:
                size = there.size(renamed(file.key))
                if size is not None and file.size in (None, size):
                    copied.there += 1
                    progress(file)
                else:
                    left.append((file, renamed(file.key), size is not None))
            results = threads.map(lambda one: _copy(source, target, *one), left)
            for (file, _, _), done in zip(left, results, strict=True):
                if isinstance(done, int):
                    copied.files, copied.size = copied.files + 1, copied.size + done
                elif done:
                    copied.wrong.append(f"{file.key}: {done}")
                progress(file)
            if isinstance(target, DurableFileSystemStorage):
                target.sync([key for file, key, _ in left if _is_small(file) and target.exists(key)])
    return copied


def _copy(source: Storage, target: Storage, file: NamedFile, key: str, is_broken: bool) -> int | str:
    """Copies one file. Returns its bytes, or what is wrong; nothing where it is gone that no row says a size of: what
    exports need ends with them."""
    if is_broken:
        target.delete(key)  # a copy that was killed has left it
    try:
        with source.open(file.key) as stored:
            checked = CheckedFile(stored, file)
            if isinstance(target, DurableFileSystemStorage) and _is_small(file):
                target.save_before_sync(key, checked)
            else:
                target.save(key, checked)
    except FileNotFoundError:
        return "its bytes are missing" if file.size is not None else ""
    except DamagedFileError as damage:
        return str(damage)
    return checked.read_size


def _is_small(file: NamedFile) -> bool:
    return file.size is not None and file.size <= SMALL
