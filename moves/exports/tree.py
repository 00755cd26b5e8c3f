"""The tree of directories and files of an export: every name once in its directory, every path short enough.

What is taken and where each directory is stands in a scratch database on the disk: an account may have millions of
both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from importers.digests import also_id, digest, digest_id
from importers.documents.doctypes import DERIVED_DIRECTORY, FILES, ROOT, TRASH, TRASH_PATH
from importers.documents.document import DirectoryDocument, ExportDocument, FileDocument
from importers.text import caseless, portable_name
from moves.scratch import scratch_database

LONGEST_PATH = 2_000  # bytes; common systems take 4,096 for a whole path
DEEPEST_DIRECTORY = 100  # directories in each other; what is deeper is one name in the last one
DIRECTORIES_KEPT = 4_096  # places that are kept in memory


@dataclass(frozen=True)
class DirectoryPlace:
    """Where a directory is: its document's id, its path in the archive, whether it is in the bin."""

    id: str
    path: str
    trashed: bool = False


@dataclass(frozen=True)
class FilePlace:
    """Where a file is: its directory's document, its name there, its path in the archive."""

    directory: str
    name: str
    path: str
    trashed: bool


class Tree:
    """Places directories and files. A directory comes after the one it is in, and files after all directories."""

    def __init__(self) -> None:
        self._scratch = scratch_database(
            "taken (path TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID",
            "directories (key TEXT PRIMARY KEY, id TEXT, path TEXT, trashed INTEGER) WITHOUT ROWID",
            "ids (id TEXT PRIMARY KEY) WITHOUT ROWID",
        )
        self._place = lru_cache(DIRECTORIES_KEPT)(self._find)
        self._remember("/", DirectoryPlace(ROOT, ""))
        self._free("", TRASH_PATH[1:])

    def close(self) -> None:
        self._scratch.close()

    def reserve(self, name: str) -> None:
        """Keeps a name in the root for something else: no directory or file gets it any more."""
        self._take(f"/{name}")

    def reserve_id(self, doc_id: str) -> None:
        """Keeps an id for a document that is none of these: no directory or file gets it any more."""
        self._scratch.execute("INSERT OR IGNORE INTO ids VALUES (?)", (doc_id,))

    def own_id(self, doc_id: str) -> str:
        """This id, or another one that is the same in every export, where a directory or file has it already: ids are
        only unique among records of one kind."""
        number = 1
        while True:
            found = also_id(doc_id, number)
            if self._scratch.execute("INSERT OR IGNORE INTO ids VALUES (?)", (found,)).rowcount == 1:
                return found
            number += 1

    def add(self, directory: DirectoryDocument) -> Iterator[ExportDocument]:
        """The document of a directory, after those of directories above it that nobody has sent. None where there is
        one with this key already."""
        key = _key(directory.key)
        if self._place(key) is not None or key == "/":
            return
        yield from self._missing(_key(directory.parent))
        parent = self._parent(_key(directory.parent))
        yield self._document(directory, key, parent)

    def place(self, file: FileDocument) -> FilePlace:
        """A place for a file, whose directory has been added before."""
        parent = self._parent(_key(file.folder))
        if file.trashed and not parent.trashed:
            name = self._free(TRASH_PATH, file.name)
            return FilePlace(TRASH, name, f"{TRASH_PATH}/{name}", trashed=True)
        name = self._free(parent.path, file.name)
        return FilePlace(parent.id, name, f"{parent.path}/{name}", trashed=parent.trashed)

    def original_path(self, key: str) -> str:
        """Where what is in the bin was before."""
        return self._parent(_key(key)).path or "/"

    def _missing(self, path: str) -> Iterator[ExportDocument]:
        """Documents of directories that only their paths tell of."""
        if path == "/" or self._place(path) is not None:
            return
        above = path.rpartition("/")[0] or "/"
        yield from self._missing(above)
        bare = DirectoryDocument(FILES, digest_id(path), {}, key=path, parent=above, name=path.rpartition("/")[2])
        yield self._document(bare, path, self._parent(above))

    def _document(self, directory: DirectoryDocument, key: str, parent: DirectoryPlace) -> ExportDocument:
        trashed = directory.trashed and not parent.trashed
        base, directory_id = (TRASH_PATH, TRASH) if trashed else (parent.path, parent.id)
        if len(base.encode()) > LONGEST_PATH:
            base, directory_id = "", ROOT
        name = self._free(base, directory.name)
        place = DirectoryPlace(self.own_id(directory.id), f"{base}/{name}", trashed or parent.trashed)
        self._remember(key, place)
        body = {
            "_id": place.id,
            "type": "directory",
            "name": name,
            "dir_id": directory_id,
            "path": place.path,
            "tags": [],
            "referenced_by": [],
            "metadata": {"wharf": {"kind": DERIVED_DIRECTORY, "key": directory.key}},
        }
        if trashed:
            body["restore_path"] = parent.path or "/"
        return ExportDocument(FILES, place.id, body | directory.body)

    def _free(self, directory: str, name: str) -> str:
        """The name as any file system takes it, with a number before its type where it is taken."""
        name = portable_name(name)
        path = f"{directory}/{name}"
        if self._take(path):
            return name
        stem, dot, suffix = name.rpartition(".")
        if not stem:
            stem, dot, suffix = name, "", ""
        taken = (caseless(path),)
        number = self._scratch.execute("SELECT number FROM taken WHERE path = ?", taken).fetchone()[0]
        while True:
            number += 1
            numbered = portable_name(f"{stem} ({number}){dot}{suffix}")
            if numbered == name or not self._take(f"{directory}/{numbered}"):
                stem = stem[:-1] if len(numbered.encode()) >= 255 and stem else stem
                continue
            self._scratch.execute("UPDATE taken SET number = ? WHERE path = ?", (number, *taken))
            return numbered

    def _take(self, path: str) -> bool:
        """Whether nothing else has this path, also for systems to which letters of both cases are the same."""
        return self._scratch.execute("INSERT OR IGNORE INTO taken VALUES (?, 1)", (caseless(path),)).rowcount == 1

    def _remember(self, key: str, place: DirectoryPlace) -> None:
        self._scratch.execute(
            "INSERT INTO directories VALUES (?, ?, ?, ?)", (digest(key), place.id, place.path, place.trashed)
        )
        self._place.cache_clear()

    def _find(self, key: str) -> DirectoryPlace | None:
        row = self._scratch.execute(
            "SELECT id, path, trashed FROM directories WHERE key = ?", (digest(key),)
        ).fetchone()
        return DirectoryPlace(row[0], row[1], bool(row[2])) if row else None

    def _parent(self, key: str) -> DirectoryPlace:
        place = self._place(key)
        if place is None:
            raise LookupError(f"the directory {key!r} has not been added")
        return place


def _key(key: str) -> str:
    """A path that is very deep ends in one name that has the rest of it; other keys are as they are."""
    if key.count("/") <= DEEPEST_DIRECTORY:
        return key
    names = key.split("/")
    return "/".join(names[:DEEPEST_DIRECTORY]) + "/" + "\u2215".join(names[DEEPEST_DIRECTORY:])
