"""Asking for the deletion of an account, and keeping it after all."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from accounts import local_times, periodic
from accounts.deletion import mails
from accounts.models import AccountDeletion, User
from accounts.texts import in_english, kept_text
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record

log = logging.getLogger("wharf.accounts")

DELETE_ACCOUNTS = "accounts.tasks.delete_accounts"  # the task

# What stands in the person's row, for programs as well
TOLD = kept_text("This account is going to be deleted on %(day)s. Nothing can be added to it.", measures=("day",))

# Whatever floors above have under way for this person (`instance`), such as a move, ends now. Sent outside of any
# transaction, before the account rests, and once more when it does.
asked = Signal()


def ask(person: User, by: User.DeletionBy, *, at_once: bool = False) -> datetime:
    """Has an account deleted after `WHARF_DELETION_DAYS`, or `at_once`; until then it rests. Returns when.

    What was asked for before is only ever brought forward, and an operator's wish is not the person's to take back. A
    mail tells the person, unless it is at once.
    """
    asked.send(User, instance=person)
    now = timezone.now()
    due = now if at_once else now + settings.WHARF_DELETION_AFTER
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=person.pk)
        if row.deletion_at is not None:
            due = min(due, row.deletion_at)
            by = row.deletion_by if row.deletion_by == User.DeletionBy.OPERATOR else by  # type: ignore[assignment]
        changed = {"deletion_at": due, "deletion_by": by, "sessions_from": now}
        if row.blocked in ("", User.Blocked.MOVING):
            changed |= {"blocked": User.Blocked.GOING, "blocked_at": now, "blocked_note": _told(row, due)}
        User.objects.filter(pk=row.pk).update(**changed)
        if due > now and row.deletion_at is None:
            mails.send_deletion_asked.send(row.pk)
        record(AuditKind.DELETION_ASKED, subject=subjects.person(row.pk), by=str(by), due=due.isoformat())
        if due <= now:
            transaction.on_commit(lambda: periodic.wake(DELETE_ACCOUNTS))
    asked.send(User, instance=person)  # what began in between; now nothing can
    log.info("account %s is to be deleted at %s, asked for by %s", person.pk, due.isoformat(), by)
    return due


def keep(person: User, by: User.DeletionBy) -> bool:
    """Takes the deletion of an account back; it is open again, unless something else stands against that. Returns
    whether that could be: it is too late once the deletion has begun, and a person can't keep an account that an
    operator has deleted."""
    with transaction.atomic():
        row = User.objects.select_for_update().filter(pk=person.pk).first()
        if row is None or row.deletion_at is None or AccountDeletion.objects.filter(account=row.pk).exists():
            return False
        if by == User.DeletionBy.PERSON and row.deletion_by != by:
            return False
        changed: dict[str, object] = {"deletion_at": None, "deletion_by": ""}
        if row.blocked == User.Blocked.GOING:
            changed |= {"blocked": "", "blocked_at": None, "blocked_note": ""}
        User.objects.filter(pk=row.pk).update(**changed)
        mails.send_deletion_off.send(row.pk)
        record(AuditKind.DELETION_STOPPED, subject=subjects.person(row.pk), by=str(by))
    log.info("account %s is not going to be deleted, said by %s", person.pk, by)
    return True


def block_of(person: User) -> dict[str, object]:
    """Returns the columns of what stands against an account where nothing else does: that it is going to be deleted, or
    nothing."""
    if person.deletion_at is None:
        return {"blocked": "", "blocked_at": None, "blocked_note": ""}
    note = _told(person, person.deletion_at)
    return {"blocked": User.Blocked.GOING, "blocked_at": timezone.now(), "blocked_note": note}


def _told(person: User, due: datetime) -> str:
    with timezone.override(local_times.zone_of(person)), in_english():
        return TOLD % {"day": local_times.day(due)}
