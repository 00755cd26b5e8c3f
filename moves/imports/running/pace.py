"""How an import gets on: fast enough for the worker that it holds, or not.

What counts is bytes of entries, whether they are placed or found to be here already: what an archive's packing takes
beyond that may go on for ever. The clock runs while something is read; that this server itself takes long to place what
came makes nobody slow.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.sizes import human_size
from accounts.texts import kept_text
from moves.imports.sources.parts import StreamInterrupted

OTHERS_WAIT = kept_text("Others wait for their turn. It goes on when it has one again.")
TOOK_TOO_LONG = kept_text("It took too long for as much as it brought. What has arrived stays.")
TOO_LITTLE_COMES = kept_text(
    "Too little comes: %(size)s in %(minutes)s min. What has arrived stays. Import it again when the other server is "
    "faster: it goes on from there.",
    measures=["size"],
)

LONGEST_GAP = 5.0  # seconds between two looks that count: what takes longer is no reading


class ImportTooSlow(StreamInterrupted):
    """Too little came for too long: it is not tried again by itself. Its text is a sentence for the person."""


class TurnOver(StreamInterrupted):
    """Others wait, and it has had its turn. Its text is a sentence for the person."""


def longest(entry_bytes: int) -> timedelta:
    """How long an import may take that has brought so many bytes, with all its pauses."""
    return settings.WHARF_IMPORT_DEADLINE + timedelta(seconds=entry_bytes / settings.WHARF_IMPORT_LEAST_RATE)


class Pace:
    """The watch of one run (`moves/watch.py`). `still_mine` raises where it must end; `began_at`: when the import did;
    `before`: bytes of entries that earlier runs have read."""

    def __init__(self, still_mine: Callable[[], None], began_at: datetime, before: int) -> None:
        self._still_mine = still_mine
        self._began_at = began_at
        self._before = before
        self._came = 0  # bytes of entries, of this run
        self._clock = 0.0  # seconds of reading since the last measurement
        self._measured = 0  # bytes that had come then
        self._looked = time.monotonic()
        self.is_over = False  # whether its turn is
        self.trouble = ""  # why something is being tried again, as a sentence

    def came(self, size: int) -> None:
        self._came += size

    def failing(self, sentence: str) -> None:
        self.trouble = sentence

    def look(self) -> None:
        """Raises what `still_mine` does, `ImportTooSlow` or `TurnOver`."""
        self._still_mine()
        if self.is_over:
            raise TurnOver(OTHERS_WAIT)
        now = time.monotonic()
        self._clock += min(now - self._looked, LONGEST_GAP)
        self._looked = now
        if timezone.now() - self._began_at > longest(self._before + self._came):
            raise ImportTooSlow(TOOK_TOO_LONG)
        if self._clock >= settings.WHARF_IMPORT_SLOW_AFTER:
            self._measure()

    def _measure(self) -> None:
        brought = self._came - self._measured
        if brought < settings.WHARF_IMPORT_LEAST_BYTES:
            minutes = max(1, round(self._clock / 60))
            raise ImportTooSlow(TOO_LITTLE_COMES % {"size": human_size(brought), "minutes": minutes})
        self._clock, self._measured = 0.0, self._came
