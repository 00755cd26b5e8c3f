"""A backup: the database first, then what it names, so that everything that it names is there."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record
from config.backups import dumps
from config.backups.copying import CopiedFiles, StoredKeys, copy_files
from config.backups.dumps import NamedFile
from config.backups.place import MANIFEST, BackupError, BackupPlace
from config.backups.secret_keys import audit_keys, fingerprint, secrets_of_this_installation
from importers.content.spool_file import spool_folder
from importers.content.storage import delete_keys
from importers.models import InstallationId
from importers.models.running_backup import BackupRunsError, RunningBackup

FORMAT = 1
DATABASE, LIST, SECRETS = "database", "content.jsonl.gz", "secrets.json"
Progress = Callable[[str, int, int | None], None]  # what is being done, how much of it, of how much


@dataclass
class MadeBackup:
    """`snapshot`: its name. `content`: how the files were copied; `removed`: how many files of earlier backups went,
    which no backup names that is kept."""

    snapshot: str
    content: CopiedFiles
    removed: int = 0


def make(place: BackupPlace, with_secrets: bool, keep: int | None, progress: Progress) -> MadeBackup:
    """Makes a backup, and keeps so many of the newest ones, or all. Files that are damaged are told, and all others are
    taken. Raises `BackupError`."""
    dumps.require_programs()
    try:
        with RunningBackup.kept():
            return _make(place, with_secrets, keep, progress)
    except BackupRunsError as error:
        said = "Another backup is being made. If it was killed, begin again ten minutes after that."
        raise BackupError(said) from error


def _make(place: BackupPlace, with_secrets: bool, keep: int | None, progress: Progress) -> MadeBackup:
    now = datetime.now(UTC)
    snapshot = now.strftime("%Y-%m-%dT%H-%M-%S-%fZ")
    with TemporaryDirectory(dir=spool_folder()) as folder, ExitStack() as open_until_the_end:
        database, listed = Path(folder) / DATABASE, Path(folder) / LIST
        with dumps.dumped(database, lambda done, of: progress("database", done, of)) as named:
            migrations = sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())
            count, size = write_list(listed, named)
        there = StoredKeys(place.content)
        open_until_the_end.callback(there.close)
        content = copy_files(
            read_list(listed),
            default_storage,
            place.content,
            there,
            lambda file: progress("content", file.size or 0, size),
        )
        place.put_file(snapshot, DATABASE, database)
        place.put_file(snapshot, LIST, listed)
        if with_secrets:
            place.put_text(snapshot, SECRETS, secrets_of_this_installation())
        known = {
            "format": FORMAT,
            "made_at": now.isoformat(),
            "server": settings.WHARF_BASE_URL,
            "installation": InstallationId.known(),
            "engine": dumps.engine(),
            "migrations": migrations,
            "database": {"size": database.stat().st_size, "sha256": sha256_of(database)},
            "content": {"files": count, "size": size, "wrong": content.wrong[:1000]},
            "secret_key": fingerprint(),
            "audit_keys": audit_keys(),
            "with_secrets": with_secrets,
        }
        place.put_text(snapshot, MANIFEST, known)
    wrong = len(content.wrong)
    record(
        AuditKind.BACKUP_MADE, subject=subjects.SERVER, snapshot=snapshot, place=place.named, files=count, wrong=wrong
    )
    return MadeBackup(snapshot, content, _remove_old(place, keep) if keep else 0)


def _remove_old(place: BackupPlace, keep: int) -> int:
    """Removes all but the newest backups, and what only those have named. Returns how many files that were."""
    snapshots = place.snapshots()
    for snapshot in snapshots[:-keep]:
        place.remove(snapshot)
    there, removed = StoredKeys(place.content), 0
    try:
        for snapshot in snapshots[-keep:]:
            with place.fetched(snapshot, LIST) as listed:
                there.name(file.key for file in read_list(listed))
        for keys in there.unnamed():
            delete_keys(place.content, keys)
            removed += len(keys)
    finally:
        there.close()
    return removed


def write_list(path: Path, named: Iterable[NamedFile]) -> tuple[int, int]:
    """Writes a line for each file. Returns how many there are, and their bytes as far as rows say them."""
    count = size = 0
    path.touch(mode=0o600)
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        for file in named:
            count, size = count + 1, size + (file.size or 0)
            lines.write(json.dumps(astuple(file)) + "\n")
    return count, size


def read_list(path: Path) -> Iterator[NamedFile]:
    """Yields the files of a list."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield NamedFile(*json.loads(line))


def sha256_of(path: Path) -> str:
    """Returns the hash of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(made: MadeBackup) -> dict[str, Any]:
    """Returns what a program is told of it."""
    return asdict(made)
