"""What one account and one other server may have of the workers: a part, so that nobody else's work stands still.

Who works on what stands in the rows of the jobs, so it is counted there, over all machines. A job that may not begin
now waits in the database: it is looked for again whenever another one ends, and now and then. No secret of a row is
read for that: one that can't be decrypted any more stops no other.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from importers.content import processes
from importers.errors import SERVICE_ERRORS
from moves.background import BackgroundTask
from moves.jobs import LEASE, tell
from moves.models import ArchiveImport, Export, Move
from moves.models.run import Run
from moves.peers.site import site_of

log = logging.getLogger("wharf.jobs")

R = TypeVar("R", bound=Run)

HASHING_SILENCE = timedelta(minutes=5)  # after which whoever was at the hashes of an export is dead
MOST_LOOKED_AT = 200  # of each kind of job that waits, oldest first
COUNTED_BY_ONE = 0x57484152  # the key of a lock in PostgreSQL; SQLite has one writer at a time


def part_of(workers: int) -> int:
    """How many of so many workers one account or one other server may have: at least one, and at most half."""
    return max(1, workers // 2)


@dataclass(frozen=True)
class ArchiveWork:
    """Who has a worker for archives now: the account of each, and the other server where something is fetched."""

    owners: list[int]
    sites: list[str]

    @classmethod
    def now(cls, but: Run | None = None) -> "ArchiveWork":
        """`but`: a job that doesn't count."""
        importing = ArchiveImport.objects.filter(state=ArchiveImport.State.IMPORTING)
        imports = _live(importing.only("owner_id", "site", "process"), but)
        exports = _live(Export.objects.filter(state=Export.State.EXPORTING).only("owner_id", "process"), but)
        hashed = Export.objects.filter(hashing_at__gte=timezone.now() - HASHING_SILENCE).only("owner_id")
        owners = [one.owner_id for one in imports] + [one.owner_id for one in (*exports, *hashed)]
        return cls(owners, [one.site for one in imports])

    @property
    def is_at_all_workers(self) -> bool:
        return len(self.owners) >= settings.WHARF_ARCHIVE_WORKERS

    def has_room(self, owner: int, site: str = "") -> bool:
        """Whether one more job of this account may begin, which fetches something from this other server, if any."""
        part = part_of(settings.WHARF_ARCHIVE_WORKERS)
        return self.owners.count(owner) < part and (not site or self.sites.count(site) < part)


def may_have_archive_worker(owner: int, *, site: str = "", but: Run | None = None) -> bool:
    """Whether a job on archives may begin, in the transaction in which it does. `but`: its own row."""
    _one_by_one()
    return ArchiveWork.now(but).has_room(owner, site)


def is_held_up(row: ArchiveImport) -> bool:
    """Whether an import could not begin now, since others have the workers, or its own share is taken."""
    work = ArchiveWork.now(row)
    return work.is_at_all_workers or not work.has_room(row.owner_id, row.site)


def should_make_room() -> bool:
    """Whether every worker is at an archive, and another job waits that may begin."""
    work = ArchiveWork.now()
    return work.is_at_all_workers and next(_waiting(work), None) is not None


def wake_next() -> None:
    """A job on archives has ended, or made room: a worker is told of that one which waits for longest and may begin. If
    none can be told, the periodic task finds it."""
    try:
        row = next(_waiting(ArchiveWork.now()), None)
        if row is not None:
            type(row)._default_manager.filter(pk=row.pk).update(woken_at=Now())
            is_import = isinstance(row, ArchiveImport)
            tell(BackgroundTask.IMPORT_ARCHIVE if is_import else BackgroundTask.MAKE_EXPORT, row.pk)
    except SERVICE_ERRORS:
        log.warning("nobody was told of the job that is next", exc_info=True)


def may_call(move: Move) -> bool:
    """Whether a step of this move may begin, which may call the other server, in the transaction in which it does."""
    _one_by_one()
    others = _live(Move.objects.filter(ended_at=None).only("peer_url", "process"), move)
    here = site_of(move.peer_url)
    return [site_of(one.peer_url) for one in others].count(here) < part_of(settings.WHARF_CALL_WORKERS)


def _waiting(work: ArchiveWork) -> Iterator[ArchiveImport | Export]:
    """Jobs on archives that wait for a worker and may begin, those first that nobody was told of for longest."""
    due = Q(retry_at=None) | Q(retry_at__lte=timezone.now())
    imports = ArchiveImport.objects.filter(due, state=ArchiveImport.State.IMPORTING, heartbeat_at=None)
    exports = Export.objects.filter(state=Export.State.EXPORTING, heartbeat_at=None)
    imports, exports = imports.only("owner_id", "site", "woken_at"), exports.only("owner_id", "woken_at")
    rows: list[ArchiveImport | Export] = [
        *imports.order_by("woken_at")[:MOST_LOOKED_AT],
        *exports.order_by("woken_at")[:MOST_LOOKED_AT],
    ]
    for row in sorted(rows, key=lambda one: one.woken_at):
        if work.has_room(row.owner_id, row.site if isinstance(row, ArchiveImport) else ""):
            yield row


def _live(rows: QuerySet[R], but: Run | None) -> list[R]:
    """Those that somebody works on. They are no more than there are workers."""
    beating = rows.filter(heartbeat_at__gte=Now() - LEASE)
    return [row for row in beating if row != but and not processes.is_dead(row.process)]


def _one_by_one() -> None:
    """Two that begin at once are counted one after the other, to the end of the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COUNTED_BY_ONE])
