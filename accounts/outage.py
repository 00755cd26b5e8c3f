"""What fails again and again for a while, such as a sign of life while the database is held by others: said once."""

import logging
import time

from django.db import InterfaceError, OperationalError

PASSES = (OperationalError, InterfaceError, OSError)  # services that are gone or busy; anything else is worth its lines


class Outage:
    """One line of the log when it begins, and one when it is over. `what`: what fails, as a noun."""

    def __init__(self, log: logging.Logger, what: str) -> None:
        self._log = log
        self._what = what
        self._since: float | None = None

    def failed(self, error: BaseException) -> None:
        """It has failed, perhaps again."""
        if self._since is not None:
            return
        self._since = time.monotonic()
        why = None if isinstance(error, PASSES) else error
        said = " ".join(f"{type(error).__name__}: {error}".split())
        self._log.warning("%s: not possible for now, and tried again: %s", self._what, said, exc_info=why)

    def over(self) -> None:
        """It has succeeded."""
        if self._since is not None:
            self._log.warning("%s: possible again, after %.0f s", self._what, time.monotonic() - self._since)
            self._since = None
