"""What a small item costs at the least: a committed row, and a file that is on the disk before its row is."""

import os
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4


class BareStore:
    """A folder and a database as the server's, without anything around them. Used as `with BareStore(...) as bare`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._rows = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE kept (id INTEGER PRIMARY KEY, name TEXT UNIQUE, payload TEXT)",
        ):
            self._rows.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._rows.close()

    def keep_row(self, payload: bytes) -> None:
        """One row, committed."""
        self._rows.execute("BEGIN IMMEDIATE")
        self._rows.execute("INSERT INTO kept (name, payload) VALUES (?, ?)", (uuid4().hex, payload.decode()))
        self._rows.execute("COMMIT")

    def keep_file(self, payload: bytes, content: bytes) -> None:
        """A file, synced under a passing name and renamed, with its folder synced; then its row, committed."""
        path = self._folder / uuid4().hex
        with path.with_suffix(".part").open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".part").rename(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.keep_row(payload)
