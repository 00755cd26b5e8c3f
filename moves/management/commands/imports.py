"""`manage.py imports [NAME]`: which imports of archives run, wait, or failed."""

from collections.abc import Mapping
from typing import Any

from moves.admin.states import ImportStates
from moves.imports.sources.strangers import for_operators
from moves.management.job_command import JobCommand
from moves.models import ArchiveImport


class Command(JobCommand):
    help = "List imports of archives, the newest first."
    model, states, none = ArchiveImport, ImportStates, "There is no such import."

    def described(self, row: ArchiveImport) -> Mapping[str, Any]:
        """Where it comes from, how far it is, and what is missing."""
        return {
            "from": row.server or row.origin,
            "begun": row.created_at,
            "documents": row.documents,
            "missing": row.missing,
            "tries": row.tries,
            "retry_at": row.retry_at,
            "error": for_operators(row.error) or row.waiting_for,
        }
