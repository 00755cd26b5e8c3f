"""What a backup has comes back: the database into an empty one, then the files."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record
from config.backups import dumps
from config.backups.copying import CopiedFiles, StoredKeys, copy_files
from config.backups.making import DATABASE, FORMAT, LIST, SECRETS, Progress, read_list, sha256_of
from config.backups.new_installation import become_new, key_of
from config.backups.place import BackupError, BackupPlace
from config.backups.secret_keys import fingerprint, put_back, unknown_audit_keys
from importers.models import RunningBackup
from importers.models.installation_id import new_installation_id, own_folder

BEGUN = "restoring.json"  # below the data folder, until everything is there


@dataclass
class RestoredBackup:
    """`told`: sentences that say what its operator still has to do."""

    snapshot: str
    content: CopiedFiles
    told: list[str] = field(default_factory=list)


def restore(place: BackupPlace, snapshot: str, as_new: bool, with_secrets: bool, progress: Progress) -> RestoredBackup:
    """Brings a backup back, the newest one where none is named. Whoever was stopped begins again, and goes on from
    there. `as_new`: this becomes another installation, beside the one that the backup was made of. Raises
    `BackupError`."""
    snapshot = snapshot or next(iter(reversed(place.snapshots())), "")
    if not snapshot:
        raise BackupError(f"There is no backup in {place.named}.")
    manifest = place.manifest(snapshot)
    if with_secrets and not manifest["with_secrets"]:
        raise BackupError("This backup has no secrets: it was made without --with-secrets.")
    begun = _begun()
    if begun is None:
        _require_fit(manifest)
        begun = {"snapshot": snapshot, "place": place.named, "as_new": as_new, "folder": new_installation_id()}
        _restore_database(place, snapshot, manifest)
        call_command("migrate", verbosity=0)
        RunningBackup.objects.all().delete()  # the one that made it
        if as_new:
            become_new(manifest["installation"], begun["folder"])
        own_folder.cache_clear()
        _note(begun)
    elif (begun["snapshot"], begun["place"], begun["as_new"]) != (snapshot, place.named, as_new):
        raise BackupError(
            f"A restore of {begun['snapshot']} from {begun['place']} has not ended. Say that again, and it goes on."
        )
    content = _restore_content(place, snapshot, manifest, begun["folder"] if as_new else "", progress)
    told = _restore_secrets(place, snapshot, manifest, with_secrets, as_new)
    told += unknown_audit_keys(manifest["audit_keys"])
    if not content.wrong:
        _file().unlink(missing_ok=True)
        record(AuditKind.BACKUP_RESTORED, subject=subjects.SERVER, snapshot=snapshot, place=place.named, as_new=as_new)
    return RestoredBackup(snapshot, content, told)


def _require_fit(manifest: dict[str, Any]) -> None:
    if manifest["format"] != FORMAT:
        raise BackupError("The backup was made by a later version. Restore it with that one, or a later one.")
    if manifest["engine"] != dumps.engine():
        raise BackupError(f"The backup is of {manifest['engine']}, and DATABASE_URL names {dumps.engine()}.")
    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    if unknown := [name for name in manifest["migrations"] if name not in known]:
        raise BackupError(f"A later version has made the backup (it has {unknown[-1]}). Restore it with that one.")
    if not dumps.is_empty():
        raise BackupError("The database is not empty, and a restore writes over nothing: name a new one, or remove it.")
    dumps.require_programs()


def _restore_database(place: BackupPlace, snapshot: str, manifest: dict[str, Any]) -> None:
    with place.fetched(snapshot, DATABASE) as path:
        if sha256_of(path) != manifest["database"]["sha256"]:
            raise BackupError(f"The database of {snapshot} is damaged. Take an earlier backup, with --snapshot.")
        dumps.load(path)


def _restore_content(
    place: BackupPlace, snapshot: str, manifest: dict[str, Any], folder: str, progress: Progress
) -> CopiedFiles:
    def renamed(key: str) -> str:
        return key_of(key, manifest["installation"], folder) if folder else key

    there = StoredKeys(default_storage)
    try:
        with place.fetched(snapshot, LIST) as listed:
            return copy_files(
                read_list(listed),
                place.content,
                default_storage,
                there,
                lambda file: progress("content", file.size or 0, manifest["content"]["size"]),
                renamed,
            )
    finally:
        there.close()


def _restore_secrets(
    place: BackupPlace, snapshot: str, manifest: dict[str, Any], with_secrets: bool, as_new: bool
) -> list[str]:
    if with_secrets:
        with place.fetched(snapshot, SECRETS) as path:
            return put_back(json.loads(path.read_text()), as_new)
    if fingerprint() != manifest["secret_key"]:
        return [
            "SECRET_KEY is not the one that the backup was made with: people log in again, links have ended, and what"
            " other servers gave this one can't be read, until SECRET_KEY_FALLBACKS names that one."
        ]
    return []


def _begun() -> dict[str, Any] | None:
    with suppress(FileNotFoundError):
        known: dict[str, Any] = json.loads(_file().read_text())
        return known
    return None


def _note(begun: dict[str, Any]) -> None:
    _file().touch(mode=0o600)
    _file().write_text(json.dumps(begun))


def _file() -> Path:
    return Path(settings.WHARF_DATA_DIR) / BEGUN
