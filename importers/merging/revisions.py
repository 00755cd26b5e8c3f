"""What records said before."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.texts import kept_text
from importers.documents.values import Unreadable, moment, text
from importers.merging.transfers import MergeTransfers

UNREADABLE_REVISIONS = kept_text("What it said before can't be read.")


def revisions_of(transfers: MergeTransfers, facts: dict[str, Any]) -> list[tuple[str, datetime, int]]:
    """Returns what `metadata.wharf` says that the record said before: the payload, when it was replaced, and by which
    transfer. Raises `Unreadable`."""
    if "revisions" not in facts:
        return []
    earlier = facts["revisions"]
    if not isinstance(earlier, list) or not all(isinstance(one, dict) for one in earlier):
        raise Unreadable(UNREADABLE_REVISIONS)
    return [
        (
            text(one.get("payload"), "payload"),
            moment(one.get("replaced_at"), "replaced_at"),
            transfers.named(one.get("transfer")).transfer,
        )
        for one in earlier
    ]


class EarlierPayloads:
    """What one record said before, as far as it is kept: each payload, and when it was replaced."""

    def __init__(self, kept: Iterable[tuple[str, datetime]] = ()) -> None:
        self._kept = set(kept)

    def add(self, payload: str, replaced_at: datetime) -> None:
        self._kept.add((payload, replaced_at))

    def has(self, payload: str) -> bool:
        """Whether this payload is kept, whenever it was replaced."""
        return any(payload == kept for kept, _ in self._kept)

    def missing(self, revisions: Iterable[tuple[str, datetime, int]], now: datetime) -> list[tuple[str, datetime, int]]:
        """Returns those of a document that are not kept yet: neither as replaced at that moment, nor `now`, by this
        merge."""
        kept_now = {payload for payload, at in self._kept if at == now}
        return [one for one in revisions if one[:2] not in self._kept and one[0] not in kept_now]
