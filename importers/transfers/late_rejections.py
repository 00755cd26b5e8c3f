"""Rejections that the database had no time for: they are kept in memory, and recorded a little later.

There is room for so many entries and bytes of them. What a process that is killed had here is lost.
"""

import atexit
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from accounts.models import User
from importers.errors import SERVICE_ERRORS, Refusal
from importers.transfers.refused_item import RefusedItem
from importers.transfers.transfer import ExporterJob

log = logging.getLogger("wharf.import")

MOST_ENTRIES = 2000
MOST_BYTES = 16 * 1024 * 1024
LONGEST_PAUSE = 10.0  # seconds before it is tried again
AT_THE_END = 5.0  # seconds for what is left when the process ends


@dataclass(frozen=True, eq=False)
class LateRejection:
    """What has to be recorded: whose item was refused, in which job and vertical, and why."""

    owner: User
    job: ExporterJob
    vertical: str
    refusal: Refusal
    item: RefusedItem


class LateRejections:
    """Those of this process. `record` writes one, and raises what the database says."""

    def __init__(self, record: Callable[[LateRejection], None]) -> None:
        self._record = record
        self._changed = threading.Condition()
        self._held: list[LateRejection] = []
        self._size = 0
        self._thread: threading.Thread | None = None
        self._ends_at: float | None = None
        atexit.register(self._end)

    @property
    def is_empty(self) -> bool:
        """Whether all have been recorded."""
        return not self._held

    def put(self, late: LateRejection) -> bool:
        """Returns whether there is room for it."""
        size = len(late.item.read)
        with self._changed:
            if len(self._held) >= MOST_ENTRIES or self._size + size > MOST_BYTES:
                return False
            self._held.append(late)
            self._size += size
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="late rejections", daemon=True)
                self._thread.start()
        return True

    def of(self, owner_id: int) -> list[LateRejection]:
        """Returns those of a person that have not been recorded yet."""
        return [late for late in self._held.copy() if late.owner.pk == owner_id] if self._held else []

    def forget(self, late: LateRejection) -> None:
        """It need not be recorded, since its item has come in. What has been recorded meanwhile is no error."""
        with self._changed:
            if late in self._held:
                self._held.remove(late)
                self._size -= len(late.item.read)

    def _run(self) -> None:
        pause = settings.WHARF_LATE_REJECTION_PAUSE
        while self._goes_on():
            with self._changed:
                self._changed.wait_for(lambda: self._ends_at is not None, timeout=pause)
            first = settings.WHARF_LATE_REJECTION_PAUSE
            pause = first if self._record_all() else min(2 * pause, LONGEST_PAUSE)
            connection.close()

    def _goes_on(self) -> bool:
        with self._changed:
            if self._held and (self._ends_at is None or time.monotonic() < self._ends_at):
                return True
            self._thread = None
            return False

    def _record_all(self) -> bool:
        """Returns whether all have been recorded."""
        for late in self._held.copy():
            try:
                if late in self._held:
                    self._record(late)
            except SERVICE_ERRORS:
                return False
            except Refusal:
                pass  # of an account that is gone
            except Exception:
                log.exception("a rejection could not be recorded: %s", late.refusal.code)
            self.forget(late)
        return True

    def _end(self) -> None:
        with self._changed:
            thread = self._thread
            self._ends_at = time.monotonic() + AT_THE_END
            self._changed.notify_all()
        if thread is not None:
            thread.join(AT_THE_END)
        for late in self._held:
            log.warning("a rejection could not be recorded: %s", late.refusal.code)
