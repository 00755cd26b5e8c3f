"""Archives as a Cozy writes them: its documents, its files, and the zip around them."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from tests.support.one_way_line import OneWayLine

ROOT = "My Cozy"
FILES, VERSIONS = "io.cozy.files", "io.cozy.files.versions"
ROOT_DIRECTORY, TRASH_DIRECTORY = "io.cozy.files.root-dir", "io.cozy.files.trash-dir"

Entries = Sequence[tuple[str, bytes]]


def entry(doctype: str, body: dict[str, Any]) -> tuple[str, bytes]:
    """A document as an archive has it."""
    return f"{ROOT}/Data/{doctype}/{body['_id']}.json", json.dumps(body).encode()


def document(doctype: str, doc_id: str, **body: Any) -> tuple[str, bytes]:
    return entry(doctype, {"_id": doc_id, **body})


def directory(doc_id: str, path: str, parent: str = ROOT_DIRECTORY, **more: Any) -> tuple[str, bytes]:
    return entry(FILES, directory_document(doc_id, path, parent, **more))


def directory_document(doc_id: str, path: str, parent: str = ROOT_DIRECTORY, **more: Any) -> dict[str, Any]:
    """What a Cozy says of a directory."""
    said = {
        "_id": doc_id,
        "type": "directory",
        "name": path.rpartition("/")[2],
        "dir_id": parent,
        "path": path,
        "created_at": "2024-01-01T10:00:00Z",
        "updated_at": "2024-01-01T10:00:00Z",
        "tags": [],
    }
    return said | more


def file(doc_id: str, path: str, content: bytes, parent: str = ROOT_DIRECTORY, **more: Any) -> list[tuple[str, bytes]]:
    """The document of a file, and its content directly after it."""
    said = file_document(doc_id, path.rpartition("/")[2], content, parent, **more)
    return [entry(FILES, said), (f"{ROOT}/Files{path}", content)]


def file_document(doc_id: str, name: str, content: bytes, parent: str = ROOT_DIRECTORY, **more: Any) -> dict[str, Any]:
    """What a Cozy says of a file."""
    said = {
        "_id": doc_id,
        "_rev": "3-abc",
        "type": "file",
        "name": name,
        "dir_id": parent,
        "created_at": "2024-01-01T10:00:00.123456789Z",
        "updated_at": "2024-02-01T10:00:00.123456789+02:00",
        "size": str(len(content)),
        "md5sum": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
        "mime": "text/plain",
        "class": "text",
        "executable": False,
        "trashed": False,
        "tags": ["one"],
        "cozyMetadata": {"createdByApp": "drive"},
    }
    return said | more


def version(file_id: str, name: str, content: bytes, **more: Any) -> list[tuple[str, bytes]]:
    """What a file was before: a document and its content."""
    said = {"_id": f"{file_id}/{name}", "size": str(len(content)), "updated_at": "2023-01-01T00:00:00Z", "tags": []}
    return [entry(VERSIONS, said | more), (f"{ROOT}/Files/{file_id}/{name}", content)]


def instance(domain: str = "ada.cozy.example") -> tuple[str, bytes]:
    return f"{ROOT}/Data/instance.json", json.dumps({"domain": domain, "locale": "en"}).encode()


# Entries of an archive in which the content of one file is missing, and one that is there.
THERE = file("there", "/there.txt", b"there")
BROKEN = [instance(), document("io.cozy.notes", "n", text="n"), file("lost", "/lost.txt", b"lost")[0], *THERE]


def cozy_zip(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """As Go's archive/zip writes it into an answer: deflated, with sizes and CRC behind the bytes."""
    line = OneWayLine()
    with zipfile.ZipFile(line, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries:
            archive.writestr(name, body)
    return bytes(line.held)


def stored_zip(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """Stored, with sizes before the bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, body in entries:
            archive.writestr(name, body)
    return file.getvalue()


def with_manifest(entries: Entries, **changed: bytes) -> list[tuple[str, bytes]]:
    """The entries, and a manifest of them as of ours; `changed` says it of other bytes."""
    lines = [
        {"part": 0, "path": name, "size": len(body), "sha256": hashlib.sha256(changed.get(name, body)).hexdigest()}
        for name, body in entries
    ]
    head = {"version": 1, "export": "0" * 32, "server": "https://wharf.example", "account": "ada", "with_doctypes": []}
    text = json.dumps(head)[:-1] + ',"entries":[\n' + ",\n".join(map(json.dumps, lines)) + "\n]}\n"
    return [*entries, (f"{ROOT}/manifest.json", text.encode())]
