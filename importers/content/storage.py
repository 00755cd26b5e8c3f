"""Files below the data folder, written so that neither a kill nor a power cut takes what was answered 201."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage

from importers.content.faults import ASK, DELETE, LIST, READ, WRITE, StorageCall

STORAGE_CHUNK = 1024 * 1024
SYNC_EVERY = 16 * STORAGE_CHUNK  # bytes after which the disk is set to work
SYNC_AT_ONCE = 8  # files that are brought to the disk side by side: it writes its journal once for several
SYNC_BEHIND = 64 * STORAGE_CHUNK  # bytes that may wait for the disk; the sync at the end takes no longer than these


class DurableFileSystemStorage(FileSystemStorage):
    """Writes a file once, under a name that is new, and returns only when its bytes and its name are on the disk.

    While bytes come, a second thread already syncs what is there: after the last byte of many gigabytes only the
    last few megabytes wait for the disk.
    """

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        """Returns the name, which is a key of our own: nobody else has chosen it, and it is never taken."""
        return self._save(str(name), content)

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        self._make_folders(path.parent)
        descriptor = _create(path, os.O_EXCL)
        try:
            _write(descriptor, content.chunks(STORAGE_CHUNK))
        except BaseException:
            path.unlink(missing_ok=True)  # a file that is not whole must not be found by anybody
            raise
        _sync(path.parent)
        return name

    def save_before_sync(self, name: str, content: File) -> None:
        """Writes a small file, which is not on the disk for sure before `sync`: many of them together are quicker."""
        path = Path(self.path(name))
        self._make_folders(path.parent)
        descriptor = _create(path, os.O_EXCL)
        try:
            with contextlib.closing(_Descriptor(descriptor)):
                for chunk in content.chunks(STORAGE_CHUNK):
                    _write_all(descriptor, chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def sync(self, names: Sequence[str]) -> None:
        """Sees these files and their names onto the disk."""
        paths = [Path(self.path(name)) for name in names]
        with ThreadPoolExecutor(SYNC_AT_ONCE, thread_name_prefix="sync") as threads:
            for step in (paths, {path.parent for path in paths}):
                for done in [threads.submit(_sync, path) for path in step]:
                    done.result()  # raises what the disk said

    def append(self, name: str, chunks: Iterable[bytes | memoryview]) -> None:
        """Adds to a file, which is made if it is not there. Where the chunks break off it stays as far as it came: only
        whoever knows its name may go on with it, or remove it."""
        path = Path(self.path(name))
        self._make_folders(path.parent)
        descriptor = _create(path, os.O_APPEND)
        _sync(path.parent)
        _write(descriptor, chunks)

    def ask(self) -> None:
        """Raises `OSError` where nothing could be written. Writes nothing for it."""
        with StorageCall(ASK):
            folder = Path(self.base_location)
            while not folder.exists():  # nothing has been stored yet
                folder = folder.parent
            if os.statvfs(folder).f_flag & os.ST_RDONLY or not os.access(folder, os.W_OK | os.X_OK):
                raise OSError(f"nothing can be written into {folder}")

    def open(self, name: str, mode: str = "rb") -> File:
        """Returns the file, to be read. Raises `FileNotFoundError`, and what else the disk says."""
        with StorageCall(READ):
            return ReadFile(Path(self.path(name)).open(mode), name)

    def entries(self, folder: str = "") -> Iterator[tuple[str, int]]:
        """Yields every key and its size in bytes. What goes meanwhile is not there."""
        try:
            with StorageCall(LIST):
                found = list(os.scandir(self.path(folder)))
        except FileNotFoundError:  # nothing has been stored yet
            return
        for entry in found:
            key = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from self.entries(key)
                continue
            with contextlib.suppress(FileNotFoundError):
                yield key, entry.stat(follow_symlinks=False).st_size

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name  # keys are random; should one ever stand already, opening it fails

    def delete(self, name: str) -> None:
        """Removes the file and makes sure that it stays removed. A file that is gone already is no error."""
        path = Path(self.path(name))
        with contextlib.suppress(FileNotFoundError), StorageCall(DELETE):
            path.unlink()
            _sync(path.parent)

    def delete_keys(self, names: list[str]) -> None:
        """Removes many, as `delete` does, and syncs each folder once."""
        folders = set()
        for path in (Path(self.path(name)) for name in names):
            with contextlib.suppress(FileNotFoundError), StorageCall(DELETE):
                path.unlink()
                folders.add(path.parent)
        for folder in folders:
            _sync(folder)

    def expect(self, names: Iterable[str]) -> None:
        """Makes the folders of files that will come, and sees them onto the disk together."""
        self._make_folders(*{Path(self.path(name)).parent for name in names})

    def _make_folders(self, *folders: Path) -> None:
        missing = [folder for folder in folders if not folder.is_dir()]
        for folder in missing:
            with StorageCall(WRITE):
                folder.mkdir(parents=True, exist_ok=True)
        for parent in {folder.parent for folder in missing}:
            _sync(parent)


def ask_storage(storage: Storage) -> None:
    """Raises what a storage raises that does not work, at the price of one request, and writes nothing."""
    if (ask := getattr(storage, "ask", None)) is not None:
        ask()
    else:
        storage.exists("ready")


def delete_keys(storage: Storage, names: list[str]) -> None:
    """Removes many files. What is gone already is no error."""
    if (delete := getattr(storage, "delete_keys", None)) is not None:
        delete(names)
    else:
        for name in names:
            storage.delete(name)


def stored_keys(storage: Storage) -> Iterator[str]:
    """Every key in a storage, whole or not, in no particular order."""
    return (key for key, _ in stored_entries(storage))


def stored_entries(storage: Storage, folder: str = "") -> Iterator[tuple[str, int]]:
    """Every key in a storage and the bytes that lie there, from a listing, which costs a request for many."""
    if (entries := getattr(storage, "entries", None)) is not None:
        yield from entries()
        return
    folders, names = storage.listdir(folder)
    for name in names:
        key = f"{folder}/{name}" if folder else name
        yield key, storage.size(key)
    for inner in folders:
        yield from stored_entries(storage, f"{folder}/{inner}" if folder else inner)


class ReadFile(File):
    """A stored file that is read."""

    def read(self, size: int = -1) -> bytes:
        """Returns so many bytes, or fewer at the end. Raises `OSError`."""
        opened: Any = self.file
        with StorageCall(READ):
            return bytes(opened.read(size))


class _Descriptor:
    """Something with a `close`."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def close(self) -> None:
        os.close(self.descriptor)


