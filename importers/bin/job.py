"""The job that throws many records away, brings them back or deletes them: it can be killed anywhere, and goes on from
there. A few records are done in one transaction, which has locked their person's row, so that items come in between."""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import User
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record
from importers.bin.choices import Part, as_of_now, pages_named, rows_of
from importers.bin.deleting import delete
from importers.content import quota
from importers.models import BinJob
from importers.pages.kinds import RecordPages

log = logging.getLogger("wharf.bin")

RECORDS_AT_ONCE = {BinJob.Action.THROW: 500, BinJob.Action.RESTORE: 200, BinJob.Action.DELETE: 200}  # records
TOLD = {
    BinJob.Action.THROW: AuditKind.THROWN_AWAY,
    BinJob.Action.RESTORE: AuditKind.RESTORED,
    BinJob.Action.DELETE: AuditKind.BIN_EMPTIED,
}
KEPT_FOR = timedelta(days=7)  # that its page says how a job ended


def begin(
    person: User, action: BinJob.Action, parts: list[Part], title: str, said: dict[str, Any] | None = None
) -> BinJob:
    """Returns a new job, of which nothing is done yet. No other one of the person's has its moment. `title`: what it is
    about, in English; `said`: the same for other languages (see titles.py)."""
    at = timezone.now()
    last = BinJob.objects.filter(owner=person, at__gte=at).order_by("-at").first()
    if last is not None:
        at = last.at + timedelta(microseconds=1)
    chosen = as_of_now(parts) if action is BinJob.Action.THROW else parts
    title = " ".join(title.split())[: BinJob.MOST_TITLE]
    return BinJob.objects.create(owner=person, action=action, chosen=chosen, title=title, said=said, at=at)


def run(seconds: float) -> int:
    """Works for about so long at what waits. Returns how many records were done."""
    until, done = time.monotonic() + seconds, 0
    for job in _waiting().order_by("pk"):
        try:
            while time.monotonic() < until and (piece := _piece(job)) is not None:
                done += piece
        except DatabaseError:
            log.exception("a job of a bin can't go on now; the others do", extra={"pk": job.pk})
    return done


def work_on(job: BinJob, seconds: float) -> bool:
    """Works at one job for about so long. Returns whether it is done."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if _piece(job) is None:
            break
    job.refresh_from_db()
    return job.ended_at is not None


def is_waiting() -> bool:
    """Returns whether there is something to do."""
    return _waiting().exists()


def forget_old() -> int:
    """Removes jobs that ended long ago. Returns their number."""
    return BinJob.objects.filter(ended_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _waiting() -> QuerySet[BinJob]:
    return BinJob.objects.filter(ended_at=None).exclude(owner__blocked=User.Blocked.MOVING)


@transaction.atomic
def _piece(job: BinJob) -> int | None:
    """Does some of a job. Returns with how many records, or None where there is nothing left to do now."""
    owner = quota.lock(job.owner)
    here = BinJob.objects.filter(pk=job.pk, ended_at=None).first()
    if here is None or owner.blocked == User.Blocked.MOVING:  # nothing in it changes meanwhile
        return None
    for part, pages in _parts(here):
        rows = list(_next(here, owner, pages, part))
        if rows:
            size = _do(here, owner, pages, rows)
            position = rows[-1].pk if "transfer" in part else 0
            here.position = position
            BinJob.objects.filter(pk=here.pk).update(
                part=here.part, position=position, records=F("records") + len(rows), bytes=F("bytes") + size
            )
            return len(rows)
        here.part, here.position = here.part + 1, 0
    BinJob.objects.filter(pk=here.pk).update(part=here.part, position=0, ended_at=timezone.now())
    if here.records:
        tell(owner, BinJob.Action(here.action), here.records, what=here.title)
    return None


def tell(owner: User, action: BinJob.Action, records: int, what: str = "") -> None:
    """Tells the audit trail what a person, or the day that has come, did with records. `what`: what the person
    has chosen; empty where its day has come."""
    person = subjects.person(owner.pk)
    actor = person if what else subjects.SERVER
    record(TOLD[action], subject=person, actor=actor, cause=f"{records} {what}", records=records, what=what)


def _parts(job: BinJob) -> Iterator[tuple[Part, RecordPages]]:
    while job.part < len(job.chosen):
        part = job.chosen[job.part]
        if (pages := pages_named(part["kind"])) is not None:
            yield part, pages
        else:
            job.part += 1


def _next(job: BinJob, owner: User, pages: RecordPages, part: Part) -> QuerySet[Any]:
    """The next rows. Those that were done are not among them; of a transfer, whose index has them all, they come by
    their keys."""
    rows = rows_of(owner, pages, part, in_bin=job.action != BinJob.Action.THROW)
    if job.action == BinJob.Action.THROW:
        rows = pages.may_go(rows)
        if "transfer" in part:
            rows = rows.filter(pk__gt=job.position).order_by("pk")
        rows = rows.only("pk")
    else:
        if job.action == BinJob.Action.DELETE:
            rows = pages.may_be_deleted(rows)
        # Not what is thrown away meanwhile; an archive may say of what it brings that this is yet to come.
        before = rows.filter(trashed_at__lte=job.at)
        rows = before if before.exists() else rows.filter(trashed_at__gt=timezone.now())
        rows = rows.order_by("trashed_at", "pk").defer("payload")
    return rows[: RECORDS_AT_ONCE[BinJob.Action(job.action)]]


def _do(job: BinJob, owner: User, pages: RecordPages, rows: list[Any]) -> int:
    keys = [row.pk for row in rows]
    if job.action == BinJob.Action.THROW:
        pages.kind.model._default_manager.filter(pk__in=keys).update(trashed_at=job.at)
    elif job.action == BinJob.Action.RESTORE:
        pages.bring_back(keys)
    else:
        return delete(owner, rows)
    return 0
