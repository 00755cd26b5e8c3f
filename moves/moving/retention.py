"""What becomes of an account after it has moved: kept for a while, and then deleted, as accounts/deletion/job.py does,
unless its person says otherwise."""

from accounts.models import User


def keep(person: User) -> None:
    """Stops the deletion of an account that has moved; it stays closed."""
    User.objects.filter(pk=person.pk, blocked=User.Blocked.MOVED).update(delete_after=None)


def reopen(person: User) -> None:
    """Opens an account again that has moved, and stops its deletion. What was connected to it has to be again."""
    User.objects.filter(pk=person.pk, blocked=User.Blocked.MOVED).update(
        blocked="", blocked_at=None, blocked_note="", delete_after=None, moved_to=""
    )