class _Writeback:
    """Keeps the disk at work while a file is written, and ends with everything on it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.unsynced = 0  # bytes since the last sync began
        self.syncing: Future[None] | None = None
        self.thread: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def wrote(self, size: int) -> None:
        self.unsynced += size
        if self.unsynced < SYNC_EVERY:
            return
        if self.syncing is not None:
            if not self.syncing.done() and self.unsynced < SYNC_BEHIND:
                return
            self.syncing.result()  # raises what the disk said
        if self.thread is None:
            self.thread = ThreadPoolExecutor(1, thread_name_prefix="writeback")
        self.syncing = self.thread.submit(os.fdatasync, self.descriptor)
        self.unsynced = 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.thread is not None:
            self.thread.shutdown(wait=True)  # before the descriptor's number is used for another file
        if error is None:
            if self.syncing is not None:
                self.syncing.result()
            with StorageCall(WRITE):
                os.fsync(self.descriptor)


def _write(descriptor: int, chunks: Iterable[bytes | memoryview]) -> None:
    """Writes everything, sees it onto the disk, and closes."""
    with contextlib.closing(_Descriptor(descriptor)), _Writeback(descriptor) as writeback:
        for chunk in chunks:
            _write_all(descriptor, chunk)
            writeback.wrote(len(chunk))


def _write_all(descriptor: int, chunk: bytes | memoryview) -> None:
    view = memoryview(chunk)
    with StorageCall(WRITE):
        while view:
            view = view[os.write(descriptor, view) :]


def _create(path: Path, flag: int) -> int:
    with StorageCall(WRITE):
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flag, 0o640)


def _sync(path: Path) -> None:
    with StorageCall(WRITE):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
