"""Where backups lie: a folder, or a bucket of S3 or what is below a prefix of one.

Of each backup there is `snapshots/TIME/`, with the database, a list of the files that it names, and, as the last one
to come, `manifest.json`. All of them share `content/`, where each file lies once, under the key that it has in the
storage: what lies under a key never changes.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage

from importers.content.spool_file import spool_folder
from importers.content.storage import STORAGE_CHUNK, DurableFileSystemStorage, delete_keys, stored_entries

SNAPSHOTS, CONTENT = "snapshots", "content"
MANIFEST = "manifest.json"


class BackupError(Exception):
    """Why a backup can't be made, or come back: a sentence for the operator."""


class BackupPlace:
    """One place."""

    def __init__(self, named: str) -> None:
        """`named`: a folder's path, or `s3://bucket/prefix`."""
        self.named = named
        self._open = _storages(named)
        self.storage = self._open("")
        self.content = self._open(CONTENT)

    def snapshots(self) -> list[str]:
        """Returns the names of the backups that are whole, the oldest one first."""
        found = (key.split("/") for key, _ in stored_entries(self._open(SNAPSHOTS)))
        return sorted(parts[0] for parts in found if parts[1:] == [MANIFEST])

    def manifest(self, snapshot: str) -> dict[str, Any]:
        """Returns what is known of a backup. Raises `BackupError`."""
        try:
            with self.storage.open(f"{SNAPSHOTS}/{snapshot}/{MANIFEST}") as file:
                known: dict[str, Any] = json.loads(file.read())
        except FileNotFoundError as error:
            raise BackupError(f"There is no backup {snapshot} in {self.named}.") from error
        return known

    def put_text(self, snapshot: str, name: str, told: Any) -> None:
        """Writes a file of JSON."""
        self.storage.save(f"{SNAPSHOTS}/{snapshot}/{name}", ContentFile(json.dumps(told, indent=1).encode()))

    def put_file(self, snapshot: str, name: str, path: Path) -> None:
        """Copies a file there."""
        with path.open("rb") as file:
            self.storage.save(f"{SNAPSHOTS}/{snapshot}/{name}", File(file))

    @contextmanager
    def fetched(self, snapshot: str, name: str) -> Iterator[Path]:
        """A copy of a file on this machine's disk, for the time of a `with` block."""
        key = f"{SNAPSHOTS}/{snapshot}/{name}"
        with TemporaryDirectory(dir=spool_folder()) as folder, self.storage.open(key) as file:
            path = Path(folder) / "fetched"
            with path.open("wb") as copy:
                while chunk := file.read(STORAGE_CHUNK):
                    copy.write(chunk)
            yield path

    def remove(self, snapshot: str) -> None:
        """Removes a backup, its manifest first. What its list names stays."""
        self.storage.delete(f"{SNAPSHOTS}/{snapshot}/{MANIFEST}")
        names = [key for key, _ in stored_entries(self._open(f"{SNAPSHOTS}/{snapshot}"))]
        delete_keys(self.storage, [f"{SNAPSHOTS}/{snapshot}/{name}" for name in names])


def _storages(named: str) -> Callable[[str], Storage]:
    """Returns what opens a storage below the place."""
    if not named.startswith("s3://"):
        folder = Path(named).resolve()
        if folder.is_relative_to(settings.WHARF_DATA_DIR):
            raise BackupError(f"{folder} is in the data folder: what takes that one takes its backups as well.")
        return lambda below: DurableFileSystemStorage(location=folder / below)
    from importers.content.s3 import S3ContentStorage  # boto3, which few installations need

    address = urlsplit(named)
    return lambda below: S3ContentStorage(
        bucket_name=address.netloc,
        endpoint_url=settings.WHARF_BACKUP_S3_ENDPOINT_URL,
        location=f"{address.path.strip('/')}/{below}".strip("/"),
    )
