"""Work on a row that is done by one at a time, and by another one where that one has died.

Whoever begins writes the time into a column. Whoever ends, well or not, clears it; who is killed leaves it, and after a
while it counts for nothing. So what was cut off is done again: in a rare case twice.
"""

from datetime import datetime, timedelta
from typing import Self

from django.db.models import Model, Q
from django.utils import timezone


class Lease:
    """A context; `mine` says whether it is ours.

    `column` of the row: when its holder last gave a sign of life. `lasts`: much longer than clocks differ. `undone`:
    what is true of the row as long as there is work.
    """

    def __init__(self, row: Model, column: str, lasts: timedelta, undone: Q) -> None:
        self._rows = type(row)._default_manager.filter(pk=row.pk)
        self._column = column
        self._lasts = lasts
        self._undone = undone
        self._since: datetime | None = None
        self.mine = False

    def __enter__(self) -> Self:
        free = Q(**{self._column: None}) | Q(**{f"{self._column}__lt": timezone.now() - self._lasts})
        self.mine = self._write(self._undone & free)
        return self

    def __exit__(self, *_: object) -> None:
        if self.mine:
            self._rows.filter(self._held).update(**{self._column: None})

    def renew(self) -> bool:
        """A sign of life. False where somebody else holds it by now, or it is gone."""
        self.mine = self.mine and self._write(self._held)
        return self.mine

    @property
    def _held(self) -> Q:
        return Q(**{self._column: self._since})

    def _write(self, where: Q) -> bool:
        now = timezone.now()
        if not self._rows.filter(where).update(**{self._column: now}):
            return False
        self._since = now
        return True
