"""What every record has that a document of another server becomes."""

from datetime import datetime
from typing import Any

from importers.documents.arriving import ArrivingDocument
from importers.documents.values import UNKNOWN_TIME, lenient_moment
from importers.merging.context import MergeContext
from importers.models.record import NEVER


def foreign_columns(
    context: MergeContext, document: ArrivingDocument, identity: str, *, trashed: bool = False
) -> dict[str, Any]:
    """Returns the columns that every record has, of a document that is not ours."""
    source, transfer = context.transfers.of_origin()
    changed = changed_at(document.body)
    return {
        "source_id": source,
        "transfer_id": transfer,
        "identity": identity,
        "payload": document.text,
        "received_at": context.now,
        "changed_at": changed,
        "trashed_at": changed if trashed else None,
    }


def changed_at(body: dict[str, Any]) -> datetime:
    """Returns when a Cozy's document was changed; long ago, where it doesn't say."""
    for name in ("updated_at", "created_at"):
        if (found := lenient_moment(body.get(name))) is not None and found > NEVER:
            return found
    return UNKNOWN_TIME
