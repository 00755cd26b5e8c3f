"""The tree of directories and files of an export: every name once in its directory, every path short enough.

Each has two names. Its document says the exact one, which a Cozy takes. The entry of a file in the archive has one that
every file system takes, for whoever unpacks it: look-alikes for what means something somewhere, a number where another
name differs only in the case of its letters.

What is taken and where each directory is stands in a scratch database on the disk: an account may have millions of
both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from importers.digests import also_id, digest, digest_id
from importers.documents.doctypes import DERIVED_DIRECTORY, FILES, ROOT, TRASH, TRASH_PATH
from importers.documents.document import DirectoryDocument, ExportDocument, FileDocument, path_of_key
from importers.text import MAX_NAME_BYTES, caseless, exact_name, portable_name
from moves.scratch import scratch_database

LONGEST_PATH = 2_000  # bytes; common systems take 4,096 for a whole path
DEEPEST_DIRECTORY = 100  # directories in each other; what is deeper is one name in the last one
DIRECTORIES_KEPT = 4_096  # places that are kept in memory
TIMES = ("created_at", "updated_at")
BIN = "bin:"  # the key of the folder that what is in the bin goes to where a server takes nothing in its own


@dataclass(frozen=True)
class DirectoryPlace:
    """Where a directory is: its document's id, its exact path, its path in the archive, and whether it is in the
    bin."""

    id: str
    path: str
    entry: str
    in_bin: bool = False


@dataclass(frozen=True)
class FilePlace:
    """Where a file is: its directory's document, its exact name there, its path in the archive, and whether it is in
    the bin, where that is one. `is_exact`: the path in the archive is made of exact names."""

    directory: str
    name: str
    entry: str
    trashed: bool
    is_exact: bool


class Tree:
    """Places directories and files. A directory comes after the one it is in, and files after all directories.

    `cut`: how many names were too long to be kept whole.
    """

    def __init__(self) -> None:
        self._scratch = scratch_database(
            "names (path TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID",
            "entries (path TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID",
            "directories (key TEXT PRIMARY KEY, id TEXT, path TEXT, entry TEXT, in_bin INTEGER) WITHOUT ROWID",
            "ids (id TEXT PRIMARY KEY) WITHOUT ROWID",
        )
        self.cut = 0
        self._place = lru_cache(DIRECTORIES_KEPT)(self._find)
        self._remember("/", DirectoryPlace(ROOT, "", ""))
        self._bin = DirectoryPlace(TRASH, TRASH_PATH, TRASH_PATH, in_bin=True)
        self._free("", "", TRASH_PATH[1:])

    def close(self) -> None:
        self._scratch.close()

    def reserve(self, name: str) -> None:
        """Keeps a name in the root of the archive for something else: nothing else gets it there any more."""
        self._take("entries", caseless(f"/{name}"))

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
        above = self._there(_key(directory.parent))
        if not directory.trashed:
            times = {name: directory.body[name] for name in TIMES if name in directory.body}
            yield from self._missing(above, times)
        yield self._document(directory, key, self._parent(above, trashed=directory.trashed))

    def add_bin(self, name: str, times: dict[str, str]) -> Iterator[ExportDocument]:
        """The document of a folder that what is in the bin goes to from now on: some servers take nothing that is in
        theirs."""
        document = DirectoryDocument(FILES, digest_id(BIN), times, key=BIN, parent="/", name=name)
        yield from self.add(document)
        place = self._parent(BIN)
        self._bin = DirectoryPlace(place.id, place.path, place.entry, in_bin=True)

    def place(self, file: FileDocument) -> FilePlace:
        """A place for a file, whose directory has been added before."""
        parent = self._parent(self._there(_key(file.folder)), trashed=file.trashed)
        if file.trashed and not parent.in_bin:
            parent = self._bin
        name, entry = self._free(parent.path, parent.entry, file.name)
        path, entry = f"{parent.path}/{name}", f"{parent.entry}/{entry}"
        return FilePlace(parent.id, name, entry, parent.in_bin and self._has_bin, path == entry)

    def _there(self, key: str) -> str:
        """The key of the directory that something is in: where that is not in the bin, the one at the same path."""
        return key if self._place(key) is not None else path_of_key(key)

    @property
    def _has_bin(self) -> bool:
        """Whether what is in the bin is said to be so."""
        return self._bin.id == TRASH

    def original_path(self, key: str) -> str:
        """Where what is in the bin was before."""
        return self._parent(self._there(_key(key)), trashed=True).path or "/"

    def _missing(self, path: str, times: dict[str, str]) -> Iterator[ExportDocument]:
        """Documents of directories that only their paths tell of, with the times of the first one below them."""
        if path == "/" or self._place(path) is not None:
            return
        above = path.rpartition("/")[0] or "/"
        yield from self._missing(above, times)
        bare = DirectoryDocument(FILES, digest_id(path), times, key=path, parent=above, name=path.rpartition("/")[2])
        yield self._document(bare, path, self._parent(above))

    def _document(self, directory: DirectoryDocument, key: str, parent: DirectoryPlace) -> ExportDocument:
        thrown_away = directory.trashed and not parent.in_bin
        base = self._bin if thrown_away else parent
        if len(base.path.encode()) > LONGEST_PATH or len(base.entry.encode()) > LONGEST_PATH:
            base = DirectoryPlace(ROOT, "", "", base.in_bin)
        name, entry = self._free(base.path, base.entry, directory.name, has_type=False)
        in_bin = thrown_away or parent.in_bin
        place = DirectoryPlace(self.own_id(directory.id), f"{base.path}/{name}", f"{base.entry}/{entry}", in_bin)
        self._remember(key, place)
        body = {
            "_id": place.id,
            "type": "directory",
            "name": name,
            "dir_id": base.id,
            "path": place.path,
            "tags": [],
            "referenced_by": [],
            "metadata": {"wharf": {"kind": DERIVED_DIRECTORY, "key": directory.key}},
        }
        if thrown_away and self._has_bin:
            body["restore_path"] = parent.path or "/"
        return ExportDocument(FILES, place.id, body | directory.body)

    def _free(self, directory: str, entry: str, name: str, *, has_type: bool = True) -> tuple[str, str]:
        """The name in a document, and the name of an entry, each with a number where it is taken: before its type, if
        it has one."""
        shown = self._free_in("names", directory, name, exact_name, str, has_type=has_type)
        return shown, self._free_in("entries", entry, shown, portable_name, caseless, has_type=has_type)

    def _free_in(
        self,
        table: str,
        directory: str,
        name: str,
        formed: Callable[[str], str],
        alike: Callable[[str], str],
        *,
        has_type: bool,
    ) -> str:
        """The name as it is `formed`, with a number where another one is taken that is `alike` to those who look."""
        may_be_long = table == "names" and len(name) > MAX_NAME_BYTES // 4
        self.cut += may_be_long and len(name.encode(errors="replace")) > MAX_NAME_BYTES
        name = formed(name)
        path = alike(f"{directory}/{name}")
        if self._take(table, path):
            return name
        stem, dot, suffix = name.rpartition(".")
        if not stem or not has_type:
            stem, dot, suffix = name, "", ""
        number = self._scratch.execute(f"SELECT number FROM {table} WHERE path = ?", (path,)).fetchone()[0]  # noqa: S608
        while True:
            number += 1
            numbered = formed(f"{stem} ({number}){dot}{suffix}")
            while stem and f" ({number})" not in numbered:  # it was cut off
                stem = stem[:-1]
                numbered = formed(f"{stem} ({number}){dot}{suffix}")
            if numbered == name or not self._take(table, alike(f"{directory}/{numbered}")):
                continue
            self._scratch.execute(f"UPDATE {table} SET number = ? WHERE path = ?", (number, path))  # noqa: S608
            return numbered

    def _take(self, table: str, path: str) -> bool:
        """Whether nothing else has this path."""
        return self._scratch.execute(f"INSERT OR IGNORE INTO {table} VALUES (?, 1)", (path,)).rowcount == 1  # noqa: S608

    def _remember(self, key: str, place: DirectoryPlace) -> None:
        row = digest(key), place.id, place.path, place.entry, place.in_bin
        self._scratch.execute("INSERT INTO directories VALUES (?, ?, ?, ?, ?)", row)
        self._place.cache_clear()

    def _find(self, key: str) -> DirectoryPlace | None:
        row = self._scratch.execute(
            "SELECT id, path, entry, in_bin FROM directories WHERE key = ?", (digest(key),)
        ).fetchone()
        return DirectoryPlace(row[0], row[1], row[2], bool(row[3])) if row else None

    def _parent(self, key: str, *, trashed: bool = False) -> DirectoryPlace:
        """Where the directory is that something is in; or, of what is `trashed`, was."""
        place = self._place(key)
        if place is None and trashed:
            return DirectoryPlace("", key, key)
        if place is None:
            raise LookupError(f"the directory {key!r} has not been added")
        return place


def _key(key: str) -> str:
    """A path that is very deep ends in one name that has the rest of it; other keys are as they are."""
    if key.count("/") <= DEEPEST_DIRECTORY:
        return key
    names = key.split("/")
    return "/".join(names[:DEEPEST_DIRECTORY]) + "/" + "\u2215".join(names[DEEPEST_DIRECTORY:])
