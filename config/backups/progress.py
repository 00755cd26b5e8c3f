"""How far a backup or a restore is, for somebody who looks at a terminal."""

from types import TracebackType
from typing import Any, Self


class BackupBars:
    """One bar after the other: pages of the database, then bytes of content."""

    def __init__(self, bar: Any, quiet: bool) -> None:
        """`bar`: the class of bars, tqdm's; `quiet`: show none."""
        self._bar, self._quiet = bar, quiet
        self._shown: Any = None
        self._what = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._shown is not None:
            self._shown.close()

    def show(self, what: str, number: int, total: int | None) -> None:
        """Shows pages of the database that are done, or so many bytes of content more."""
        if what != self._what:
            self.__exit__(None, None, None)
            unit = {"unit": "B", "unit_scale": True, "unit_divisor": 1024} if what == "content" else {"unit": " pages"}
            self._shown = self._bar(total=total, desc=what, disable=True if self._quiet else None, **unit)
            self._what = what
        self._shown.update(number if what == "content" else number - self._shown.n)
