"""What the audit trail is told of what an operator does to the storage."""

from accounts.texts import kept_text
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record

REPAIRED = kept_text("Repaired the storage")


def tell_of_repair(mended: int) -> None:
    """Tells that so many things were removed or corrected."""
    record(AuditKind.STAFF_ACTED, subject=subjects.SERVER, action=REPAIRED, mended=mended)
