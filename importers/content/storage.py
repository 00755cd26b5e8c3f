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
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
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
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
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
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        _sync(path.parent)
        _write(descriptor, chunks)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name  # keys are random; should one ever stand already, opening it fails

    def delete(self, name: str) -> None:
        """Removes the file and makes sure that it stays removed. A file that is gone already is no error."""
        path = Path(self.path(name))
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            _sync(path.parent)

    def expect(self, names: Iterable[str]) -> None:
        """Makes the folders of files that will come, and sees them onto the disk together."""
        self._make_folders(*{Path(self.path(name)).parent for name in names})

    def _make_folders(self, *folders: Path) -> None:
        missing = [folder for folder in folders if not folder.is_dir()]
        for folder in missing:
            folder.mkdir(parents=True, exist_ok=True)
        for parent in {folder.parent for folder in missing}:
            _sync(parent)


def stored_keys(storage: Storage, folder: str = "") -> Iterator[str]:
    """Every key in a storage, whole or not, in no particular order."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:  # nothing has been stored yet
        return
    for name in names:
        yield f"{folder}/{name}" if folder else name
    for inner in folders:
        yield from stored_keys(storage, f"{folder}/{inner}" if folder else inner)


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
            os.fsync(self.descriptor)


def _write(descriptor: int, chunks: Iterable[bytes | memoryview]) -> None:
    """Writes everything, sees it onto the disk, and closes."""
    with contextlib.closing(_Descriptor(descriptor)), _Writeback(descriptor) as writeback:
        for chunk in chunks:
            _write_all(descriptor, chunk)
            writeback.wrote(len(chunk))


def _write_all(descriptor: int, chunk: bytes | memoryview) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
