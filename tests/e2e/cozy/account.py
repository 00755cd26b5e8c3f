"""What a person has on a Cozy: documents by doctype and id, and the bytes of files and of their old versions."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

FILES = "io.cozy.files"
VERSIONS = "io.cozy.files.versions"
ALBUMS = "io.cozy.photos.albums"
ROOT = "io.cozy.files.root-dir"
BIN = "io.cozy.files.trash-dir"

NEVER_IMPORTED = ("io.cozy.exports", "io.cozy.sessions", "io.cozy.jobs")
OWN_SETTINGS = ("io.cozy.settings.instance", "io.cozy.settings.bitwarden")

Document = dict[str, Any]


def never_imported(doctype: str, identifier: str) -> bool:
    """Documents that belong to the server they are on, and not to the person."""
    if doctype == "io.cozy.settings":
        return identifier in OWN_SETTINGS
    return doctype in NEVER_IMPORTED or doctype.startswith("io.cozy.oauth.")


def md5sum(content: bytes) -> str:
    """As a file document gives it: base64."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


@dataclass
class Version:
    """Earlier bytes of a file."""

    document: Document
    content: bytes

    @property
    def id(self) -> str:
        """The version's own identifier, without the file's."""
        return str(self.document["_id"]).rpartition("/")[2]


@dataclass
class CozyFile:
    """A file: its document and bytes. `content` is None where the server has lost them."""

    document: Document
    content: bytes | None
    versions: list[Version] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.content or b"")


@dataclass
class CozyAccount:
    """Everything of one person. Directories stand parents first."""

    directories: dict[str, Document] = field(default_factory=dict)
    files: dict[str, CozyFile] = field(default_factory=dict)
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> "CozyAccount":
        """A new Cozy has its root and its bin."""
        account = cls()
        account.directories[ROOT] = {"_id": ROOT, "type": "directory", "name": "", "dir_id": "", "path": "/"}
        account.directories[BIN] = {
            "_id": BIN,
            "type": "directory",
            "name": ".cozy_trash",
            "dir_id": ROOT,
            "path": "/.cozy_trash",
        }
        return account

    @property
    def used(self) -> int:
        """Bytes of files and of old versions."""
        return sum(file.size + sum(len(version.content) for version in file.versions) for file in self.files.values())

    @property
    def vault(self) -> bool:
        """Whether there is a vault that the person has to move by hand."""
        return any(doctype.startswith("com.bitwarden.") for doctype, _ in self.documents)

    def path(self, file: CozyFile) -> str:
        """`/Photos/holiday.jpg`."""
        parent = self.directories[file.document["dir_id"]]["path"]
        return f"{parent.rstrip('/')}/{file.document['name']}"

    def by_path(self) -> dict[str, CozyFile]:
        return {self.path(file): file for file in self.files.values()}

    def of(self, doctype: str) -> dict[str, Document]:
        return {identifier: doc for (kind, identifier), doc in self.documents.items() if kind == doctype}
