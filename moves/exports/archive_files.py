"""Where the files of an archive are, for the pages that lead to them: in a scratch database on the disk."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from importers.documents.doctypes import ROOT, TRASH_PATH
from importers.documents.document import ExportDocument, FileDocument
from importers.text import caseless
from moves.archives import layout
from moves.exports.tree import FilePlace
from moves.scratch import scratch_database

INSERTED_TOGETHER = 500


class ListedDirectory(NamedTuple):
    """A directory by its number; 0 is the one that all are in. `above`: the number of the one that it is in."""

    number: int
    above: int
    name: str


class ListedFile(NamedTuple):
    """A file in a directory: `path`: of its entry, below the folder that everything is in; `size` in bytes; `modified`
    in seconds since 1970. `is_shown`: other pages show what it is of."""

    name: str
    path: str
    size: int
    modified: int
    is_shown: bool


class ArchiveFiles:
    """Directories and files as they are placed; nothing that is in the bin. A directory comes after the one that it is
    in, and files after all directories."""

    def __init__(self) -> None:
        self._scratch = scratch_database(
            "places (key TEXT PRIMARY KEY, path TEXT) WITHOUT ROWID",
            "directories (number INTEGER PRIMARY KEY, id TEXT UNIQUE, above INTEGER, name TEXT, alike TEXT)",
            "files (directory INTEGER, alike TEXT, number INTEGER, name TEXT, path TEXT, size INTEGER, "
            "modified INTEGER, shown INTEGER, called TEXT, PRIMARY KEY (directory, alike, number)) WITHOUT ROWID",
        )
        self._scratch.execute("CREATE INDEX inside ON directories (above, alike, number)")
        self._scratch.execute("INSERT INTO directories VALUES (0, ?, 0, '', '')", (ROOT,))
        self._files: list[tuple[Any, ...]] = []
        self._places: list[tuple[str, str]] = []
        self._directory = (ROOT, 0)
        self._directories = 1
        self._has_names = False
        self.count = 0

    def close(self) -> None:
        self._scratch.close()

    def add_directory(self, document: ExportDocument) -> None:
        """One more directory, by its document."""
        body = document.body
        if f"{body['path']}/".startswith(f"{TRASH_PATH}/"):
            return
        row = (self._directories, document.id, self._number_of(body["dir_id"]), body["name"], caseless(body["name"]))
        self._scratch.execute("INSERT INTO directories VALUES (?, ?, ?, ?, ?)", row)
        self._directories += 1

    def add_file(self, document: FileDocument, place: FilePlace, modified: int, *, is_shown: bool) -> None:
        """One more file, and where it is."""
        if document.trashed or place.trashed:
            return
        self.count += 1
        path = f"Files{place.entry}"
        directory = self._number_of(place.directory)
        row = (directory, caseless(place.name), self.count, place.name, path, document.stored.size, modified, is_shown)
        self._files.append((*row, document.name))
        self._places.append((_key(document.id, document.stored.sha256), path))
        if len(self._files) >= INSERTED_TOGETHER:
            self._insert()

    # What pages ask (see importers.site.site.ArchivePaths)

    def file(self, doc_id: str, sha256: str) -> str:
        self._insert()
        found = self._scratch.execute("SELECT path FROM places WHERE key = ?", (_key(doc_id, sha256),)).fetchone()
        return found[0] if found else ""

    def only_file_named(self, name: str) -> str:
        self._insert()
        if not self._has_names:
            self._scratch.execute("CREATE INDEX files_by_name ON files (called)")
            self._has_names = True
        found = self._scratch.execute("SELECT path FROM files WHERE called = ? LIMIT 2", (name,)).fetchall()
        return found[0][0] if len(found) == 1 else ""

    def document(self, doctype: str, doc_id: str) -> str:
        return f"Data/{layout.doctype_folder(doctype)}/{layout.escaped_id(doc_id)}.json"

    # What the pages of the tree are made of

    def directories(self) -> Iterator[ListedDirectory]:
        """Yields all directories, the one that all are in first."""
        self._insert()
        for row in self._scratch.execute("SELECT number, above, name FROM directories ORDER BY number"):
            yield ListedDirectory(*row)

    def within(self, number: int) -> Iterator[ListedDirectory | ListedFile]:
        """Yields what is in a directory by name, directories first."""
        inside = self._scratch.execute(
            "SELECT number, above, name FROM directories WHERE above = ? AND number > 0 ORDER BY alike, number",
            (number,),
        )
        yield from (ListedDirectory(*row) for row in inside)
        files = self._scratch.execute(
            "SELECT name, path, size, modified, shown FROM files WHERE directory = ? ORDER BY alike, number", (number,)
        )
        yield from (ListedFile(*row) for row in files)

    def above(self, directory: ListedDirectory) -> list[ListedDirectory]:
        """Returns the directories that one is in, the outermost first, but for the one that all are in."""
        found: list[ListedDirectory] = []
        at = directory.above
        while at:
            row = self._scratch.execute(
                "SELECT number, above, name FROM directories WHERE number = ?", (at,)
            ).fetchone()
            found.insert(0, ListedDirectory(*row))
            at = found[0].above
        return found

    def _number_of(self, doc_id: str) -> int:
        """The number of a directory; of one that is not listed, that of the one that all are in."""
        if self._directory[0] != doc_id:
            found = self._scratch.execute("SELECT number FROM directories WHERE id = ?", (doc_id,)).fetchone()
            self._directory = (doc_id, found[0] if found else 0)
        return self._directory[1]

    def _insert(self) -> None:
        if self._files:
            self._scratch.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._files)
            self._scratch.executemany("INSERT OR IGNORE INTO places VALUES (?, ?)", self._places)
            self._files, self._places = [], []


def _key(doc_id: str, sha256: str) -> str:
    """Ids are only unique among records of one kind."""
    return f"{doc_id} {sha256}"
