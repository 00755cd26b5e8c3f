"""What may be done with an export besides fetching it: its person's page and operators do it."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from moves.exports import job
from moves.models import Event, Export


def try_now(export: Export) -> bool:
    """Makes one that waits after an interruption go on at once. Returns whether it did wait."""
    waiting = Export.objects.filter(pk=export.pk, state=Export.State.EXPORTING, heartbeat_at=None)
    if not waiting.update(retry_at=None, waiting_for="", tries=0):
        return False
    transaction.on_commit(lambda: job.wake(export.pk))
    return True


@transaction.atomic
def revoke(export: Export) -> bool:
    """Ends every link to it, at once; its person's own page has another one. Returns whether there was one to end."""
    if not Export.objects.filter(pk=export.pk, removed_at=None).update(link=F("link") + 1):
        return False
    Event.objects.create(export=export, kind=Event.Kind.REVOKED)
    return True


@transaction.atomic
def expire(export: Export) -> bool:
    """Ends one that is ready before its time; a worker removes its bytes. Returns whether there was anything to end."""
    now = timezone.now()
    ready = Export.objects.filter(pk=export.pk, state=Export.State.DONE, removed_at=None)
    if not ready.update(removed_at=now, expires_at=now):
        return False
    Event.objects.create(export=export, kind=Event.Kind.EXPIRED)
    return True
