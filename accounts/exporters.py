"""What an operator decides of an exporter, for everybody at once."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import AccessToken, Grant

from accounts.connections import end_everybodys
from accounts.models import Application
from accounts.oauth.suspended import suspended_clients
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record

PEOPLE_AT_ONCE = 200  # people whose connections are ended in one transaction


def suspend(exporter: Application, note: str = "") -> bool:
    """Refuses what it sends, for everybody, with 413 `destination_full` and the note; its connections stay, and what
    was refused comes when it is sent again. Returns False where it was suspended with this note before."""
    others = Application.objects.filter(pk=exporter.pk).exclude(suspended_at__isnull=False, suspended_note=note)
    with transaction.atomic():
        changed = others.update(suspended_at=timezone.now(), suspended_note=note)
        _tell(changed, AuditKind.EXPORTER_SUSPENDED, exporter, why=note)
    suspended_clients.forget()
    return bool(changed)


def resume(exporter: Application) -> bool:
    """Takes what it sends again. Returns False where it was not suspended."""
    suspended = Application.objects.filter(pk=exporter.pk, suspended_at__isnull=False)
    with transaction.atomic():
        changed = suspended.update(suspended_at=None, suspended_note="")
        _tell(changed, AuditKind.EXPORTER_RESUMED, exporter)
    suspended_clients.forget()
    return bool(changed)


def connected_people(exporter: Application) -> int:
    """Returns how many people it may act for, which is how many must connect it again after `revoke`."""
    return AccessToken.objects.filter(application=exporter).values("user").distinct().count()


def revoke(exporter: Application) -> int:
    """Ends its connections to everybody, for good: each of its refreshes is answered `session_invalidated`, and people
    must connect it again. Returns how many people that were."""
    number = 0
    Grant.objects.filter(application=exporter).delete()  # of codes that nobody has exchanged yet
    tokens = AccessToken.objects.filter(application=exporter).order_by("user")
    while people := list(tokens.values_list("user", flat=True).distinct()[:PEOPLE_AT_ONCE]):
        with transaction.atomic():
            number += end_everybodys(exporter, people)
            _tell(number, AuditKind.EXPORTER_REVOKED, exporter, people=number)
    return number


def rotate_secret(exporter: Application) -> str:
    """Gives it a new secret, and returns that. The one before is good for some days more (WHARF_OLD_SECRET_DAYS), or
    until it is ended: a worker with a dead secret comes again for ever."""
    secret: str = generate_client_secret()
    until = timezone.now() + timedelta(days=settings.WHARF_OLD_SECRET_DAYS)
    with transaction.atomic():
        row = Application.objects.select_for_update().get(pk=exporter.pk)
        row.earlier_secret, row.earlier_secret_until = row.client_secret, until
        row.client_secret = secret  # which is hashed as it is saved
        row.save()
        _tell(1, AuditKind.SECRET_CHANGED, exporter)
    return secret


def end_earlier_secret(exporter: Application) -> bool:
    """Takes no secret any more but the newest. Returns False where there was no other."""
    earlier = Application.objects.filter(pk=exporter.pk).exclude(earlier_secret="")
    with transaction.atomic():
        ended = earlier.update(earlier_secret="", earlier_secret_until=None)
        _tell(ended, AuditKind.SECRET_ENDED, exporter)
    return bool(ended)


def is_earlier_secret(exporter: Application, secret: str) -> bool:
    """Returns whether this is the secret before the newest one, while that is still good."""
    until = exporter.earlier_secret_until
    good = bool(exporter.earlier_secret) and until is not None and until > timezone.now()
    return good and check_password(secret, exporter.earlier_secret)


def _tell(changed: int, kind: AuditKind, exporter: Application, **details: Any) -> None:
    """Tells the audit trail, where anything was changed."""
    if changed:
        record(kind, subject=subjects.exporter(exporter.pk), name=exporter.name, **details)
