"""What the audit trail is told of accounts and clients, whoever changes them and by whichever way."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import Application, User
from accounts.throttles import client_address
from audit import retention, subjects
from audit.kinds import AuditKind
from audit.trail import record

OF_CLIENTS = {"name": "name", "redirect_uris": "addresses", "allowed_scopes": "scope"}  # as the trail calls them
RIGHTS = ("is_active", "is_staff", "is_superuser")
WATCHED = ("username", "email", "quota_bytes", "blocked", *RIGHTS)


@receiver(user_logged_in)
def tell_of_log_in(request: HttpRequest, user: User, **_: Any) -> None:
    here = client_address(request)
    record(
        AuditKind.LOGGED_IN,
        subject=subjects.person(user.pk),
        actor=subjects.person(user.pk),
        request=request,
        cause=here,
    )


@receiver(user_logged_out)
def tell_of_log_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None and user.pk is not None:
        record(AuditKind.LOGGED_OUT, subject=subjects.person(user.pk), actor=subjects.person(user.pk), request=request)


@receiver(pre_save, sender=User)
def look_before(instance: User, update_fields: Any = None, **_: Any) -> None:
    """Notes what the row said, where a save may change what the trail is told of."""
    instance.before = _said_before(instance, WATCHED, update_fields)


@receiver(post_save, sender=User)
def tell_of_changes(instance: User, created: bool, **_: Any) -> None:
    """Tells what a save has changed."""
    subject = subjects.person(instance.pk)
    if created:
        rights = [name for name in RIGHTS if getattr(instance, name)]
        record(AuditKind.ACCOUNT_MADE, subject=subject, name=instance.username, email=instance.email, rights=rights)
        return
    if instance.changed_password:
        record(AuditKind.PASSWORD_CHANGED, subject=subject)
    before = instance.before or {}
    changed = {name: (was, getattr(instance, name)) for name, was in before.items() if was != getattr(instance, name)}
    if "username" in changed:
        record(AuditKind.NAME_CHANGED, subject=subject, former=changed["username"][0], now=changed["username"][1])
    if "email" in changed:
        record(AuditKind.ADDRESS_CHANGED, subject=subject, former=changed["email"][0], now=changed["email"][1])
    if "quota_bytes" in changed:
        former, now = changed["quota_bytes"]
        record(AuditKind.QUOTA_CHANGED, subject=subject, former_bytes=former, bytes=now)
    if "blocked" in changed:
        tell_of_block(instance.pk, instance.blocked, instance.blocked_note)
    if given := {name: changed[name][1] for name in RIGHTS if name in changed}:
        record(AuditKind.RIGHTS_CHANGED, subject=subject, rights=given)


def tell_of_block(pk: int, blocked: str, note: str = "") -> None:
    """Tells that an account is blocked, `blocked` saying by what, or, if that is empty, that it is no more."""
    if blocked:
        record(AuditKind.ACCOUNT_BLOCKED, subject=subjects.person(pk), why=note, by=str(blocked))
    else:
        record(AuditKind.ACCOUNT_UNBLOCKED, subject=subjects.person(pk))


@receiver(post_delete, sender=User)
def tell_of_deletion(instance: User, **_: Any) -> None:
    """Tells that an account is gone, and deletes what the trail knows of its person."""
    retention.end(AuditKind.ACCOUNT_DELETED, subjects.person(instance.pk))


@receiver(pre_save, sender=Application)
def look_before_at_client(instance: Application, update_fields: Any = None, **_: Any) -> None:
    """Notes what the row of a client said, where a save may change what the trail is told of."""
    instance.before = _said_before(instance, OF_CLIENTS, update_fields)


def _said_before(row: Model, watched: Iterable[str], update_fields: Any) -> dict[str, Any] | None:
    """Returns what the database says of a row that is about to be saved, in those of these columns that may change."""
    columns = [name for name in watched if update_fields is None or name in update_fields]
    if not columns or row._state.adding:
        return None
    return type(row)._default_manager.filter(pk=row.pk).values(*columns).first()


@receiver(post_save, sender=Application)
def tell_of_client(instance: Application, created: bool, **_: Any) -> None:
    """Tells of a new client. Those that register themselves have no chain, or strangers could make as many as they
    like."""
    if created and instance.registered_itself:
        record(AuditKind.CLIENT_REGISTERED, subject=subjects.STRANGER)
    elif created:
        named = {"name": instance.name, "client_id": instance.client_id, "addresses": instance.redirect_uris}
        record(AuditKind.EXPORTER_MADE, subject=subjects.exporter(instance.pk), **named)
    elif not instance.registered_itself:
        _tell_of_changed_client(instance)


def _tell_of_changed_client(client: Application) -> None:
    """Tells what was said of a client, and what is said now: who changes where it is sent back to may be given its
    codes."""
    said: dict[str, Any] = {}
    for column, name in OF_CLIENTS.items():
        was, now = (client.before or {}).get(column), getattr(client, column)
        if was is not None and was != now:
            said |= {f"former_{name}": was or "–", f"{name}_now": now or "–"}
    if said:
        record(AuditKind.EXPORTER_CHANGED, subject=subjects.exporter(client.pk), client_id=client.client_id, **said)


@receiver(post_delete, sender=Application)
def tell_of_gone_client(instance: Application, **_: Any) -> None:
    if not instance.registered_itself:
        named = {"name": instance.name, "client_id": instance.client_id}
        record(AuditKind.EXPORTER_DELETED, subject=subjects.exporter(instance.pk), **named)
