"""The job that reads all standing records again, piece by piece: it can be stopped anywhere, and goes on from there.

Most records say today what they said before, so they are read without a lock. Those that do not are read once more, a
few of one person at a time, in a transaction that has locked that person's row, as an item's transaction does. What had
been read since the last position when a process was killed is read twice, which changes nothing.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import DataError, IntegrityError, transaction
from django.db.models import F, Max, Model, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from importers import above
from importers.above import RereadStep
from importers.content import quota
from importers.errors import Refusal
from importers.models import Record, Rereading
from importers.models.record import READING
from importers.rereading.reread import reread
from importers.rereading.steps import steps
from importers.rereading.todays import read_today
from importers.vertical import record_models

log = logging.getLogger("wharf.rereading")

ROWS_AT_ONCE = 200
ROWS_IN_MEMORY = 20  # an item may have megabytes
CHANGES_AT_ONCE = 50  # in one transaction, for which the items of their person wait
LATER = timedelta(days=1)  # for which processes of the former version may still run beside those of this one
LATE = 10_000  # keys: PostgreSQL may still commit rows whose keys are so much lower than the highest one


@dataclass(frozen=True)
class Piece:
    """What was done at once: how many records of a kind were read, and how many of them say something else now."""

    kind: str
    read: int
    changed: int


def begin() -> None:
    """Lets all records be read again, whatever they were read with, and what stands beside them."""
    for model in (*record_models(), *(step.model for step in steps())):
        Rereading.begin(str(model._meta.model_name))
    for reader in above.later_readers:
        reader.begin()


def waiting() -> int:
    """Returns how much has still to be read: records, rows beside them, and what else may become some."""
    every: list[tuple[Rereading, type[Model]]] = [*_marks(), *((mark, step.model) for mark, step in _steps())]
    return sum(reader.waiting() for reader in above.later_readers) + sum(
        model._default_manager.filter(pk__gt=mark.position).count() for mark, model in every if mark.through_at is None
    )


def pieces(at_once: int = ROWS_AT_ONCE) -> Iterator[Piece]:
    """Reads what has still to be read, and yields after each piece, of so many records at most. It pauses for as long
    as the piece took, so that the database is free for what comes in."""
    for mark, model in _marks():
        yield from _until_through(mark, model, partial(_piece, mark, model, at_once))
    for mark, step in _steps():
        yield from _until_through(mark, step.model, partial(_piece_of_step, mark, step, at_once))
    for reader in above.later_readers:
        began = time.monotonic()
        for piece in reader.pieces(at_once):
            yield piece
            time.sleep(max(0.0, time.monotonic() - began) / 2)
            began = time.monotonic()


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


def _steps() -> list[tuple[Rereading, RereadStep]]:
    """Returns the same for what stands beside records."""
    marks = {mark.kind: mark for mark in Rereading.objects.all()}
    named = [(str(step.model._meta.model_name), step) for step in steps()]
    return [(marks[name], step) for name, step in named if name in marks]


def _until_through(mark: Rereading, model: type[Model], next_piece: Callable[[], Piece]) -> Iterator[Piece]:
    while True:
        began = time.monotonic()
        piece = next_piece()
        if piece.read == 0:
            break
        yield piece
        time.sleep(time.monotonic() - began)
    _end(mark, model)


def _piece_of_step(mark: Rereading, step: RereadStep, at_once: int) -> Piece:
    rows = list(step.rows().filter(pk__gt=mark.position).order_by("pk")[: min(at_once, ROWS_IN_MEMORY)])
    changed = step.read(rows) if rows else 0
    if rows:
        _go_on(mark, rows[-1].pk, len(rows), changed)
    return Piece(mark.kind, len(rows), changed)


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
    read, position = 0, mark.position
    differing: dict[int, list[int]] = {}  # keys of records by their owner's
    for record in _rows(mark, model, at_once):
        if not _says_the_same(record):
            differing.setdefault(record.owner_id, []).append(record.pk)
        read, position = read + 1, record.pk
    changed = 0
    for owner, keys in differing.items():
        for begin in range(0, len(keys), CHANGES_AT_ONCE):
            changed += _change(model, owner, keys[begin : begin + CHANGES_AT_ONCE])
    if read:
        _go_on(mark, position, read, changed)
    return Piece(mark.kind, read, changed)


def _go_on(mark: Rereading, position: int, read: int, changed: int) -> None:
    # Only forwards: the command may run beside the worker.
    ahead = Rereading.objects.filter(pk=mark.pk, position__lt=position)
    ahead.update(position=position, read=F("read") + read, changed=F("changed") + changed)
    mark.refresh_from_db()


def _says_the_same(record: Record) -> bool:
    try:
        return read_today(record).says_the_same
    except Refusal as refused:
        _leave(type(record), record.pk, refused)
        return True


def _change(model: type[Record], owner: int, keys: list[int]) -> int:
    """Reads records of one person again, in one transaction. Returns how many of them say something else now."""
    try:
        with transaction.atomic():
            person = quota.lock(User(pk=owner))
            changed = growth = 0
            for key in keys:
                # One that is not here any more has become one with another.
                if (standing := model._default_manager.filter(pk=key).first()) is not None:
                    growth += reread(standing)
                    changed += 1
            quota.charge(person, growth)
            return changed
    except (DataError, IntegrityError, Refusal) as error:
        if len(keys) == 1:
            _leave(model, keys[0], error)
            return 0
    return sum(_change(model, owner, [key]) for key in keys)


def _leave(model: type[Record], pk: int, error: Exception) -> None:
    """A record stays as it is, and the others go on: mostly, its account has been deleted meanwhile."""
    log.warning("not read again: %s", error, extra={"kind": model._meta.model_name, "pk": pk})


def _end(mark: Rereading, model: type[Model]) -> None:
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
