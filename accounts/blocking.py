"""An operator stops what comes in for a person, and lets it in again."""

from django.db import transaction
from django.utils import timezone

from accounts.deletion import asking
from accounts.models import User
from accounts.told import tell_of_block


@transaction.atomic
def block(person: User, note: str) -> bool:
    """Stops what comes in for a person, with a note that the person reads. Returns False where it is stopped for any
    reason already."""
    now = timezone.now()
    free = User.objects.filter(pk=person.pk, blocked="")
    if not free.update(blocked=User.Blocked.BY_OPERATOR, blocked_at=now, blocked_note=note):
        return False
    tell_of_block(person.pk, User.Blocked.BY_OPERATOR, note)
    return True


@transaction.atomic
def unblock(person: User) -> bool:
    """Lets data in again. Returns False where no operator has stopped it; a move ends by its own rules."""
    blocked = User.objects.filter(pk=person.pk, blocked=User.Blocked.BY_OPERATOR)
    if not blocked.update(**asking.block_of(person)):
        return False
    tell_of_block(person.pk, "")
    return True
