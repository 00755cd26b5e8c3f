"""The job that reads all standing records again, piece by piece: it can be stopped anywhere, and goes on from there.

Most records say today what they said before, so they are read without a lock. One that does not is read once more in a
transaction of its own that has locked its owner, as an item's transaction does. What had been read since the last
position when a process was killed is read twice, which changes nothing.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import DataError, IntegrityError, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from importers.content import quota
from importers.errors import Refusal
from importers.models import Record, Rereading
from importers.models.record import READING
from importers.rereading.reread import reread
from importers.rereading.todays import read_today
from importers.vertical import record_models

log = logging.getLogger("wharf.rereading")

ROWS_AT_ONCE = 200
ROWS_IN_MEMORY = 20  # an item may have megabytes
LATER = timedelta(days=1)  # for which processes of the former version may still run beside those of this one
LATE = 10_000  # keys: PostgreSQL may still commit rows whose keys are so much lower than the highest one


@dataclass(frozen=True)
class Piece:
    """What was done at once: how many records of a kind were read, and how many of them say something else now."""

    kind: str
    read: int
    changed: int


def begin() -> None:
    """Lets all records be read again, whatever they were read with."""
    for model in record_models():
        Rereading.begin(str(model._meta.model_name))


def waiting() -> int:
    """Returns how many records have still to be read."""
    return sum(
        model._default_manager.filter(pk__gt=mark.position).count()
        for mark, model in _marks()
        if mark.through_at is None
    )


def pieces(at_once: int = ROWS_AT_ONCE) -> Iterator[Piece]:
    """Reads what has still to be read, and yields after each piece, of so many records at most. It pauses for as long
    as the piece took, so that the database is free for what comes in."""
    for mark, model in _marks():
        while True:
            began = time.monotonic()
            piece = _piece(mark, model, at_once)
            if piece.read == 0:
                break
            yield piece
            time.sleep(time.monotonic() - began)
        _end(mark, model)


def run(seconds: float) -> tuple[int, int]:
    """Works for about so long. Returns how many records were read, and how many of them say something else now."""
    until = time.monotonic() + seconds
    read = changed = 0
    for piece in pieces():
        read, changed = read + piece.read, changed + piece.changed
        if time.monotonic() > until:
            break
    return read, changed


def _marks() -> list[tuple[Rereading, type[Record]]]:
    """Returns how far each kind has been read, in the order in which verticals say their kinds: containers first."""
    marks = {mark.kind: mark for mark in Rereading.objects.all()}
    models = {str(model._meta.model_name): model for model in record_models()}
    return [(marks[kind], model) for kind, model in models.items() if kind in marks]


def _rows(mark: Rereading, model: type[Record], at_once: int) -> Iterator[Record]:
    """Yields the next rows, a few of which are in memory at a time."""
    rows: QuerySet[Record] = model._default_manager.order_by("pk")
    if files := [field.name for field in model._meta.fields if field.attname == "content_id"]:
        rows = rows.select_related(*files)
    if mark.through_at is not None:
        rows = rows.filter(Q(reading=None) | Q(reading__lt=READING))
    position = mark.position
    for _ in range(0, at_once, ROWS_IN_MEMORY):
        found = list(rows.filter(pk__gt=position)[:ROWS_IN_MEMORY])
        yield from found
        if len(found) < ROWS_IN_MEMORY:
            return
        position = found[-1].pk


def _piece(mark: Rereading, model: type[Record], at_once: int) -> Piece:
    read = changed = 0
    position = mark.position
    for record in _rows(mark, model, at_once):
        changed += _change(record)
        read, position = read + 1, record.pk
    if read:
        # Only forwards: the command may run beside the worker.
        ahead = Rereading.objects.filter(pk=mark.pk, position__lt=position)
        ahead.update(position=position, read=F("read") + read, changed=F("changed") + changed)
        mark.refresh_from_db()
    return Piece(mark.kind, read, changed)


def _change(record: Record) -> bool:
    """Reads a record again, in its owner's transaction if need be. Returns whether it says something else now."""
    try:
        if read_today(record).says_the_same:
            return False
        with transaction.atomic():
            owner = quota.lock(User(pk=record.owner_id))
            standing: Record | None = type(record)._default_manager.filter(pk=record.pk).first()
            if standing is None:
                return False  # it has become one with another
            quota.charge(owner, reread(standing))
    except (DataError, IntegrityError, Refusal):
        # It stays as it is, and the others go on. Mostly its account has been deleted meanwhile.
        log.warning("not read again", extra={"kind": record._meta.model_name, "pk": record.pk}, exc_info=True)
        return False
    return True


def _end(mark: Rereading, model: type[Record]) -> None:
    """Notes that all have been read. The last of them are looked at once more, and for a day so is what comes behind
    them; then there is nothing to note any more."""
    now = timezone.now()
    if mark.through_at is not None and mark.through_at < now - LATER:
        mark.delete()
        return
    highest = model._default_manager.aggregate(highest=Max("pk"))["highest"] or 0
    if mark.through_at is None:
        mark.through_at, mark.position = now, max(0, highest - LATE)
    else:
        mark.position = highest
    mark.save(update_fields=["through_at", "position"])
