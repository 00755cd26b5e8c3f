"""Copies of checkpoints go elsewhere, so that whoever owns this machine can't write another history.

What could not be sent goes with the next ones.
"""

import json
import logging
from collections.abc import Callable
from datetime import timedelta

import httpx
from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from audit.checkpoints import LEAF
from audit.models import AuditCheckpoint, CheckpointCopy

log = logging.getLogger("wharf.audit")

CHECKPOINTS_AT_ONCE = 1000  # checkpoints in one mail or request
PATIENCE = 20.0  # seconds for one request
MAILS_APART = timedelta(hours=1)


def send() -> None:
    """Sends those that have not gone yet, each way that the settings name."""
    ways: list[tuple[str, bool, Callable[[str], None]]] = [
        ("print", settings.WHARF_AUDIT_PRINT, _print),
        ("mail", bool(settings.WHARF_AUDIT_MAIL), _mail),
        ("post", bool(settings.WHARF_AUDIT_POST), _post),
    ]
    for way, wanted, deliver in ways:
        if wanted:
            _send(way, deliver)


def _send(way: str, deliver: Callable[[str], None]) -> None:
    last, _ = CheckpointCopy.objects.get_or_create(way=way)
    now = timezone.now()
    if way == "mail" and last.at is not None and now - last.at < MAILS_APART:
        return
    waiting = list(AuditCheckpoint.objects.filter(number__gt=last.number).order_by("number")[:CHECKPOINTS_AT_ONCE])
    if not waiting:
        return
    try:
        deliver("".join(json.dumps(one.as_copy(LEAF.size)) + "\n" for one in waiting))
    except (OSError, httpx.HTTPError) as error:  # SMTPException is an OSError
        log.warning("copies of checkpoints could not be sent (%s): %s", way, error)
        return
    CheckpointCopy.objects.filter(pk=last.pk).update(number=waiting[-1].number, at=now)


def _print(lines: str) -> None:
    for line in lines.splitlines():
        log.info("checkpoint of the audit trail", extra={"checkpoint": json.loads(line)})


def _mail(lines: str) -> None:
    subject = f"Checkpoints of the audit trail of {settings.WHARF_BASE_URL}"
    send_mail(subject, lines, None, [settings.WHARF_AUDIT_MAIL])


def _post(lines: str) -> None:
    with httpx.Client(timeout=PATIENCE) as client:
        kind = {"Content-Type": "application/jsonl"}
        client.post(settings.WHARF_AUDIT_POST, content=lines.encode(), headers=kind).raise_for_status()
