"""What an earlier export carries already, so that the one after it can leave it out."""

import sqlite3
from collections.abc import Iterator

from django.core.files.storage import default_storage

from importers import reading
from importers.models import Content
from moves.models import Export, Spool

AT_ONCE = 500  # contents that are looked up together


class Earlier:
    """The stored bytes that an earlier export needs, by their keys, in a scratch database on the disk."""

    def __init__(self, export: Export) -> None:
        self._scratch = sqlite3.connect("", isolation_level=None)  # a file without a name
        self._scratch.execute("PRAGMA journal_mode=OFF")
        self._scratch.execute("CREATE TABLE kept (key TEXT PRIMARY KEY) WITHOUT ROWID")
        self._scratch.execute("BEGIN")
        for numbers in _numbers(export):
            keys = Content.objects.filter(pk__in=numbers).values_list("storage_key")
            self._scratch.executemany("INSERT INTO kept VALUES (?)", list(keys))

    def close(self) -> None:
        self._scratch.close()

    def carries(self, key: str) -> bool:
        """Whether the bytes with this key in the storage are in the earlier export."""
        return self._scratch.execute("SELECT 1 FROM kept WHERE key = ?", (key,)).fetchone() is not None


def _numbers(export: Export) -> Iterator[list[int]]:
    """The numbers of all content that the export needs, some hundred at a time (see SpoolWriter.add_needed)."""
    needed = Spool.objects.get(export=export, epoch=export.epoch, kind=Spool.Kind.NEEDED).storage_key
    size = default_storage.size(needed)
    for at in range(0, size, AT_ONCE * 8):
        read = reading.read_at(needed, at, min(AT_ONCE * 8, size - at))
        yield [int.from_bytes(read[begin : begin + 8], "big") for begin in range(0, len(read), 8)]
