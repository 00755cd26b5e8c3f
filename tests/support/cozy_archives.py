"""Archives as a Cozy writes them: its documents, its files, and the zip around them."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

ROOT = "My Cozy"

Entries = Sequence[tuple[str, bytes]]


def directory(doc_id: str, path: str, parent: str = "io.cozy.files.root-dir", **more: Any) -> tuple[str, bytes]:
    name = path.rpartition("/")[2]
    return document("io.cozy.files", doc_id, type="directory", name=name, dir_id=parent, path=path, **more)


def file(
    doc_id: str, path: str, content: bytes, parent: str = "io.cozy.files.root-dir", **more: Any
) -> list[tuple[str, bytes]]:
    """The document of a file, and its content directly after it."""
    body = {
        "type": "file",
        "name": path.rpartition("/")[2],
        "dir_id": parent,
        "created_at": "2021-03-04T05:06:07Z",
        "updated_at": "2021-03-04T05:06:07Z",
        "size": str(len(content)),
        "md5sum": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
        "mime": "text/plain",
        "class": "text",
        "executable": False,
        "trashed": False,
    }
    return [document("io.cozy.files", doc_id, **body | more), (f"{ROOT}/Files{path}", content)]


def document(doctype: str, doc_id: str, **body: Any) -> tuple[str, bytes]:
    return f"{ROOT}/Data/{doctype}/{doc_id}.json", json.dumps({"_id": doc_id, **body}).encode()


def instance(domain: str = "ada.cozy.example") -> tuple[str, bytes]:
    return f"{ROOT}/Data/instance.json", json.dumps({"domain": domain, "locale": "en"}).encode()


class _Line(io.RawIOBase):
    """Takes bytes and can't seek, as a connection."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.held += piece
        return len(piece)


def cozy_zip(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """As Go's archive/zip writes it into an answer: deflated, with sizes and CRC behind the bytes."""
    line = _Line()
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
