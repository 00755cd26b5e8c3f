"""What an export says of the account that it is of, and of itself."""

from datetime import datetime
from typing import Any

from django.conf import settings

from accounts.entry.seen import sessions_of
from accounts.models import User
from moves.archives.manifest import MANIFEST_VERSION
from moves.exports.counts import ExportProgress
from moves.models import Export


def account(owner: User, export: Export, taken_at: datetime) -> dict[str, Any]:
    """Returns what `instance.json` says: the account as it was at that time, without any secret."""
    said: dict[str, Any] = {
        "server": settings.WHARF_BASE_URL,
        "username": owner.username,
        "email": owner.email,
        "first_name": owner.first_name,
        "last_name": owner.last_name,
        "created_at": owner.date_joined.isoformat(),
        "moved_from": owner.moved_from,
        "quota_bytes": owner.quota_bytes,
        "used_bytes": owner.used_bytes,
        "exported_at": taken_at.isoformat(),
    }
    if export.origin != "move" and not export.with_doctypes:  # where a person is, is no other server's
        said["sessions"] = sessions_of(owner)
    return said


def export(owner: User, made: Export, taken_at: datetime, progress: ExportProgress, parts_count: int) -> dict[str, Any]:
    """Returns the head of the manifest: what it says before its entries."""
    return {
        "version": MANIFEST_VERSION,
        "export": made.doc_id,
        "server": settings.WHARF_BASE_URL,
        "account": owner.username,
        "snapshot_at": taken_at.isoformat(),
        "with_doctypes": made.with_doctypes,
        "parts": parts_count,
        "since": made.since.doc_id if made.since else None,
        "unchanged": progress.unchanged,
        "left_out_count": progress.omitted_count,
        "left_out_size": progress.omitted_size,
        "files_size": progress.files_size,
        "files_count": progress.files_count,
        "total_size": progress.total_size,
        "doctypes": {
            doctype: {"documents": count, "size": size} for doctype, (count, size) in progress.doctypes.items()
        },
    }
