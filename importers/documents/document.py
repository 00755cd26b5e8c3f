"""A document that leaves in an export, with or without bytes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

IN_BIN = "in the bin:"  # what the key of a directory that is there begins with

# The columns that `StoredBytes` is made of.
STORED_COLUMNS = ("content__storage_key", "content__sha256", "content__crc32", "content__size", "content__md5")


@dataclass(frozen=True)
class ExportDocument:
    """One document of an export."""

    doctype: str
    id: str
    body: dict[str, Any]


@dataclass(frozen=True)
class DirectoryDocument(ExportDocument):
    """The document of a directory, which is in the directory at the path `parent`, if possible as `name`.

    `key` is what its files name it by: the path of a folder, or anything else that doesn't begin with a slash for a
    directory that is merged with no other of its name. What is in the bin may name one that is not there.
    """

    key: str
    parent: str
    name: str
    trashed: bool = False


def key_in_bin(path: str) -> str:
    """Returns the key of the directory in the bin that was at a path, where another one may be now. What names it is
    in that other one if it is not there."""
    return f"{IN_BIN}{path}"


def path_of_key(key: str) -> str:
    """Returns the key of the directory at the same path that is not in the bin."""
    return key.removeprefix(IN_BIN)


@dataclass(frozen=True)
class StoredBytes:
    """The bytes of a file: where they lie, and what is known of them. `size` in bytes, `sha256` in hex, `md5` in
    base64, empty where nobody knows it."""

    key: str
    sha256: str
    crc32: int
    size: int
    md5: str = ""


@dataclass(frozen=True)
class FileDocument(ExportDocument):
    """The document of a file, which its bytes follow; it is in the directory with the key `folder`. What is in the
    bin may name one that is not there, or no more: it was in it."""

    stored: StoredBytes
    folder: str
    name: str
    modified: datetime | None
    trashed: bool = False


@dataclass(frozen=True)
class VersionDocument(ExportDocument):
    """The document of what a file was earlier, which its bytes follow. Its id is `<file id>/<version id>`."""

    stored: StoredBytes
    modified: datetime | None
