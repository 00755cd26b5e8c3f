"""The document of a file, until its bytes follow."""

import json
from dataclasses import dataclass
from typing import Any

from importers.documents.doctypes import VERSIONS
from moves.imports.placing.document import RawDocument
from moves.imports.placing.known_bytes import SHA256


@dataclass(frozen=True)
class PendingFile:
    """The document of a file, until the next entry shows whether that is its content.

    `entry`: the name of its entry; `at`: where that is. `size` in bytes and `md5` in base64 where it says them;
    `sha256` where another server of this product says it.
    """

    incoming: RawDocument
    entry: str
    at: int
    root: str
    name: str
    size: int | None
    md5: str
    sha256: str


def _file_body(raw: bytes, doctype: str) -> dict[str, Any] | None:
    """What the document of a file says; None where it is one that no bytes follow, or can't be read."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    return body if doctype == VERSIONS or body.get("type") == "file" else None


def _size(value: Any) -> int | None:
    """The size that a document says: a decimal text from a Cozy, or a number."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _sha256(body: dict[str, Any]) -> str:
    """What a document of ours says, which proves more than an MD5; else empty."""
    metadata = body.get("metadata")
    wharf = metadata.get("wharf") if isinstance(metadata, dict) else None
    found = wharf.get("sha256") if isinstance(wharf, dict) else None
    return found if isinstance(found, str) and SHA256.fullmatch(found) else ""
