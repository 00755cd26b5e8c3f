"""Which clients an operator has suspended, asked at most once a second however many items come."""

import time
from threading import Lock

from accounts.models import Application
from accounts.texts import kept_text

SECONDS = 1.0  # after which it is known in every process
# What is written down with each item that is refused, and read by programs
WORDS = kept_text("The operator of this server has suspended this service.")
WORDS_AND_NOTE = kept_text("The operator of this server has suspended this service. %(note)s")


class SuspendedClients:
    """What this process knows of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[int, str] = {}
        self._until = 0.0

    def why(self, application: int) -> str:
        """Returns what its exporter and the person are told, in a sentence; empty where it is not suspended."""
        if time.monotonic() >= self._until:
            with self._lock:
                if time.monotonic() < self._until:  # somebody has asked while this waited
                    return self._known.get(application, "")
                rows = Application.objects.filter(suspended_at__isnull=False).values_list("pk", "suspended_note")
                self._known = {pk: WORDS_AND_NOTE % {"note": note} if note.strip() else WORDS for pk, note in rows}
                self._until = time.monotonic() + SECONDS
        return self._known.get(application, "")

    def forget(self) -> None:
        """Asks the next time: it has just been changed here."""
        self._until = 0.0


suspended_clients = SuspendedClients()
