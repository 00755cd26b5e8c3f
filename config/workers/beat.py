"""The beat: it tells workers of what is due again, as the rows of the database say. Two of them do no harm."""

import logging
from typing import Any

from celery.beat import Scheduler
from django.conf import settings
from django.db import connection

from accounts import periodic, signs
from accounts.models import ProcessSign
from accounts.outage import Outage
from importers.errors import SERVICE_ERRORS

log = logging.getLogger("wharf.workers")

LOOKS_EVERY = 5.0  # seconds


class Rows(Scheduler):
    """Celery's beat, with the database's rows in place of a file of its own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._sign = signs.Sign(ProcessSign.Kind.BEAT)
        self._noted = False
        self._outage = Outage(log, "a look of the beat into the database")
        super().__init__(*args, **options)

    def setup_schedule(self) -> None:
        """There is nothing to be read: the database may not be there yet."""

    def tick(self, *_: Any, **__: Any) -> float:
        """Tells of what is due, and lives. Returns the seconds until the next one."""
        try:
            if not self._noted:
                periodic.note(settings.WHARF_PERIODIC)
                self._noted = True
            self._sign.give()
            periodic.tell()
            self._outage.over()
        except SERVICE_ERRORS as error:
            self._outage.failed(error)
        finally:
            connection.close()
        return LOOKS_EVERY

    def close(self) -> None:
        try:
            self._sign.end()
        except SERVICE_ERRORS as error:
            log.warning("the beat could not say that it ends: %s", error)
