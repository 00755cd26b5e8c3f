"""The bin empties itself: what has been in it for long enough is deleted for good."""

import logging
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from importers import above
from importers.bin import job
from importers.bin.deleting import delete
from importers.content import quota
from importers.models import BinJob, Content
from importers.models.record import NEVER
from importers.pages.kinds import RecordPages, all_pages

log = logging.getLogger("wharf.bin")

# While an account is so, nothing in it is deleted by itself: one that has moved may be opened again
CLOSED = (User.Blocked.MOVING, User.Blocked.MOVED)


class BinKeeper:
    """Empties bins when everything else is purged (a `Keeper`, see importers/above.py)."""

    def needed(self, contents: list[Content]) -> set[int]:
        return set()

    def knows(self, keys: list[str]) -> set[str]:
        return set()

    def purge(self) -> dict[str, int]:
        return {"records deleted from bins": empty(), "old jobs of bins forgotten": job.forget_old()}


def empty() -> int:
    """Deletes what has been in bins for `WHARF_BIN_DAYS`. Returns how many records."""
    done, until = 0, timezone.now() - settings.WHARF_BIN_TIME
    for pages in reversed(list(all_pages())):  # what is in something goes before that
        for person in _with_old(pages, until):
            number = 0
            while (piece := _empty_some(person, pages, until)) > 0:
                number += piece
            if number:
                job.tell(person, BinJob.Action.DELETE, number)
            done += number
    return done


def rests_until(person: User) -> datetime | None:
    """Returns the moment until which nothing in a person's bin is deleted by itself, however long it has been there;
    None where nothing stands in the way."""
    return max((until for said in above.bin_rests if (until := said(person)) is not None), default=None)


def _with_old(pages: RecordPages, until: datetime) -> Iterator[User]:
    """Yields the people with something of a kind that has been in the bin for long enough, but for those whose bin
    rests."""
    rows = pages.kind.model._default_manager.filter(trashed_at__lt=until).exclude(owner__blocked__in=CLOSED)
    for key in rows.order_by().values_list("owner", flat=True).distinct():
        person = User(pk=key)
        rests = rests_until(person)
        if rests is None or rests < timezone.now():
            yield person


@transaction.atomic
def _empty_some(person: User, pages: RecordPages, until: datetime) -> int:
    owner = quota.lock(person)
    if owner.blocked in CLOSED:
        return 0
    rows = pages.kind.model._default_manager.filter(owner=owner, trashed_at__lt=until).exclude(changed_at=NEVER)
    rows = pages.may_be_deleted(rows).order_by("trashed_at", "pk").defer("payload")
    records = list(rows[: job.RECORDS_AT_ONCE[BinJob.Action.DELETE]])
    if records:
        delete(owner, records)
    return len(records)
