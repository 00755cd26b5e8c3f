"""How a Cozy reads the parts of an export: strictly, in their order, and knowing nothing of other makers."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote
from zipfile import ZipFile, ZipInfo

from tests.e2e.cozy.account import (
    ALBUMS,
    BIN,
    FILES,
    ROOT,
    VERSIONS,
    CozyAccount,
    CozyFile,
    Document,
    Version,
    never_imported,
)
from tests.e2e.cozy.account import md5sum as md5_of
from tests.e2e.cozy.parts import CONTENT, DATA

COMMON = {"_id", "_rev", "type", "name", "dir_id", "created_at", "updated_at", "tags", "metadata", "referenced_by"}
KNOWN_OF_DIRECTORIES = COMMON | {"path", "restore_path", "cozyMetadata", "not_synchronized_on"}
KNOWN_OF_FILES = COMMON | {
    *("size", "md5sum", "mime", "class", "executable", "trashed"),
    *("restore_path", "cozyMetadata", "encrypted"),
}


class NotLikeACozy(Exception):
    """The archive is not what a Cozy would import. The sentence says where."""


@dataclass
class ArchiveReading:
    """What came out of an archive, and what a Cozy did not understand of it."""

    account: CozyAccount = field(default_factory=CozyAccount.empty)
    dropped: Counter[str] = field(default_factory=Counter)  # top-level fields of files and directories
    ignored: list[str] = field(default_factory=list)  # entries that are neither documents nor their bytes
    without_content: list[str] = field(default_factory=list)  # files whose document stood alone
    never: list[str] = field(default_factory=list)  # documents that no server should have sent on
    other_paths: list[tuple[str, str]] = field(default_factory=list)  # the entry's path, and the document's
    unsummed: list[str] = field(default_factory=list)  # files without an md5sum
    instance: Document = field(default_factory=dict)

    def part(self, path: Path, *, first: bool) -> None:
        """Reads one part. Raises NotLikeACozy."""
        with ZipFile(path) as archive:
            _Part(self, archive, first=first).read()


def read(paths: Sequence[Path]) -> ArchiveReading:
    """Reads all parts of an export, the first one first. Raises NotLikeACozy."""
    reading = ArchiveReading()
    for number, path in enumerate(paths):
        reading.part(path, first=number == 0)
    return reading


class _Part:
    """One archive on its way in."""

    def __init__(self, reading: ArchiveReading, archive: ZipFile, *, first: bool) -> None:
        self.reading = reading
        self.account = reading.account
        self.archive = archive
        self.entries = archive.infolist()
        self.first = first

    def read(self) -> None:
        if self.first and not any(entry.filename == f"{DATA}/instance.json" for entry in self.entries):
            raise NotLikeACozy(f"There is no {DATA}/instance.json in the first part")
        number = 0
        while number < len(self.entries):
            number += self._entry(number)

    def _entry(self, number: int) -> int:
        """Takes what begins at this entry. Returns how many entries that were."""
        name = self.entries[number].filename
        if not name.startswith("My Cozy/"):
            raise NotLikeACozy(f"{name!r} is not in the folder My Cozy")
        if not name.startswith(f"{DATA}/"):
            if name.startswith(f"{CONTENT}/"):
                raise NotLikeACozy(f"{name!r} does not follow its document")
            self.reading.ignored.append(name)
            return 1
        if not name.endswith(".json"):
            raise NotLikeACozy(f"{name!r} is no document")
        document = json.loads(self.archive.read(self.entries[number]))
        if name == f"{DATA}/instance.json":
            self.reading.instance = document
            return 1
        escaped, slash, identifier = name.removeprefix(f"{DATA}/").removesuffix(".json").partition("/")
        doctype = unquote(escaped)
        if not slash or not isinstance(document, dict):
            raise NotLikeACozy(f"{name!r} names no document")
        if doctype == VERSIONS:
            return self._version(number, identifier, document)
        if document.get("_id") not in (identifier, unquote(identifier)):
            raise NotLikeACozy(f"{name!r} has the identifier {document.get('_id')!r}")
        identifier = document["_id"]
        if doctype == FILES:
            return self._directory(document) if document["type"] == "directory" else self._file(number, document)
        self._document(doctype, identifier, document)
        return 1

    def _document(self, doctype: str, identifier: str, document: Document) -> None:
        if not self.first:
            raise NotLikeACozy(f"{doctype} {identifier} is a document, and not in the first part")
        if never_imported(doctype, identifier):
            self.reading.never.append(f"{doctype}/{identifier}")
            return
        if (doctype, identifier) in self.account.documents:
            raise NotLikeACozy(f"{doctype} {identifier} is there twice")
        self.account.documents[doctype, identifier] = document

    def _directory(self, document: Document) -> int:
        if not self.first:
            raise NotLikeACozy(f"The directory {document['path']} is not in the first part")
        identifier = document["_id"]
        self._drop(document, KNOWN_OF_DIRECTORIES)
        if identifier in (ROOT, BIN):
            return 1
        parent = self.account.directories.get(document["dir_id"])
        if parent is None:
            raise NotLikeACozy(f"The directory {document['path']} comes before its parent {document['dir_id']}")
        _check_name(document["name"])
        path = f"{parent['path'].rstrip('/')}/{document['name']}"
        if path != document["path"]:
            raise NotLikeACozy(f"The directory {path} says that it is {document['path']}")
        if identifier in self.account.directories or any(
            other["path"] == path for other in self.account.directories.values()
        ):
            raise NotLikeACozy(f"The directory {path} is there twice")
        self.account.directories[identifier] = {k: v for k, v in document.items() if k in KNOWN_OF_DIRECTORIES}
        return 1

    def _file(self, number: int, document: Document) -> int:
        self._drop(document, KNOWN_OF_FILES)
        if document["type"] != "file" or not isinstance(document["size"], str) or not document["size"].isdecimal():
            raise NotLikeACozy(f"{document['_id']} has the type {document['type']!r} and the size {document['size']!r}")
        if document["dir_id"] not in self.account.directories:
            raise NotLikeACozy(f"{document['name']} is in {document['dir_id']}, which is not there")
        _check_name(document["name"])
        file = CozyFile({k: v for k, v in document.items() if k in KNOWN_OF_FILES}, None)
        if document["_id"] in self.account.files or self.account.path(file) in self._paths():
            raise NotLikeACozy(f"{self.account.path(file)} is there twice")
        self.account.files[document["_id"]] = file
        if "md5sum" not in document:
            self.reading.unsummed.append(document["name"])
        file.content = self._content(number + 1, document)
        if file.content is None:
            self.reading.without_content.append(self.account.path(file))
            return 1
        path = self.entries[number + 1].filename.removeprefix(CONTENT)
        if path != self.account.path(file):
            self.reading.other_paths.append((path, self.account.path(file)))
        return 2

    def _version(self, number: int, identifier: str, document: Document) -> int:
        owner, slash, version = identifier.rpartition("/")
        file = self.account.files.get(owner)
        if not slash or file is None:
            raise NotLikeACozy(f"The version {identifier} is of a file that is not there")
        content = self._content(number + 1, document, f"{CONTENT}/{owner}/{version}")
        if content is None:
            raise NotLikeACozy(f"The version {identifier} has no bytes")
        file.versions.append(Version(document | {"_id": identifier}, content))
        return 2

    def _content(self, number: int, document: Document, name: str = "") -> bytes | None:
        """The bytes that belong to a document, if the next entry is them: by name, size and md5sum."""
        if number >= len(self.entries) or not self._follows(self.entries[number], document, name):
            return None
        content = self.archive.read(self.entries[number])
        return content if document.get("md5sum", md5_of(content)) == md5_of(content) else None

    def _follows(self, entry: ZipInfo, document: Document, name: str) -> bool:
        named = entry.filename == name if name else entry.filename.startswith(f"{CONTENT}/")
        return named and entry.file_size == int(document["size"])

    def _paths(self) -> set[str]:
        return {self.account.path(file) for file in self.account.files.values()}

    def _drop(self, document: Document, known: set[str]) -> None:
        self.reading.dropped.update(sorted(set(document) - known))


def _check_name(name: str) -> None:
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise NotLikeACozy(f"{name!r} is not a name")


def photos_of(account: CozyAccount, album: str) -> set[str]:
    """The names of the photos in an album."""
    return {
        file.document["name"]
        for file in account.files.values()
        if {"type": ALBUMS, "id": album} in (file.document.get("referenced_by") or [])
    }
