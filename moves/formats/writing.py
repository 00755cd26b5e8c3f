"""Formats written to the disk, or to a stream: under their final names only what is whole."""

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

from importers.documents.snapshot import Snapshot
from importers.formats.format import FormatBytes
from moves.formats.offered import SEVERAL, OfferedFormat, files_of, first_names
from moves.formats.stored_files import bytes_of, bytes_of_one, gathered
from moves.formats.zip_stream import zipped

PARTIAL = ".partial-"  # what unfinished files and folders have in their names


class NotWritten(Exception):
    """Nothing was written. Its text is a sentence for the person."""


def write_to(stream: IO[bytes], formats: list[OfferedFormat], snapshot: Snapshot) -> None:
    """Writes one file as itself, several as a zip. Raises `NotWritten`, and what writing raises."""
    several = len(_names(formats, snapshot)) > 1
    if several and stream.isatty():
        raise NotWritten("Several files come as a zip, which no terminal shows. Say where to write by --output.")
    with closing(files_of(formats, snapshot)) as files:
        _write(stream, zipped(files) if several else bytes_of_one(files))


def write_at(path: Path, formats: list[OfferedFormat], snapshot: Snapshot) -> Path:
    """Writes one file at the path, or into the folder that is there; several into a new folder at the path, or as a
    zip where it is called so. Returns where they are. Raises `NotWritten`, and OSError of the disk."""
    names = _names(formats, snapshot)
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(files_of(formats, snapshot)) as files:
        if len(names) == 1:
            return _put_file(path / Path(names[0]).name if path.is_dir() else path, bytes_of_one(files))
        if path.suffix.lower() == SEVERAL:
            return _put_file(path, zipped(files))
        return _put_folder(path, files)


def _names(formats: list[OfferedFormat], snapshot: Snapshot) -> list[str]:
    names = first_names(formats, snapshot)
    if not names:
        raise NotWritten("There is nothing of that in the account.")
    return names


def _put_file(path: Path, pieces: Generator[bytes]) -> Path:
    if path.is_dir():
        raise NotWritten(f"{path} is a folder.")
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:100]}{PARTIAL}", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write(file, pieces)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(_mode(0o666))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return path


def _put_folder(path: Path, files: Iterator[tuple[str, FormatBytes]]) -> Path:
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise NotWritten(f"{path} is there already. Several files go into a new folder, or a new {SEVERAL}.")
    partial = Path(tempfile.mkdtemp(prefix=f".{path.name[:100]}{PARTIAL}", dir=path.parent))
    try:
        for name, content in files:
            file_path = partial / name
            file_path.parent.mkdir(parents=True, exist_ok=True)
            with file_path.open("xb") as file:
                _write(file, bytes_of(name, content))
        os.sync()  # once, since there may be very many
        partial.chmod(_mode(0o777))
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _sync_folder(path.parent)
    return path


def _write(file: IO[bytes], pieces: Generator[bytes]) -> None:
    with closing(pieces):  # which reads rows: before the snapshot ends
        for piece in gathered(pieces):
            file.write(piece)


def _mode(wanted: int) -> int:
    """Returns the mode that a file gets which anybody makes; what is temporary is its owner's alone."""
    mask = os.umask(0)
    os.umask(mask)
    return wanted & ~mask


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
