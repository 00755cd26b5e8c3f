"""What records said before, and the columns that every record has."""

from datetime import datetime
from typing import Any

from importers.documents.columns import FACTS, columns_of
from importers.documents.values import Unreadable, moment, text
from importers.merging.context import MergeContext
from importers.models import Record


def record_columns(
    context: MergeContext, model: type[Record], names: tuple[str, ...], facts: dict[str, Any]
) -> dict[str, Any]:
    """The columns that every record has, and these of its own, from `metadata.wharf` and what stands beside it."""
    source, transfer = context.transfer(facts.get("transfer"))
    found = columns_of(model, (*FACTS, *names), facts)
    found["source_id"], found["transfer_id"] = source, transfer
    return found


def revisions_of(context: MergeContext, facts: dict[str, Any]) -> list[tuple[str, datetime, int]]:
    """What `metadata.wharf` says that the record said before."""
    earlier = facts.get("revisions", [])
    if not isinstance(earlier, list) or not all(isinstance(one, dict) for one in earlier):
        raise Unreadable("What it said before can't be read.")
    return [
        (
            text(one.get("payload"), "payload"),
            moment(one.get("replaced_at"), "replaced_at"),
            context.transfer(one.get("transfer"))[1],
        )
        for one in earlier
    ]
