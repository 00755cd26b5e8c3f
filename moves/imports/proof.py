"""Proof that everything arrived: the source's manifest against what this server would export now.

Both are lists of entries with SHA-256, made by the same code, so a document that came whole, and stands alone, is
equal to the byte. Where an account already had something, a document may differ and still be here: whoever compares
looks at each of those again, and says so (`settle`). Nothing here is per entry in memory, nor in the database.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.utils import timezone

from accounts.models import User
from importers.documents.document import StoredBytes
from moves.archives.layout import EntryKind, place_of
from moves.archives.manifest import ManifestLine
from moves.exports.archiver import Archiver
from moves.exports.counts import ExportProgress
from moves.exports.entries import KeptBody
from moves.exports.snapshot import snapshot_of
from moves.models import Export
from moves.scratch import scratch_database

MOST_NAMED = 1_000  # missing documents that are told one by one


class Proof:
    """What was compared. A document is named `<doctype>/<id>`; the bytes that follow a file's document belong to it.

    `documents`, `files` and `size` (bytes of files) are what the source's manifest lists, `equal` the documents that
    are the same to the byte here, with their files. The others are in doubt until they are settled.
    """

    def __init__(self) -> None:
        self.documents = self.files = self.size = self.equal = self.merged = 0
        self._scratch = scratch_database(
            "here (name TEXT PRIMARY KEY, sha256, content) WITHOUT ROWID",
            "doubts (name TEXT PRIMARY KEY) WITHOUT ROWID",
        )

    def close(self) -> None:
        self._scratch.close()

    @property
    def doubtful(self) -> int:
        """How many documents differ or are not here, as far as is known."""
        return int(self._scratch.execute("SELECT count(*) FROM doubts").fetchone()[0])

    def doubts(self, doctype: str, doc_id: str) -> bool:
        """Whether this document is one of them."""
        found = self._scratch.execute("SELECT 1 FROM doubts WHERE name = ?", (f"{doctype}/{doc_id}",))
        return found.fetchone() is not None

    def settle(self, doctype: str, doc_id: str) -> None:
        """This one was looked at: it is here, merged with what was here before."""
        settled = self._scratch.execute("DELETE FROM doubts WHERE name = ?", (f"{doctype}/{doc_id}",))
        self.merged += settled.rowcount

    def missing(self) -> Iterator[str]:
        """Yields the names of all that is in doubt, in order."""
        for (name,) in self._scratch.execute("SELECT name FROM doubts ORDER BY name"):
            yield name

    def summary(self) -> dict[str, Any]:
        """Returns what the receipt says."""
        names = self._scratch.execute("SELECT name FROM doubts ORDER BY name LIMIT ?", (MOST_NAMED,))
        return {
            "kind": "manifest",
            "compared_at": timezone.now().isoformat(),
            "documents": self.documents,
            "files": self.files,
            "size": self.size,
            "equal": self.equal,
            "merged": self.merged,
            "missing": self.doubtful,
            "missing_names": [name for (name,) in names],
        }

    # What stands here

    def note(self, name: str, sha256: str) -> None:
        """This document stands here."""
        self._scratch.execute("INSERT OR REPLACE INTO here VALUES (?, ?, '')", (name, sha256))

    def note_content(self, name: str, sha256: str) -> None:
        """These bytes follow it here."""
        self._scratch.execute("UPDATE here SET content = ? WHERE name = ?", (sha256, name))

    # What the source lists

    def compare(self, name: str, sha256: str, content: ManifestLine | None) -> None:
        """Compares one document of the source, with the bytes that follow it."""
        self.documents += 1
        if content is not None:
            self.files += 1
            self.size += content.size
        here = self._scratch.execute("SELECT sha256, content FROM here WHERE name = ?", (name,)).fetchone()
        if here == (sha256, content.sha256 if content else ""):
            self.equal += 1
        else:
            self._scratch.execute("INSERT OR IGNORE INTO doubts VALUES (?)", (name,))


def prove(
    owner: User, lines: Iterable[ManifestLine], root: str, with_doctypes: list[str], still_mine: Callable[[], None]
) -> Proof:
    """Compares what the source's manifest lists, in its order, with what the account would export now.

    `root` is the folder that everything in the source's archives is in. Raises what the database and `still_mine`
    raise.
    """
    proof = Proof()
    try:
        taken_at = timezone.now()
        export = Export(owner=owner, parts_size=2**62, max_age=0, with_doctypes=with_doctypes, expires_at=taken_at)
        with snapshot_of(owner) as snapshot:
            entries = _Here(proof)
            Archiver(export, snapshot, taken_at, ExportProgress(), still_mine, entries).run()
        for name, sha256, content in documents_of(lines, root):
            still_mine()
            proof.compare(name, sha256, content)
    except BaseException:
        proof.close()
        raise
    return proof


def documents_of(lines: Iterable[ManifestLine], root: str) -> Iterator[tuple[str, str, ManifestLine | None]]:
    """Yields name and SHA-256 of each document that a manifest lists, and the bytes that follow it."""
    data, files = f"{root}/Data/", f"{root}/Files/"
    held: tuple[str, str] | None = None
    for line in lines:
        if held is not None:
            yield *held, line if line.path.startswith(files) else None
            held = None
        if line.path.startswith(data) and line.path.endswith(".json"):
            name = document_name(line.path[len(data) :])
            held = (name, line.sha256) if name else None
    if held is not None:
        yield *held, None


def document_name(path: str) -> str:
    """Returns `<doctype>/<id>` of a path below `Data`; empty for `instance.json`, which tells of the account."""
    place = place_of(f"Data/{path}")
    return f"{place.doctype}/{place.doc_id}" if place.kind is EntryKind.DOCUMENT else ""


class _Here:
    """Takes the entries of an export that nobody keeps."""

    for_people = False  # what is for people proves nothing
    part_files_size = 0
    parts_count = 0

    def __init__(self, proof: Proof) -> None:
        self._proof = proof
        self._name = ""

    def add_document(self, name: bytes, modified: int, body: bytes) -> None:
        self.add_kept(name, modified, self.keep(body))

    def keep(self, body: bytes) -> KeptBody:
        return KeptBody(0, len(body), 0, hashlib.sha256(body).hexdigest())

    def add_kept(self, name: bytes, modified: int, kept: KeptBody) -> None:
        path = name.decode().split("/Data/", 1)[1]
        self._name = document_name(path)
        if self._name:
            self._proof.note(self._name, kept.sha256)

    def add_content(self, name: bytes, modified: int, stored: StoredBytes) -> None:
        self._proof.note_content(self._name, stored.sha256)

    def add_copy(self, name: bytes, modified: int, stored: StoredBytes) -> None:
        """There is nothing for people."""

    def omit(self, name: bytes, size: int, sha256: str) -> None:
        """Nothing is left out, since there is no earlier export."""

    def add_pieces(self, name: bytes, modified: int, pieces: Iterable[bytes]) -> int:
        """There is nothing for people."""
        return 0

    def hold(self, name: bytes, modified: int) -> None:
        return None

    def end_part(self) -> None:
        """There are no parts."""

    def add_held(self, held: Any, before: bytes, after: bytes) -> None:
        """No manifest is made."""

    def add_needed(self, contents: Iterable[int]) -> None:
        """Nothing is kept."""
