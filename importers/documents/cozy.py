"""What a document says for a Cozy, which reads the same archives."""

import json
import re
from datetime import datetime
from typing import Any

from accounts import strict_json
from importers.documents.document import StoredBytes

CLASSES = {"image": "image", "video": "video", "audio": "audio", "text": "text"}

# What a Cozy's document says for its own programs, and leaves again as it came. What is never said twice, such as name
# and place, is not among it.
COZYS_OWN = ("created_at", "updated_at", "md5sum", "mime", "class", "executable", "encrypted", "tags", "cozyMetadata")
TIMES_OF_COZY = ("createdAt", "updatedAt", "uploadedAt")
RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
MOST_COZYS_OWN = 256 * 1024  # characters of a document that is looked into for it
DEEPEST_COZYS_OWN = 50  # levels of nesting of one that is


def file_body(
    doc_id: str, mime: str, received: datetime, modified: datetime | None, stored: StoredBytes
) -> dict[str, Any]:
    """What the document of every file says, as a Cozy reads it; its name and place are for whoever builds the tree."""
    created = min(received, modified) if modified else received
    mime = mime or "application/octet-stream"
    return {
        "_id": doc_id,
        "type": "file",
        "created_at": created.isoformat(),
        "updated_at": (modified or received).isoformat(),
        "size": str(stored.size),
        **md5sum(stored),
        "mime": mime,
        "class": CLASSES.get(mime.partition("/")[0], "files"),
        "executable": False,
        "trashed": False,
        "tags": [],
    }


def md5sum(stored: StoredBytes) -> dict[str, str]:
    """The MD5 as a document says it, which may leave it out."""
    return {"md5sum": stored.md5} if stored.md5 else {}


def directory_times(first: datetime | str, last: datetime | str | None = None) -> dict[str, str]:
    """When a directory was made and changed; one that says nothing of it is from the year 1 on a Cozy. What a server
    makes for what is inside has the times of that, so that they are the same wherever it leaves from."""
    created, updated = (one if isinstance(one, str) else one.isoformat() for one in (first, last or first))
    return {"created_at": created, "updated_at": updated}


def favourite(body: dict[str, Any]) -> bool:
    """Whether a Cozy's document says that it is one of the person's favourites."""
    of_cozy = body.get("cozyMetadata")
    return isinstance(of_cozy, dict) and of_cozy.get("favorite") is True


def as_favourite(body: dict[str, Any]) -> dict[str, Any]:
    """The body of a file that is a favourite, which a Cozy believes only with both times beside it."""
    times = {"createdAt": body["created_at"], "updatedAt": body["updated_at"]}
    return body | {"cozyMetadata": times | body.get("cozyMetadata", {}) | {"favorite": True}}


def with_all_of_cozys(body: dict[str, Any], payload: str) -> dict[str, Any]:
    """The same as `with_cozys_own`, with everything else that the document said as well: of doctypes of which a Cozy
    drops nothing."""
    cozys = _cozys(payload)
    return with_cozys_own({name: value for name, value in cozys.items() if name != "_rev"} | body, payload)


def with_cozys_own(body: dict[str, Any], payload: str) -> dict[str, Any]:
    """The body of a record's document, with what a Cozy's document said that the record was made of.

    An exporter's item, which is what most records are made of, is left alone.
    """
    cozys = _cozys(payload)
    if not cozys:
        return body
    known = {"md5sum"} & body.keys()  # of the bytes that are here
    body |= {name: cozys[name] for name in COZYS_OWN if name not in known and _is_as_cozy_reads(name, cozys.get(name))}
    metadata = cozys.get("metadata")
    if isinstance(metadata, dict):
        body["metadata"] = {name: value for name, value in metadata.items() if name != "wharf"} | body["metadata"]
    references = cozys.get("referenced_by")
    if isinstance(references, list) and "referenced_by" in body:
        named = [one for one in references if _is_reference(one)]
        body["referenced_by"] += [one for one in named if one not in body["referenced_by"]]
    return body


def _cozys(payload: str) -> dict[str, Any]:
    """Returns what a Cozy's document says that a record was made of; nothing of anything else."""
    if '"_id"' not in payload or '"@type"' in payload or len(payload) > MOST_COZYS_OWN:
        return {}
    try:
        cozys = strict_json.loads(payload)
        json.dumps(cozys, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # numbers of thousands of digits, lone surrogates: they stay in the payload
        return {}
    return cozys if isinstance(cozys, dict) and _is_shallow(cozys, DEEPEST_COZYS_OWN) else {}


def _is_as_cozy_reads(name: str, value: Any) -> bool:
    """Whether this is what a Cozy has in a field of its own: it reads no document of which one has another shape, and
    its import then fails as a whole."""
    match name:
        case "created_at" | "updated_at":
            return _is_time(value)
        case "executable" | "encrypted":
            return isinstance(value, bool)
        case "tags":
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case "cozyMetadata":
            return isinstance(value, dict) and all(_is_time(value[one]) for one in TIMES_OF_COZY if one in value)
    return isinstance(value, str)


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in ("type", "id"))


def _is_time(value: Any) -> bool:
    """Whether this is a time of RFC 3339, as Go reads it."""
    found = RFC_3339.fullmatch(value) if isinstance(value, str) else None
    try:
        return found is not None and datetime.fromisoformat(found[1]) is not None
    except ValueError:  # no such day
        return False


def _is_shallow(value: Any, most: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return most > 0 and all(_is_shallow(one, most - 1) for one in inner)
