"""`manage.py exports [NAME]`: which exports are made, wait, or failed."""

from collections.abc import Mapping
from typing import Any

from moves.admin.states import ExportStates
from moves.management.job_command import JobCommand
from moves.models import Export


class Command(JobCommand):
    help = "List exports, the newest first."
    model, states, none = Export, ExportStates, "There is no such export."

    def described(self, row: Export) -> Mapping[str, Any]:
        """When it was asked for, how much is made, and what it waits for."""
        return {
            "asked_for": row.created_at,
            "documents": row.documents,
            "files_bytes": row.files_size,
            "retry_at": row.retry_at,
            "error": row.error or row.waiting_for,
            "expires_at": row.expires_at,
        }
