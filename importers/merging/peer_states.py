"""Which of two states of one document of a Cozy is the later one (protocol/move.md, "What a real Cozy does").

A Cozy leaves `updated_at` alone when something is renamed, moved or thrown away, and many of its documents have no time
at all: what orders them for certain is the number before the `-` of `_rev`. Only a Cozy that was restored from a backup
begins at 1 again; then the times are right, and the two disagree.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Self

from accounts import strict_json
from importers.documents.values import lenient_moment
from importers.merging.deciding import deciding

REVISION = re.compile(r"(\d{1,9})-")


class StateOrder(Enum):
    """How what a server says now stands to what it said before."""

    LATER = auto()
    EARLIER = auto()
    UNSURE = auto()  # number and time disagree, or neither of them tells: both states are worth keeping


@dataclass(frozen=True)
class PeerState:
    """What one state of a document says of its place among the others: its id, the number of its revision, and when
    it was changed, as far as it says."""

    id: str
    number: int | None
    changed: datetime | None

    @classmethod
    def of(cls, body: Any) -> Self | None:
        """Returns the state that a document is; None for what is no document of such a server, as an item is not."""
        if not isinstance(body, dict) or "@type" in body or not isinstance(body.get("_id"), str):
            return None
        revision = body.get("_rev")
        found = REVISION.match(revision) if isinstance(revision, str) else None
        return cls(body["_id"], int(found[1]) if found else None, changed_there(body))

    @classmethod
    def of_text(cls, payload: str) -> Self | None:
        """The same of a document's text."""
        if '"_id"' not in payload:
            return None
        try:
            return cls.of(strict_json.loads(payload))
        except (ValueError, RecursionError):
            return None

    def against(self, before: "PeerState") -> StateOrder:
        """Returns how this state, which the server has sent now, stands to one that it had sent before."""
        number = _sign(self.number, before.number)
        time = _sign(self.changed, before.changed)
        if not number and not time:
            # One that had a time and has none any more can't be shown to be later.
            return StateOrder.EARLIER if before.changed and not self.changed else StateOrder.UNSURE
        if number * time < 0:
            return StateOrder.UNSURE
        return StateOrder.LATER if number + time > 0 else StateOrder.EARLIER

    def is_dated_before(self, other: "PeerState") -> bool:
        """Whether its time says that it is the earlier one; what the server says now is not, where no time tells."""
        return _sign(self.changed, other.changed) < 0


def changed_there(body: dict[str, Any]) -> datetime | None:
    """Returns when a Cozy's document was last changed: the later one of its two times, as far as it says them, and they
    decide anything."""
    of_cozy = body.get("cozyMetadata")
    beside = of_cozy.get("updatedAt") if isinstance(of_cozy, dict) else None
    times = [lenient_moment(one) for one in (body.get("updated_at"), beside) if isinstance(one, str)]
    return max((one for one in map(deciding, times) if one is not None), default=None)


def _sign(one: Any, other: Any) -> int:
    if one is None or other is None or one == other:
        return 0
    return 1 if one > other else -1
