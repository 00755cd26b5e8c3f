"""Which of two states a record keeps: the one that it has here, or the one that a document says it had.

Nothing here asks the database or changes anything.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any

from importers.merging.deciding import deciding
from importers.merging.draft import RecordDraft
from importers.merging.peer_states import PeerState, StateOrder
from importers.merging.revisions import EarlierPayloads
from importers.models import Record
from importers.models.record import NEVER

BOOKKEEPING = frozenset({"received_at", "changed_at", "transfer_id", "seen_in_id"})  # how it came, not what it is
WHOSE = frozenset({"source_id", "identity"})  # what identifies it at its source


class MergeVerdict(Enum):
    """What becomes of a record that is here when a document says what it was elsewhere."""

    SAME = auto()  # both say the same
    COMES = auto()  # others had only named it here; it says what the document says
    STAYS = auto()  # others had only named it there; it says what it says here
    NEWER = auto()  # the document is newer; the record says the same, and keeps what it said
    OLDER = auto()  # the record is newer; it stays, and what the document says is kept beside it


@dataclass(eq=False)
class Meeting:
    """A record that is here, and what a document says of it.

    `earlier`: what the record said before. `differing`: the columns that have other values in the document, with these.

    A meeting is not edited; `but` and `without` return another one.
    """

    draft: RecordDraft
    record: Any
    earlier: EarlierPayloads
    differing: dict[str, Any]

    @classmethod
    def of(cls, draft: RecordDraft, record: Record, earlier: EarlierPayloads) -> "Meeting":
        differing = {name: value for name, value in draft.columns.items() if getattr(record, name) != value}
        return cls(draft, record, earlier, differing)

    def but(self, columns: dict[str, Any]) -> "Meeting":
        """Returns the same meeting, with other values of these columns."""
        return replace(self, differing=self.differing | columns)

    def without(self, names: frozenset[str]) -> "Meeting":
        """Returns the same meeting, in which these columns stay as they are here."""
        return replace(self, differing={name: value for name, value in self.differing.items() if name not in names})

    @property
    def verdict(self) -> MergeVerdict:
        """Returns which of the two states the record keeps."""
        if not self.differing:
            return MergeVerdict.SAME
        if self.record.is_named_by_archive:
            return MergeVerdict.COMES  # even if it had only been named there, too: the document says whose it is
        if self.record.is_placeholder != self.draft.is_placeholder:
            return MergeVerdict.COMES if self.record.is_placeholder else MergeVerdict.STAYS
        states = self.states
        newer = is_newer(self.draft, self.record) if states is None else gives_way(*states)
        return MergeVerdict.NEWER if newer else MergeVerdict.OLDER

    @property
    def states(self) -> tuple[PeerState, PeerState] | None:
        """Returns what the server that the record came from says of it now, and what it said before; None where the
        document is another one, or comes from another server, or the record was changed here since."""
        draft, record = self.draft, self.record
        if record.transfer_id != draft.columns["transfer_id"] or was_trashed_here(record):
            return None
        said = draft.columns["payload"]
        if said == record.payload:
            return None
        theirs, ours = PeerState.of_text(said), PeerState.of_text(record.payload)
        return (theirs, ours) if theirs is not None and ours is not None and theirs.id == ours.id else None

    @property
    def is_bookkeeping(self) -> bool:
        """Whether they differ in nothing but how the record came."""
        return self.differing.keys() <= BOOKKEEPING

    @property
    def replaced_payload(self) -> str | None:
        """Returns what the record says and will say no more, if nobody has kept it: neither this account, nor the one
        that the document comes from."""
        said, draft = self.record.payload, self.draft
        if "payload" not in self.differing or not said or self.earlier.has(said):
            return None
        return None if any(said == payload for payload, *_ in draft.revisions) else said

    @property
    def other_payload(self) -> str | None:
        """Returns what the document says and the record does not, if that is not kept yet."""
        said: str = self.draft.columns["payload"]
        return said if said and said != self.record.payload and not self.earlier.has(said) else None


def gives_way(theirs: PeerState, ours: PeerState) -> bool:
    """Returns whether what is here, came from a server and was not changed here since gives way to what that one says
    now. Where nothing tells which is later, both are kept: as the record, and as what it said before."""
    match theirs.against(ours):
        case StateOrder.LATER:
            return True
        case StateOrder.EARLIER:
            return False
    return not theirs.is_dated_before(ours)


def was_trashed_here(record: Record) -> bool:
    """Whether somebody has deleted it here: what was in the bin of the other server has been there since its last
    change."""
    return record.trashed_at is not None and record.trashed_at != record.changed_at


def is_newer(draft: RecordDraft, record: Record) -> bool:
    """Returns whether the document is newer. Where both are of the same moment and say the same, how it came may
    differ."""
    theirs = _last_change(draft.columns["changed_at"], draft.columns["trashed_at"])
    ours = _last_change(record.changed_at, record.trashed_at)
    return theirs > ours or (theirs == ours and draft.columns["payload"] == record.payload)


def _last_change(*times: datetime | None) -> datetime:
    return max((one for one in map(deciding, times) if one is not None), default=NEVER)


def under_its_id_here(draft: RecordDraft, record: Record) -> RecordDraft:
    """Returns the draft of a record that is here under another id, which keeps its place and whose it is."""
    content = getattr(record, "content_id", None)
    if draft.columns["payload"] == record.payload and draft.columns.get("content_id", content) == content:
        return as_it_is_here(draft, record)
    names = (WHOSE | BOOKKEEPING - {"changed_at"}) & draft.columns.keys()
    return draft.but({name: getattr(record, name) for name in names})


def as_it_is_here(draft: RecordDraft, record: Record, *, but_for: str = "") -> RecordDraft:
    """Returns the draft with the values that the record has, but for one column."""
    return draft.but({name: getattr(record, name) for name in draft.columns if name != but_for})
