"""What an earlier export carries already, so that the one after it can omit it."""

from collections.abc import Iterator

from django.core.files.storage import default_storage

from importers.content import stored
from importers.content.storage import STORAGE_CHUNK
from importers.models import Content
from moves.archives.archive import Spools
from moves.archives.manifest import ManifestLines
from moves.models import Export, Spool
from moves.scratch import scratch_database

CONTENTS_AT_ONCE = 500  # contents that are looked up together


class Earlier:
    """What an earlier export has, in a scratch database on the disk: stored bytes by their keys, and entries by their
    names with their SHA-256, as its manifest lists them."""

    def __init__(self, export: Export) -> None:
        self._scratch = scratch_database(
            "kept (key TEXT PRIMARY KEY) WITHOUT ROWID", "entries (name TEXT PRIMARY KEY, sha256) WITHOUT ROWID"
        )
        for numbers in _numbers(export):
            keys = Content.objects.filter(pk__in=numbers).values_list("storage_key")
            self._scratch.executemany("INSERT INTO kept VALUES (?)", list(keys))
        lines = ((line.path, line.sha256) for line in ManifestLines(_manifest(export)))
        self._scratch.executemany("INSERT OR IGNORE INTO entries VALUES (?, ?)", lines)

    def close(self) -> None:
        self._scratch.close()

    def carries(self, key: str) -> bool:
        """Whether the bytes with this key in the storage are in the earlier export."""
        return self._scratch.execute("SELECT 1 FROM kept WHERE key = ?", (key,)).fetchone() is not None

    def has(self, name: str, sha256: str) -> bool:
        """Whether the earlier export has an entry of this name with these bytes."""
        return self._scratch.execute("SELECT sha256 FROM entries WHERE name = ?", (name,)).fetchone() == (sha256,)


def _manifest(export: Export) -> Iterator[bytes]:
    """Yields the bytes of the export's manifest; it is the last entry of the first part."""
    part, spools = export.parts.get(number=0), Spools.of(export)
    with spools.index_of(part) as index:
        manifest = next(index.entries_from(part.first_entry + part.entries - 1))
    at, end = manifest.at, manifest.at + manifest.size
    while at < end:
        piece = stored.read_at(spools.documents, at, min(STORAGE_CHUNK, end - at))
        at += len(piece)
        yield piece


def _numbers(export: Export) -> Iterator[list[int]]:
    """Yields the numbers of all content that the export needs, some hundred at a time (see SpoolWriter.add_needed)."""
    needed = Spool.objects.get(export=export, epoch=export.epoch, kind=Spool.Kind.NEEDED).storage_key
    size = default_storage.size(needed)
    for at in range(0, size, CONTENTS_AT_ONCE * 8):
        read = stored.read_at(needed, at, min(CONTENTS_AT_ONCE * 8, size - at))
        yield [int.from_bytes(read[begin : begin + 8], "big") for begin in range(0, len(read), 8)]
