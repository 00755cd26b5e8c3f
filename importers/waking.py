"""Wakes a worker for what items have left to be done after their answer (see `Vertical.work_off`)."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError as BrokerError

log = logging.getLogger("wharf.waking")

WORK_OFF = "importers.tasks.work_off"


def wake() -> None:
    """Sends a message. One that is lost loses nothing: the worker looks every minute by itself."""
    try:
        current_app.send_task(WORK_OFF)
    except (BrokerError, OSError):
        log.warning("no worker could be told; it looks by itself", exc_info=True)
