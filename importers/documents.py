"""What records look like when they leave: one document each, and what it takes to make records of documents again.

Each vertical says in its own module how its rows become documents. What all records have in common stands here. In a
document, everything that only this product knows is inside `metadata.wharf`: a Cozy keeps `metadata` whole, and drops
what it doesn't know beside it.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model

from importers.models import Record
from importers.snapshots import Beside, Snapshot

FILES = "io.cozy.files"
VERSIONS = "io.cozy.files.versions"
ROOT = "io.cozy.files.root-dir"
TRASH = "io.cozy.files.trash-dir"
TRASH_PATH = "/.cozy_trash"
ITEMS = "org.wharf.items"
PATH = "path"  # `metadata.wharf.kind` of a directory that no record stands behind

# What every record has, besides who it belongs to and where it came from.
FACTS = ("identity", "payload", "received_at", "changed_at", "trashed_at")


# The columns that `Stored` is made of.
STORED = ("content__storage_key", "content__sha256", "content__crc32", "content__size")


@dataclass(frozen=True)
class Document:
    """One document of an export."""

    doctype: str
    id: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Directory(Document):
    """The document of a directory, which is in the directory at the path `parent`, if possible as `name`.

    `key` is what its files name it by: the path of a folder, or anything else that doesn't begin with a slash for a
    directory that is merged with no other of its name.
    """

    key: str
    parent: str
    name: str
    trashed: bool = False


@dataclass(frozen=True)
class Stored:
    """The bytes of a file: where they lie, and what is known of them. `size` in bytes, `sha256` in hex."""

    key: str
    sha256: str
    crc32: int
    size: int


@dataclass(frozen=True)
class FileDocument(Document):
    """The document of a file, which its bytes follow; it is in the directory with the key `folder`."""

    stored: Stored
    folder: str
    name: str
    modified: datetime | None
    trashed: bool = False


@dataclass(frozen=True)
class VersionDocument(Document):
    """The document of what a file was earlier, which its bytes follow. Its id is `<file id>/<version id>`."""

    stored: Stored
    modified: datetime | None


@dataclass(frozen=True)
class Kind:
    """One kind of record: its doctype, and its own columns, which have the same names in the document.

    `references` are columns that point to another record; in the document, `calendar_id` is the id of its document.
    """

    model: type[Record]
    doctype: str
    columns: tuple[str, ...]
    references: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What `metadata.wharf.kind` says, and a `Revision`."""
        return str(self.model._meta.model_name)

    def documents(self, snapshot: Snapshot) -> Iterator[Document]:
        """A document per record, in the order of their ids."""
        own, references = self.columns, tuple(f"{name}_id" for name in self.references)
        paths = [f"{name}__doc_id" for name in self.references]
        for record in rows_leaving(snapshot, self.name, self.model, (*own, *paths)):
            body: dict[str, Any] = {"_id": record.doc_id}
            body |= zip_json(own + references, record.columns)
            body["metadata"] = {"wharf": record.facts}
            yield Document(self.doctype, record.doc_id, body)


@dataclass(frozen=True)
class Row:
    """A record that leaves: its id, its `facts` for `metadata.wharf`, and the columns that were asked for."""

    doc_id: str
    facts: dict[str, Any]
    columns: tuple[Any, ...] = field(repr=False)


def rows_leaving(snapshot: Snapshot, kind: str, model: type[Record], columns: tuple[str, ...]) -> Iterator[Row]:
    """Every record of a kind, in the order of their ids, with what it said before."""
    revisions = Beside(snapshot.revisions(kind))
    names = ("doc_id", "transfer_id", *FACTS, *columns)
    for doc_id, transfer, identity, payload, received, changed, trashed, *rest in snapshot.rows(model, names):
        facts = {
            "kind": kind,
            "identity": identity,
            "payload": payload,
            "received_at": received.isoformat(),
            "changed_at": changed.isoformat(),
            "trashed_at": trashed and trashed.isoformat(),
            "transfer": snapshot.transfer(transfer),
        }
        if earlier := revisions.of(doc_id):
            facts["revisions"] = [
                {"payload": text, "replaced_at": as_json(at), "transfer": snapshot.transfer(by)}
                for _, text, at, by in earlier
            ]
        yield Row(doc_id, facts, tuple(rest))


def as_json(value: Any) -> Any:
    """A column's value in JSON; times in RFC 3339."""
    return value.isoformat() if isinstance(value, datetime) else value


def zip_json(names: tuple[str, ...], values: Iterable[Any]) -> dict[str, Any]:
    """Columns by their names, in JSON."""
    return dict(zip(names, map(as_json, values), strict=True))


def columns_from(model: type[Model], fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The values of columns again, from what a document says of them; the other direction of `as_json`."""
    columns = {column.attname: column for column in model._meta.concrete_fields}
    return {name: columns[name].to_python(fields[name]) for name in names}


def record_from(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    """All columns of the record that a document of this kind was made of, but for owner, transfer and references.

    Where the document says it for other programs in another way, `metadata.wharf` has the record's own.
    """
    said = body | body["metadata"]["wharf"]
    return {"doc_id": body["_id"], **columns_from(kind.model, said, (*FACTS, *kind.columns))}


def file_body(doc_id: str, mime: str, received: datetime, modified: datetime | None, size: int) -> dict[str, Any]:
    """What the document of every file says, as a Cozy reads it; its name and place are for whoever builds the tree."""
    created = min(received, modified) if modified else received
    mime = mime or "application/octet-stream"
    return {
        "_id": doc_id,
        "type": "file",
        "created_at": created.isoformat(),
        "updated_at": (modified or received).isoformat(),
        "size": str(size),
        "mime": mime,
        "class": CLASSES.get(mime.partition("/")[0], "files"),
        "executable": False,
        "trashed": False,
        "tags": [],
    }


CLASSES = {"image": "image", "video": "video", "audio": "audio", "text": "text"}


# What a Cozy's document says for its own programs, and leaves again as it came. What is never said twice, such as name
# and place, is not among it.
COZYS_OWN = ("created_at", "updated_at", "md5sum", "mime", "class", "executable", "tags", "cozyMetadata")
MOST_COZYS_OWN = 256 * 1024  # characters of a document that is looked into for it
DEEPEST_COZYS_OWN = 50


def with_cozys_own(body: dict[str, Any], payload: str) -> dict[str, Any]:
    """The body of a record's document, with what a Cozy's document said that the record was made of.

    An exporter's item, which is what most records are made of, is left alone.
    """
    if '"_id"' not in payload or '"@type"' in payload or len(payload) > MOST_COZYS_OWN:
        return body
    try:
        said = json.loads(payload)
        json.dumps(said, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # numbers of thousands of digits, lone surrogates: they stay in the payload
        return body
    if not isinstance(said, dict) or not _is_shallow(said, DEEPEST_COZYS_OWN):
        return body
    body |= {name: said[name] for name in COZYS_OWN if name in said}
    metadata = said.get("metadata")
    if isinstance(metadata, dict):
        body["metadata"] = {name: value for name, value in metadata.items() if name != "wharf"} | body["metadata"]
    references = said.get("referenced_by")
    if isinstance(references, list) and "referenced_by" in body:
        body["referenced_by"] += [one for one in references if one not in body["referenced_by"]]
    return body


def _is_shallow(value: Any, most: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return most > 0 and all(_is_shallow(one, most - 1) for one in inner)
