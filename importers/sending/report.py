"""What a job did: counts and bytes per vertical, what was refused and why, as a table for people."""

from collections import Counter
from dataclasses import dataclass, field

from importers.sending.items import OutgoingItem
from importers.sending.shown import shown

ITEM_ENDS = ("created", "updated", "unchanged", "kept", "sent", "refused", "not sent")
LONGEST_LIST = 20  # refused items that are listed; the rest is counted


@dataclass
class VerticalTally:
    """One vertical: how many items met which end, and the bytes of the files that arrived."""

    ends: Counter[str] = field(default_factory=Counter)
    size: int = 0


@dataclass(frozen=True)
class Failure:
    """An item that was not taken, and why."""

    vertical: str
    label: str
    reason: str


@dataclass
class Report:
    """Grows while a job runs; whoever interrupts it finds in it how far it came."""

    tallies: dict[str, VerticalTally] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def arrived(self, item: OutgoingItem, outcome: str, size: int) -> None:
        """The server took the item with a file of `size` bytes, and says what it did: `created`, ..., or `sent`."""
        tally = self._of(item)
        tally.ends[outcome] += 1
        tally.size += size

    def refused(self, item: OutgoingItem, reason: str) -> None:
        """The item did not get through, and was skipped."""
        self._of(item).ends["refused"] += 1
        self.failures.append(Failure(item.vertical, item.label, reason))

    def not_sent(self, item: OutgoingItem) -> None:
        """The job ended before it was this item's turn."""
        self._of(item).ends["not sent"] += 1

    def _of(self, item: OutgoingItem) -> VerticalTally:
        return self.tallies.setdefault(item.vertical, VerticalTally())

    def count(self, *ends: str) -> int:
        """How many items met one of these ends, over all verticals."""
        return sum(tally.ends[end] for tally in self.tallies.values() for end in ends)

    @property
    def size(self) -> int:
        """Bytes of the files that arrived."""
        return sum(tally.size for tally in self.tallies.values())

    @property
    def taken(self) -> int:
        """How many items the server has now, old or new."""
        return self.count("created", "updated", "unchanged", "kept", "sent")

    def table(self) -> str:
        """One line per vertical and one for all, without the columns in which nothing stands."""
        columns = [column for column in ITEM_ENDS if self.count(column)]
        rows = [["", *columns, "bytes"]]
        rows += [
            [name, *(f"{tally.ends[column]:,}" for column in columns), in_bytes(tally.size)]
            for name, tally in self.tallies.items()
        ]
        rows.append(["in all", *(f"{self.count(column):,}" for column in columns), in_bytes(self.size)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = []
        for first, *others in rows:
            cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
            lines.append("  ".join([first.ljust(widths[0]), *cells]))
        return "\n".join(lines)

    def refusals(self) -> str:
        """The items that were refused, each with its reason; the first ones if they are many."""
        listed = self.failures[:LONGEST_LIST]
        lines = [shown(f"  {failure.vertical}  {failure.label}: {failure.reason}") for failure in listed]
        if (more := len(self.failures) - LONGEST_LIST) > 0:
            lines.append(f"  and {more:,} more")
        return "\n".join(lines)


def in_bytes(size: float) -> str:
    """Bytes in the unit that people read: `0 B`, `12.3 kB`, `4.0 GB` (powers of 1000)."""
    if size < 1000:
        return f"{size:.0f} B"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 1000:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} TB"
