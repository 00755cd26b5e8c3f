"""What stands in archives whose entries are in another order than exports have: each document, and each file's bytes
by place, so that the ones are found for the others.

It is a scratch database on the disk, and bounded: `WHARF_IMPORT_MOST_WAITING` bytes of documents may wait in it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from accounts.sizes import human_size
from accounts.texts import kept_text
from importers.digests import digest
from importers.documents.doctypes import FILES, ROOT, TRASH, TRASH_PATH, VERSIONS
from importers.rubbish import is_surely_rubbish
from importers.vertical import importers
from moves.archives.incoming import ArchiveRefused
from moves.archives.layout import below_files, content_path, with_slashes
from moves.archives.spellings import folded, readings, skeleton
from moves.imports.placing.document import RawDocument
from moves.imports.reading.pending import PendingFile
from moves.imports.sources.manifest import Manifest
from moves.scratch import scratch_database

TOO_MUCH_WAITS = kept_text(
    "The documents of the archive stand apart from their files, and are more than the %(most)s that this server lets "
    "wait. Import it as it was downloaded.",
    measures=["most"],
)

PLAIN, FILE, VERSION = range(3)  # kinds of documents: without bytes; of a file; of an earlier version of one
ORDER = "1"  # of the steps in which an archive is placed; another one where a change of this program changes them
SIZED = "(+size IS NULL OR +size = :size)"  # which leaves the index to what else is asked for
ADDED = "part, at, name, root, doctype, doc_id, body, kind, rank, depth, state, parent, title, size, sha256, md5, path"
TOGETHER = 500  # rows that are looked at together


class DocumentState(IntEnum):
    """What has become of a document before its archive was known to be in another order."""

    UNREAD = 0
    REFUSED = 1  # it is the document of a file, and its bytes did not follow
    HERE = 2  # so did they not, but it is here already


@dataclass(frozen=True)
class CataloguedDocument:
    """A document: `root` is the folder that all is in. `listed`: the SHA-256 of its bytes, as the manifest says."""

    name: str
    root: str
    document: RawDocument
    state: "DocumentState"
    listed: str


class CataloguedContent(NamedTuple):
    """The bytes of a file: `document` is the number of the one that they belong to, None where none was found."""

    at: int
    name: str
    document: int | None


class Catalogue:
    """The entries of all parts of an import, or of those that are in another order; parts by their numbers."""

    def __init__(self, most_bytes: int) -> None:
        self._left = self._most = most_bytes
        self._order = {doctype: number for number, doctype in enumerate(dict.fromkeys(one for one, _ in importers()))}
        self._scratch = scratch_database(
            "documents (number INTEGER PRIMARY KEY, part, at, name, root, doctype, doc_id, body, kind, rank, depth,"
            " state, parent, title, size, sha256, md5, listed, path, folded, skeleton, content)",
            "directories (id TEXT PRIMARY KEY, path) WITHOUT ROWID",
            "places (part, name, at, size, PRIMARY KEY (part, name)) WITHOUT ROWID",
            "contents (number INTEGER PRIMARY KEY, part, at, name, path, size, document)",
        )
        self._scratch.execute("CREATE UNIQUE INDEX names ON documents (part, name)")
        self._scratch.executemany("INSERT INTO directories VALUES (?, ?)", [(ROOT, ""), (TRASH, TRASH_PATH)])

    @property
    def order(self) -> str:
        """Returns what stands for the order of the steps in which an archive is placed: a run goes on with those of
        another one only where it is the same."""
        return digest(ORDER, *self._order)[:16]

    def close(self) -> None:
        self._scratch.close()

    # What is in the archives

    def note_directory(self, doc_id: str, path: str) -> None:
        """A directory stands at this path."""
        self._scratch.execute("INSERT OR IGNORE INTO directories VALUES (?, ?)", (doc_id, path.rstrip("/")))

    def add_document(
        self,
        part: int,
        at: int,
        name: str,
        root: str,
        document: RawDocument,
        file: PendingFile | None,
        *,
        depth: int = 0,
        state: DocumentState = DocumentState.UNREAD,
    ) -> None:
        """A document, with what it says of the file that it is about, if it is about one. `depth`: of a directory.
        Raises `ArchiveRefused` where too much waits."""
        kind = PLAIN if file is None else VERSION if document.doctype == VERSIONS else FILE
        facts: tuple[object, ...] = (None,) * 6
        if file is not None:
            said = content_path(file.said, root) if file.said else document.id if kind == VERSION else ""
            facts = (file.directory, file.name, file.size, file.sha256, file.md5, said)
        self._left -= len(document.raw)
        if self._left < 0:
            raise ArchiveRefused(
                "too_much_waits",
                TOO_MUCH_WAITS % {"most": human_size(self._most)},
            )
        rank = -1 if document.doctype == FILES else self._order.get(document.doctype, len(self._order))
        row = (part, at, name, root, document.doctype, document.id, document.raw, kind, rank, depth, state, *facts)
        marks = ", ".join("?" * len(row))
        self._scratch.execute(f"INSERT OR IGNORE INTO documents ({ADDED}) VALUES ({marks})", row)  # noqa: S608

    def add_content(self, part: int, at: int, name: str, root: str, size: int | None) -> None:
        """The bytes of a file."""
        row = (part, at, name, _below_files(name, root), size)
        self._scratch.execute("INSERT INTO contents (part, at, name, path, size) VALUES (?, ?, ?, ?, ?)", row)

    def note_place(self, part: int, name: str, at: int, size: int | None) -> None:
        """An entry of this name has its bytes at this place."""
        self._scratch.execute("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)", (part, name, at, size))

    def place_named(self, part: int, name: str) -> tuple[int, int | None] | None:
        """Returns the place and size of the last entry of this name, if there is one."""
        query = "SELECT at, size FROM places WHERE part = ? AND name = ?"
        found: tuple[int, int | None] | None = self._scratch.execute(query, (part, name)).fetchone()
        return found

    # What belongs together

    def match_names(self, manifest: Manifest | None) -> None:
        """Finds the documents of contents by path and size, in whatever spelling: exactly, then in small letters with
        accents composed, then in other encodings. A manifest says both of all files, and the SHA-256."""
        self._complete(manifest)
        self._match("path", lambda path: (path,))
        self._match("folded", lambda path: (folded(path),))
        self._match("folded", lambda path: map(folded, readings(path)))

    def unmatched(self, part: int) -> list[int]:
        """Returns the places of contents that no name has told the document of, but perhaps their bytes do."""
        proven = "documents.content IS NULL AND kind <> 0 AND (sha256 <> '' OR md5 <> '')"
        sizeless = f"SELECT 1 FROM documents WHERE {proven} AND documents.size IS NULL"  # noqa: S608
        rows = self._scratch.execute(
            "SELECT at FROM contents WHERE part = ? AND document IS NULL AND size IS NOT NULL"  # noqa: S608
            f" AND (EXISTS (SELECT 1 FROM documents WHERE documents.size = contents.size AND {proven})"
            f" OR EXISTS ({sizeless})) ORDER BY at",
            (part,),
        )
        return [at for (at,) in rows]

    def match_bytes(self, part: int, at: int, size: int, sha256: str, md5: str) -> None:
        """The content at this place has these bytes: they belong to a document that says the same of them. Among
        several that do, anyone is right."""
        query = "SELECT number FROM contents WHERE part = ? AND at = ? AND document IS NULL ORDER BY number LIMIT 1"
        [(number,)] = self._scratch.execute(query, (part, at))
        for column, value in (("sha256", sha256), ("md5", md5)):
            found = self._scratch.execute(
                f"SELECT number FROM documents WHERE {column} = :value AND content IS NULL AND kind <> 0"  # noqa: S608
                f" AND {SIZED} ORDER BY number LIMIT 1",
                {"value": value, "size": size},
            ).fetchone()
            if found is not None:
                self._pair(number, found[0])
                return

    def match_rest(self) -> None:
        """Finds what is left: documents that say nothing of their bytes, by what is left of their names; and those that
        stand at the right path with a wrong size, so that this can be said."""
        self._scratch.execute("UPDATE documents SET skeleton = NULL WHERE sha256 <> '' OR md5 <> ''")
        self._match("skeleton", lambda path: (skeleton(path),), only_one=True)
        self._match("path", lambda path: (path,), sized=False)
        self._match("folded", lambda path: (folded(path),), sized=False)

    def _complete(self, manifest: Manifest | None) -> None:
        """Fills in what is only known when all documents are there: the paths of files."""
        for number, name, said, folder, title in self._each(
            "SELECT documents.number, name, documents.path, directories.path, title FROM documents"
            " LEFT JOIN directories ON directories.id = parent WHERE kind <> 0 AND documents.number > ?"
            " ORDER BY documents.number"
        ):
            path = said or ("" if folder is None else f"{folder}/{title}".lstrip("/"))
            listed = manifest.content_of(name) if manifest is not None else None
            if listed is not None and manifest is not None:
                path = listed.path.removeprefix(f"{manifest.root}Files/")
                self._scratch.execute(
                    "UPDATE documents SET listed = ?, sha256 = ?, size = ? WHERE number = ?",
                    (listed.sha256, listed.sha256, listed.size, number),
                )
            self._scratch.execute(
                "UPDATE documents SET path = ?, folded = ?, skeleton = ? WHERE number = ?",
                (path, folded(path), skeleton(path), number),
            )
        for column in ("path", "folded", "skeleton", "size", "sha256", "md5"):
            self._scratch.execute(f"CREATE INDEX by_{column} ON documents ({column}, content)")
        self._scratch.execute("CREATE INDEX contents_by_place ON contents (part, at)")

    def _each(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yields rows whose first column is a number above the one that the query is given, which may be changed
        meanwhile."""
        last = 0
        while rows := self._scratch.execute(f"{query} LIMIT {TOGETHER}", (last,)).fetchall():
            yield from rows
            last = rows[-1][0]

    def _match(
        self, column: str, keys_of: Callable[[str], Iterable[str]], *, sized: bool = True, only_one: bool = False
    ) -> None:
        """Pairs contents that have none with documents that have none and stand under one of their keys."""
        rule = SIZED if sized else "1"
        query = (
            f"SELECT number FROM documents WHERE {column} = :key AND content IS NULL AND kind <> 0 AND {rule}"  # noqa: S608
            " ORDER BY number LIMIT 2"
        )
        for number, path, size in self._each(
            "SELECT number, path, size FROM contents WHERE document IS NULL AND number > ? ORDER BY number"
        ):
            for key in filter(None, keys_of(path)):
                found = self._scratch.execute(query, {"key": key, "size": size}).fetchall()
                if found and not (only_one and len(found) > 1):
                    self._pair(number, found[0][0])
                    break

    def _pair(self, content: int, document: int) -> None:
        self._scratch.execute("UPDATE contents SET document = ? WHERE number = ?", (document, content))
        self._scratch.execute("UPDATE documents SET content = ? WHERE number = ?", (content, document))

    # What is there to be placed, in the order in which it is

    def documents(self, part: int) -> Iterator[CataloguedDocument]:
        """Yields the documents of a part that have no bytes: directories from the root down, then containers before
        what they contain."""
        yield from self._documents("part = ? AND kind = 0 ORDER BY rank, depth, at", part)

    def contents(self, part: int, kind: int) -> Iterator[CataloguedContent]:
        """Yields the bytes in a part, as they stand there, of files or of earlier versions."""
        rows = self._scratch.cursor().execute(
            "SELECT contents.at, contents.name, document FROM contents"
            " JOIN documents ON documents.number = document WHERE contents.part = ? AND kind = ?"
            " ORDER BY contents.at, contents.number",
            (part, kind),
        )
        yield from map(CataloguedContent._make, rows)

    def document(self, number: int) -> CataloguedDocument:
        """Returns one document."""
        return next(self._documents("number = ?", number))

    def without_content(self, part: int) -> Iterator[CataloguedDocument]:
        """Yields the documents of files in a part whose bytes are nowhere."""
        yield from self._documents("part = ? AND kind <> 0 AND content IS NULL ORDER BY kind, at", part)

    def without_document(self, part: int) -> Iterator[CataloguedContent]:
        """Yields the bytes in a part that belong to no document, but for what no person has put there."""
        rows = self._scratch.cursor().execute(
            "SELECT at, name, NULL FROM contents WHERE part = ? AND document IS NULL ORDER BY at", (part,)
        )
        yield from (one for one in map(CataloguedContent._make, rows) if not is_surely_rubbish(one.name))

    def _documents(self, which: str, value: int) -> Iterator[CataloguedDocument]:
        rows = self._scratch.cursor().execute(
            f"SELECT name, root, doctype, doc_id, body, state, listed FROM documents WHERE {which}",  # noqa: S608
            (value,),
        )
        for name, root, doctype, doc_id, body, state, listed in rows:
            document = RawDocument(doctype, doc_id, body)
            yield CataloguedDocument(name, root, document, DocumentState(state), listed or "")


def _below_files(name: str, root: str) -> str:
    """Returns the path of a content below the folder of files."""
    name = with_slashes(name)
    path = below_files(name, root)
    if path is not None:
        return path
    steps = name.split("/")
    return "/".join(steps[[step.lower() for step in steps].index("files") + 1 :])
