"""Is the server there, and can it do its work?"""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, JsonResponse

from accounts.sizes import human_size
from config.celery import app

log = logging.getLogger("wharf.health")


def status(request: HttpRequest) -> JsonResponse:
    """`GET /status`: 200 as soon as the server answers; asks nothing behind it. `move.changes`: that this server knows
    `POST /move/changes`, as a source and as a target."""
    return JsonResponse({"status": "OK", "name": "Wharf", "move": {"changes": True}})


def ready(request: HttpRequest) -> JsonResponse:
    """`GET /status/ready`: 200 when database, storage and broker do as they are asked, or 503 and which does not.

    A disk that is nearly full is a warning, with 200: with 503 an orchestrator would take the server away, and nobody
    could leave it.
    """
    answers = {name: _ask(name, question) for name, question in QUESTIONS.items()}
    if not all(answer == "ok" for answer in answers.values()):
        return JsonResponse({"status": "unavailable", **answers}, status=503)
    if warning := _disk_warning():
        log.warning(warning)
        return JsonResponse({"status": "warning", **answers, "disk": warning})
    return JsonResponse({"status": "OK", **answers})


def _disk_warning() -> str:
    """What operators are told of a disk with little room; empty where there is enough."""
    disk = shutil.disk_usage(settings.WHARF_DATA_DIR)
    if disk.free >= settings.WHARF_LOW_DISK_BYTES:
        return ""
    return f"Nearly full: {human_size(disk.free)} of {human_size(disk.total)} are free. Without any, nothing is taken."


def _ask(name: str, question: Callable[[], None]) -> str:
    try:
        question()
    except Exception as error:  # whatever a driver raises, the answer is that the service does not work
        log.error("%s is not available", name, exc_info=error)
        return "unavailable"
    return "ok"


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _ask_storage() -> None:
    key = default_storage.save(f"ready/{uuid4().hex}", ContentFile(b"ready"))
    try:
        with default_storage.open(key) as kept:
            if kept.read() != b"ready":
                raise OSError("the storage gave back other bytes than it was given")
    finally:
        default_storage.delete(key)


def _ask_broker() -> None:
    if folder := getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {}).get("data_folder_out"):
        with TemporaryFile(dir=Path(folder)) as file:
            file.write(b"ready")
        return
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=3)


QUESTIONS = {"database": _ask_database, "storage": _ask_storage, "broker": _ask_broker}
