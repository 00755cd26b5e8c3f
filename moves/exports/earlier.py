"""What an earlier export carries already, so that the one after it can leave it out."""

import json
import sqlite3
from collections.abc import Iterator

from django.core.files.storage import default_storage

from importers.content import stored
from importers.content.storage import STORAGE_CHUNK
from importers.models import Content
from moves.archives.archive import Spools
from moves.archives.entry import Index
from moves.models import Export, Spool

CONTENTS_AT_ONCE = 500  # contents that are looked up together


class Earlier:
    """What an earlier export has, in a scratch database on the disk: stored bytes by their keys, and entries by their
    names with their SHA-256, as its manifest lists them."""

    def __init__(self, export: Export) -> None:
        self._scratch = sqlite3.connect("", isolation_level=None)  # a file without a name
        self._scratch.execute("PRAGMA journal_mode=OFF")
        self._scratch.execute("CREATE TABLE kept (key TEXT PRIMARY KEY) WITHOUT ROWID")
        self._scratch.execute("BEGIN")
        for numbers in _numbers(export):
            keys = Content.objects.filter(pk__in=numbers).values_list("storage_key")
            self._scratch.executemany("INSERT INTO kept VALUES (?)", list(keys))
        self._scratch.execute("CREATE TABLE entries (name TEXT PRIMARY KEY, sha256) WITHOUT ROWID")
        self._scratch.executemany("INSERT OR IGNORE INTO entries VALUES (?, ?)", _lines(export))

    def close(self) -> None:
        self._scratch.close()

    def carries(self, key: str) -> bool:
        """Whether the bytes with this key in the storage are in the earlier export."""
        return self._scratch.execute("SELECT 1 FROM kept WHERE key = ?", (key,)).fetchone() is not None

    def has(self, name: str, sha256: str) -> bool:
        """Whether the earlier export has an entry of this name with these bytes."""
        return self._scratch.execute("SELECT sha256 FROM entries WHERE name = ?", (name,)).fetchone() == (sha256,)


def _lines(export: Export) -> Iterator[tuple[str, str]]:
    """Name and SHA-256 of each entry that the export's manifest lists; it is the last entry of the first part."""
    part, spools = export.parts.get(number=0), Spools.of(export)
    index = Index(spools.index, spools.names, part.first_entry, part.first_entry + part.entries)
    manifest = next(index.entries_from(part.first_entry + part.entries - 1))
    held, at, end = b"", manifest.at, manifest.at + manifest.size
    while at < end:
        piece = stored.read_at(spools.documents, at, min(STORAGE_CHUNK, end - at))
        at += len(piece)
        *lines, held = (held + piece).split(b"\n")
        for line in lines:
            if line.startswith(b'{"part"'):
                entry = json.loads(line.rstrip(b","))
                yield entry["path"], entry["sha256"]


def _numbers(export: Export) -> Iterator[list[int]]:
    """The numbers of all content that the export needs, some hundred at a time (see SpoolWriter.add_needed)."""
    needed = Spool.objects.get(export=export, epoch=export.epoch, kind=Spool.Kind.NEEDED).storage_key
    size = default_storage.size(needed)
    for at in range(0, size, CONTENTS_AT_ONCE * 8):
        read = stored.read_at(needed, at, min(CONTENTS_AT_ONCE * 8, size - at))
        yield [int.from_bytes(read[begin : begin + 8], "big") for begin in range(0, len(read), 8)]
