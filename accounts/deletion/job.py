"""Deleting accounts whose day has come.

Nothing is held for long: each transaction takes about as many rows as can be deleted in a tenth of a second, and then
leaves the database to others for as long again. The keys of what comes next are read before, without a lock.
"""

import logging
import time
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.dispatch import Signal
from django.utils import timezone

from accounts.connections import disconnect_all
from accounts.deletion import mails, traces
from accounts.deletion.rows import OwnRows, own_rows
from accounts.models import AccountDeletion, User

log = logging.getLogger("wharf.accounts")

KEYS_AT_ONCE = 20_000  # read together, so that what was deleted before them is passed over a few times only
FEWEST, MOST = 20, 5_000  # rows in a transaction
AIM = 0.1  # seconds that one may take

# From here on nothing stops it: what floors above have under way for this person (`instance`) ends in this transaction,
# in which the person's row is locked.
begun = Signal()

Reason = AccountDeletion.Reason


def run(seconds: float) -> int:
    """Deletes for about so long. Returns how many rows were."""
    until, rows = time.monotonic() + seconds, 0
    for deletion in due():
        for piece in pieces(deletion):
            rows += piece
            if time.monotonic() > until:
                return rows
    return rows


def due() -> Iterator[AccountDeletion]:
    """Yields the deletions that are under way, the oldest first, and then begins those whose day has come."""
    yield from list(AccountDeletion.objects.filter(ended_at=None).order_by("begun_at"))
    while (pk := User.objects.filter(_is_due()).values_list("pk", flat=True).first()) is not None:
        if (deletion := begin(pk)) is not None:
            yield deletion


def begin(pk: int) -> AccountDeletion | None:
    """Begins the deletion of an account, if its day has come and nobody else has: nobody can log in any more, what
    services hold has ended, and so has what was under way. Returns its row, or None."""
    with transaction.atomic():
        person = User.objects.select_for_update().filter(pk=pk).first()
        if person is None or not User.objects.filter(_is_due(), pk=pk).exists():
            return None
        reason = Reason(person.deletion_by) if person.deletion_by else Reason.MOVED
        deletion = AccountDeletion.objects.create(account=pk, reason=reason)
        User.objects.filter(pk=pk).update(is_active=False, blocked=User.Blocked.GOING)
        disconnect_all(person)
        begun.send(User, instance=person)
    log.info("the deletion of account %s has begun: %s", pk, reason.label)
    return deletion


def expected(deletion: AccountDeletion) -> int:
    """Returns about how many rows are left: for progress."""
    return sum(rows.count(deletion.account) for rows in own_rows())


def pieces(deletion: AccountDeletion) -> Iterator[int]:
    """Deletes what is left, and yields after each transaction how many rows it has deleted. Two who do the same do no
    harm."""
    found = True
    while found:  # once more, for what a request brought that had begun before
        found = False
        for rows in own_rows():
            for deleted in _some(deletion, rows):
                found = True
                yield deleted
    yield from _some(deletion, traces.TrailRows())
    traces.end_sessions(deletion.account)
    yield _end(deletion)


def _some(deletion: AccountDeletion, rows: OwnRows | traces.TrailRows) -> Iterator[int]:
    most = FEWEST
    while keys := rows.keys(deletion.account, KEYS_AT_ONCE):
        while keys:
            began = time.monotonic()
            yield _delete(deletion, rows, keys[:most])
            keys = keys[most:]
            took = time.monotonic() - began
            if took > AIM:
                most = max(1, most // 2)
            elif took < AIM / 2:
                most = min(MOST, most * 2)
            time.sleep(took)


def _delete(deletion: AccountDeletion, rows: OwnRows | traces.TrailRows, keys: list[Any]) -> int:
    with transaction.atomic():
        # Whoever changes a person's records has locked this row first, and what keeps their number needs that.
        User.objects.select_for_update().filter(pk=deletion.account).first()
        deleted = rows.delete(keys)
        AccountDeletion.objects.filter(pk=deletion.pk).update(rows=F("rows") + deleted)
    return deleted


def _end(deletion: AccountDeletion) -> int:
    """Deletes the person's row, with what still came, and what names the person elsewhere."""
    with transaction.atomic():
        unended = AccountDeletion.objects.filter(pk=deletion.pk, ended_at=None)
        person = User.objects.select_for_update().filter(pk=deletion.account).first()
        deleted = 0
        if person is not None:
            traces.take_out(person)
            is_proven = person.email_proven
            deleted, _ = person.delete()
            if is_proven:
                mails.send_deleted.send(person.username, person.email, person.time_zone, person.language)
        if unended.update(ended_at=timezone.now(), rows=F("rows") + deleted):
            log.info("account %s is deleted", deletion.account)
    return deleted


def _is_due() -> Q:
    """Of accounts, and not of those whose deletion has begun."""
    now = timezone.now()
    has_moved = Q(blocked=User.Blocked.MOVED, delete_after__lte=now)
    begun_already = AccountDeletion.objects.filter(ended_at=None).values("account")
    return (Q(deletion_at__lte=now) | has_moved) & ~Q(pk__in=begun_already)
