"""The mail at the end of a job, which is sent once.

It counts as sent when the mail server has taken it, not before: a worker that is killed in between leaves a claim that
ends after some minutes, and the periodic task has it sent by another one. In that rare case it may come twice.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.mail import Mail, NoHost, Posted, post
from importers.vertical import verticals
from moves.leases import Lease
from moves.models import ArchiveImport, Event, Export

SENT_WITHIN = timedelta(minutes=10)  # in which whoever sends a mail has sent it, or is dead


def send(row: Export | ArchiveImport, mail: Mail, words: dict[str, Any], event: Event, named: str = "") -> None:
    """Sends the mail to the row's person, unless it was sent, or somebody else is at it. One that may not be sent is
    not sent later either: the person's page says the same. `named`: as at that door. `event`: what is written down
    then, with why it was not sent. Raises OSError while no mail can be sent."""
    with Lease(row, "mailing_at", SENT_WITHIN, Q(mailed_at=None)) as lease:
        if not lease.mine:
            return
        posted = post(row.owner, mail, words, named={named, *known_doctypes()})
        if posted is not Posted.SENT:
            event.detail = posted.value
        with transaction.atomic():
            needs_none(row)
            event.save()


def known_doctypes() -> set[NoHost]:
    """The doctypes of this server, whose names mails show as they are."""
    return {NoHost(doctype) for vertical in verticals() for doctype in vertical.chosen}


def needs_none(row: Export | ArchiveImport) -> None:
    """No mail is to be sent any more."""
    type(row)._default_manager.filter(pk=row.pk).update(mailed_at=timezone.now())
