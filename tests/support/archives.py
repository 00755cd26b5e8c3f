"""Archives as tests bring them into an account: document by document, as the job that reads them does."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from importers.content import uploads
from importers.content.uploads import StoredUpload
from importers.merging.origin import Origin
from moves.imports.placing.document import RawDocument
from moves.imports.placing.placer import Placement, Placer
from tests.support.cozy_archives import FILES, ROOT, VERSIONS, entry
from tests.support.exporter import Person

DATA, CONTENTS = f"{ROOT}/Data/", f"{ROOT}/Files/"
COZY = Origin("ada.cozy.example", "Cozy")
WHARF = Origin("source.example", "Wharf")

ArchiveEntries = Mapping[str, bytes] | Iterable[tuple[str, bytes]]


class _Bytes:
    """What a file is received from."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size_at_most = len(content)

    def chunks(self) -> Iterator[memoryview]:
        yield memoryview(self.content)


def bring(person: Person, entries: ArchiveEntries, origin: Origin = COZY) -> list[Placement]:
    """Everything of an archive, in its order: what became of it, and what is to be said at the end."""
    placer = Placer(person.row, origin)
    placed: list[Placement] = []
    waiting: list[RawDocument] = []
    for one, content in _documents(entries):
        if not _has_bytes(one):
            waiting.append(one)
            continue
        placed += placer.documents(waiting)
        waiting = []
        wanted = content is not None and placer.wants_content(one)
        placed += placer.files([(one, _received(person, content) if wanted and content is not None else None)])
    placed += placer.documents(waiting)
    while (settled := placer.settle()) is not None:
        changed = {(one.doctype, one.id): one for one in settled}
        for number, before in enumerate(placed):
            if (now := changed.get((before.doctype, before.id))) is not None:
                placed[number] = Placement(before.doctype, before.id, now.outcome, now.note)
    return placed + placer.finish()


def place(person: Person, body: dict[str, Any], content: bytes | None = None, origin: Origin = COZY) -> Placement:
    """What becomes of one file: its document, and its bytes if there are any."""
    entries = [entry(FILES, body)]
    if content is not None:
        entries.append((f"{CONTENTS}{body['_id']}", content))
    return bring(person, entries, origin)[0]


def holds(person: Person, entries: ArchiveEntries, origin: Origin = COZY) -> list[str]:
    """The documents of an archive that the account does not hold."""
    named = [one for one, _ in _documents(entries)]
    held = Placer(person.row, origin).check(named)
    return [f"{one.doctype}/{one.id}" for one, here in zip(named, held, strict=True) if not here]


def _documents(entries: ArchiveEntries) -> Iterator[tuple[RawDocument, bytes | None]]:
    """Each document, and the content that stands directly after it."""
    listed = list(entries.items() if isinstance(entries, Mapping) else entries)
    for number, (name, body) in enumerate(listed):
        if not name.startswith(DATA) or name == f"{DATA}instance.json":
            continue
        doctype, _, doc_id = name.removeprefix(DATA).partition("/")
        follows = listed[number + 1] if number + 1 < len(listed) else ("", b"")
        content = follows[1] if follows[0].startswith(CONTENTS) else None
        yield RawDocument(unquote(doctype), doc_id.removesuffix(".json"), body), content


def _has_bytes(one: RawDocument) -> bool:
    return one.doctype == VERSIONS or (one.doctype == FILES and json.loads(one.raw)["type"] == "file")


def _received(person: Person, content: bytes) -> StoredUpload:
    return uploads.receive(person.row, _Bytes(content))


def manifest(entries: dict[str, bytes]) -> dict[str, str]:
    """What a manifest says of the entries, without those that say whose they are, and of which moment."""
    return {
        name: f"{len(body)} {zlib.crc32(body)} {hashlib.sha256(body).hexdigest()}"
        for name, body in entries.items()
        if name not in (f"{DATA}instance.json", "My Cozy/Readable/index.html", "My Cozy/manifest.json")
    }


def outcomes(placed: Iterable[Placement]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for one in placed:
        counted[one.outcome.value] = counted.get(one.outcome.value, 0) + 1
    return counted
