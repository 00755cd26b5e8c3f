"""The mail at the end of a job, which is sent once.

It counts as sent when the mail server has taken it, not before: a worker that is killed in between leaves a claim that
ends after some minutes, and the periodic task has it sent by another one. In that rare case it may come twice.
"""

from datetime import timedelta

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from moves.leases import Lease
from moves.models import ArchiveImport, Event, Export

SENT_WITHIN = timedelta(minutes=10)  # in which whoever sends a mail has sent it, or is dead


def send(row: Export | ArchiveImport, subject: str, text: str, event: Event) -> None:
    """Sends the mail to the row's person, unless it was sent, or somebody else is at it. `event`: what is written down
    when it is sent. Raises OSError while no mail can be sent."""
    with Lease(row, "mailing_at", SENT_WITHIN, Q(mailed_at=None)) as lease:
        if not lease.mine:
            return
        send_mail(subject, text, None, [row.owner.email])
        with transaction.atomic():
            needs_none(row)
            event.save()


def needs_none(row: Export | ArchiveImport) -> None:
    """No mail is to be sent any more."""
    type(row)._default_manager.filter(pk=row.pk).update(mailed_at=timezone.now())
