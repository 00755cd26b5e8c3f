"""Archives as tests bring them into an account: document by document, as the job that reads them does."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from importers.content import uploads
from importers.content.uploads import StoredUpload
from importers.merging.origin import Origin
from moves.imports.placing.document import RawDocument
from moves.imports.placing.placer import Placement, Placer
from tests.support.exporter import Person

DATA, FILES = "My Cozy/Data/", "My Cozy/Files/"


class Bytes:
    """What a file is received from."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size_at_most = len(content)

    def chunks(self) -> Iterator[memoryview]:
        yield memoryview(self.content)


def received(person: Person, content: bytes) -> StoredUpload:
    return uploads.receive(person.row, Bytes(content))


def document(doctype: str, body: dict[str, Any] | bytes, doc_id: str | None = None) -> RawDocument:
    """A document as an entry of an archive has it."""
    if isinstance(body, bytes):
        return RawDocument(doctype, doc_id or "d", body)
    return RawDocument(doctype, doc_id or body["_id"], json.dumps(body).encode())


def bring(person: Person, entries: dict[str, bytes], origin: Origin) -> list[Placement]:
    """Everything of an archive, in its order."""
    placer = Placer(person.row, origin)
    placed: list[Placement] = []
    waiting: list[RawDocument] = []
    listed = list(entries.items())
    for number, (name, body) in enumerate(listed):
        if not name.startswith(DATA) or name == f"{DATA}instance.json":
            continue
        doctype, _, doc_id = name.removeprefix(DATA).partition("/")
        one = RawDocument(unquote(doctype), doc_id.removesuffix(".json"), body)
        if not _has_bytes(one):
            waiting.append(one)
            continue
        placed += placer.documents(waiting)
        waiting = []
        follows = listed[number + 1] if number + 1 < len(listed) else ("", b"")
        content = follows[1] if follows[0].startswith(FILES) else None
        wanted = content is not None and placer.wants_content(one)
        placed.append(placer.file(one, received(person, content) if wanted and content is not None else None))
    placed += placer.documents(waiting)
    return placed + placer.finish()


def _has_bytes(one: RawDocument) -> bool:
    if one.doctype == "io.cozy.files.versions":
        return True
    return one.doctype == "io.cozy.files" and json.loads(one.raw)["type"] == "file"


def holds(person: Person, entries: dict[str, bytes], origin: Origin) -> list[str]:
    """The documents of an archive that the account does not hold."""
    named = [
        RawDocument(unquote(name.split("/")[2]), name.removeprefix(DATA).partition("/")[2].removesuffix(".json"), body)
        for name, body in entries.items()
        if name.startswith(DATA) and name != f"{DATA}instance.json"
    ]
    held = Placer(person.row, origin).check(named)
    return [f"{one.doctype}/{one.id}" for one, here in zip(named, held, strict=True) if not here]


def manifest(entries: dict[str, bytes]) -> dict[str, str]:
    """What a manifest says of the entries, without the account's own."""
    return {
        name: f"{len(body)} {zlib.crc32(body)} {hashlib.sha256(body).hexdigest()}"
        for name, body in entries.items()
        if name not in (f"{DATA}instance.json", "My Cozy/manifest.json")
    }


def outcomes(placed: Iterable[Placement]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for one in placed:
        counted[one.outcome.value] = counted.get(one.outcome.value, 0) + 1
    return counted
