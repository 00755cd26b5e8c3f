"""Who is told that a transfer is over: nothing but silence says that it is.

What fell silent at the same time is told in one mail, and while a service still sends, what came from it before waits
for the rest. Of one that goes on afterwards its person is told again, once a day at most, and only if something new has
come; of one that brought nothing new, not at all.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Q, Sum
from django.utils import timezone

from accounts.models import User
from importers.models import Transfer
from importers.pages.shown_transfer import ShownTransfer
from importers.telling.mails import send_transfers_over

LONGEST_WAIT = timedelta(days=1)  # for other transfers of the same service
APART = timedelta(hours=20)  # two mails of the same; less than a day, so that what comes every day is told every day
PEOPLE_AT_ONCE = 500  # people that are looked for together
MOST_OF_ONE = 100  # transfers of one person that are looked at together


def tell_people(now: datetime, pause: timedelta) -> int:
    """Has everybody told of their transfers that are over: of which nothing has come for `pause`. Returns how many
    mails that makes."""
    return sum(_tell(owner, now, pause) for owner in _people())


def _people() -> Iterator[int]:
    last = 0
    waiting = Transfer.objects.filter(mail_due=True).order_by("owner_id").values_list("owner_id", flat=True).distinct()
    while found := list(waiting.filter(owner_id__gt=last)[:PEOPLE_AT_ONCE]):
        yield from found
        last = found[-1]


@transaction.atomic
def _tell(pk: int, now: datetime, pause: timedelta) -> bool:
    owner = User.objects.select_for_update().filter(pk=pk).first()  # as whoever brings an item
    if owner is None:
        return False
    mine = Transfer.objects.filter(owner=owner)
    coming = set(mine.filter(last_item_at__gte=now - pause).values_list("source_id", flat=True))
    waiting = mine.filter(mail_due=True).order_by("first_item_at", "pk")[:MOST_OF_ONE]
    over = [one for one in waiting if not (_waits_for_others(one, coming, now) or _was_told_lately(one, now))]
    mine.filter(pk__in=[one.pk for one in over]).update(mail_due=False)
    wants = owner.mails_of_transfers and owner.is_active and owner.deletion_at is None
    new = [one for one in over if _says_something_new(one)] if wants else []
    if new:
        send_transfers_over.send(owner.pk, [one.pk for one in new])
    return bool(new)


def _waits_for_others(one: Transfer, coming: set[int], now: datetime) -> bool:
    return one.source_id in coming and one.last_item_at > now - LONGEST_WAIT


def _was_told_lately(one: Transfer, now: datetime) -> bool:
    last = Transfer.objects.filter(_the_same(one)).aggregate(at=Max("mailed_at"))["at"]
    return last is not None and last > now - APART


def _the_same(one: Transfer) -> Q:
    """Which transfers are runs of the same: those of its recurring job, and of a service that names no jobs, all."""
    if one.recurring_job_id:
        return Q(source_id=one.source_id, recurring_job_id=one.recurring_job_id)
    return Q(pk=one.pk) if one.job_id else Q(source_id=one.source_id, job_id="")


def _says_something_new(one: Transfer) -> bool:
    """Whether its person should know of it. If so, notes that they do."""
    items = one.counts.aggregate(items=Sum(F("created") + F("updated") + F("kept")))["items"] or 0
    if items <= one.mailed_items and not _is_refused_anew(one):
        return False
    Transfer.objects.filter(pk=one.pk).update(mailed_at=timezone.now(), mailed_items=items)
    return True


def _is_refused_anew(one: Transfer) -> bool:
    """Whether something was refused of which its person was not told: not in this transfer, and of what comes again and
    again, not in the last one either, where as much was."""
    if not one.rejected or one.mailed_at is not None:
        return False
    told = Transfer.objects.filter(_the_same(one)).exclude(pk=one.pk).exclude(mailed_at=None)
    last = told.order_by("-last_item_at").first()
    return last is None or _open_refusals(one) > _open_refusals(last)


def _open_refusals(one: Transfer) -> int:
    return ShownTransfer(one).number_refused
