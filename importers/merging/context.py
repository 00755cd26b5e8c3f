"""What the documents of one archive share on their way into an account."""

from dataclasses import dataclass
from typing import TypeVar

from django.utils import timezone

from accounts.models import User
from importers.merging.containers import ArchiveIds
from importers.merging.origin import Origin
from importers.merging.transfers import Counts, MergeTransfers


class MergeMemory:
    """What one vertical remembers of what it found in an account, from batch to batch."""

    def __init__(self, context: "MergeContext") -> None:
        self.context = context

    def begin(self) -> None:
        """A transaction begins: what has become too much is forgotten."""

    def forget(self) -> None:
        """What was found may not be there any more."""


M = TypeVar("M", bound=MergeMemory)


@dataclass(frozen=True)
class MergeMark:
    """What has been counted up to some moment of a transaction."""

    new_bytes: int
    counts: Counts


class MergeContext:
    """One account into which an archive comes: what its transactions share.

    `transfers`: those that records say they came in. `ids`: what the archive's ids mean here. `new_bytes`: what the
    transaction adds to the account's use. `now`: when it began.

    What is found is remembered from batch to batch, so that most documents ask only for what they are themselves. What
    is counted for transfers, and in `new_bytes`, belongs to one transaction.

    | when                         | call           | what was found | what was counted       |
    | ---------------------------- | -------------- | -------------- | ---------------------- |
    | a transaction begins         | `begin`        | stays          | is zero                |
    | one document's part of it    | `mark`         | stays          | is noted               |
    | ... is rolled back alone     | `reset`        | is forgotten   | is what `mark` noted   |
    | the transaction ends         | `write_counts` | stays          | is written             |
    | it is rolled back            | `forget`       | is forgotten   | `begin` sets to zero   |
    """

    def __init__(self, owner: User, origin: Origin) -> None:
        self.owner = owner
        self.origin = origin
        self.new_bytes = 0
        self.now = timezone.now()
        self.transfers = MergeTransfers(owner, origin)
        self.ids = ArchiveIds(owner, self.transfers)
        self._memories: dict[type[MergeMemory], MergeMemory] = {}

    def begin(self) -> None:
        """A transaction begins."""
        self.new_bytes = 0
        self.now = timezone.now()
        self.transfers.begin(self.now)
        self.ids.begin(self.now)
        for memory in self._memories.values():
            memory.begin()

    def mark(self) -> MergeMark:
        """Returns what has been counted so far, for `reset`."""
        return MergeMark(self.new_bytes, self.transfers.counted())

    def reset(self, mark: MergeMark) -> None:
        """Counts again from there, and forgets what was found since: it was rolled back."""
        self.new_bytes = mark.new_bytes
        self.transfers.count_from(mark.counts)
        self.forget()

    def write_counts(self) -> None:
        """Lets the transfers count what came back. The transaction ends."""
        self.transfers.write_counts()

    def forget(self) -> None:
        """What was found may not be there any more."""
        self.transfers.forget()
        self.ids.forget()
        for memory in self._memories.values():
            memory.forget()

    def memory(self, kind: type[M]) -> M:
        """Returns the memory of this kind, which is made when it is first asked for."""
        found = self._memories.get(kind)
        if not isinstance(found, kind):
            found = self._memories[kind] = kind(self)
        return found
