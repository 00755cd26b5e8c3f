"""What becomes of an account after it has moved: kept for a while, and deleted unless its person says otherwise."""

import logging

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from importers.content import quota

log = logging.getLogger("wharf.moves")


def keep(person: User) -> None:
    """Stops the deletion of an account that has moved; it stays closed."""
    User.objects.filter(pk=person.pk, blocked=User.Blocked.MOVED).update(delete_after=None)


def reopen(person: User) -> None:
    """Opens an account again that has moved, and stops its deletion. What was connected to it has to be again."""
    User.objects.filter(pk=person.pk, blocked=User.Blocked.MOVED).update(
        blocked="", blocked_at=None, blocked_note="", delete_after=None, moved_to=""
    )


def delete_due() -> int:
    """Deletes the accounts that have moved and whose time is over. Returns their number."""
    due = User.objects.filter(blocked=User.Blocked.MOVED, delete_after__lte=timezone.now())
    deleted = 0
    for pk in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            person = User.objects.filter(pk=pk).first()
            if person is None:
                continue
            quota.lock(person)
            if not due.filter(pk=pk).exists():  # it was stopped in this very moment
                continue
            person.delete()
        log.info("account %s was deleted: it had moved, and its time was over", pk)
        deleted += 1
    return deleted
