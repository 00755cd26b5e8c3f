"""The worker that writes what is searched: entries of what the database has marked, and of what stood before.

Texts are read and normalised without a lock. Then, in one short transaction, it is seen which of the records are still
there: one that has changed meanwhile is marked again, and one that has gone has taken its entry along, or is not
written. It can be killed anywhere, and goes on from there.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts import waking
from importers.documents.kind import RecordKind
from importers.models import Container, SearchEntry, SearchFill, SearchMark
from importers.models.record import NEVER
from importers.search.installing import version_of
from importers.search.normal import SearchedText, searched_text, source_mark
from importers.search.places import IN_A_DAY, is_beside, place_of_day
from importers.search.triggers import ENTRIES, searched_kinds
from importers.waking import INDEX_SEARCH

log = logging.getLogger("wharf.search")

RECORDS_AT_ONCE = 200  # records in a transaction, for which what comes waits
IN_MEMORY = 10  # records, of which one may have megabytes
LOCK = 7_318_105_209  # PostgreSQL's advisory lock of whoever writes entries
PATIENCE = 500  # milliseconds for which PostgreSQL lets it wait for the locks of others


@dataclass(frozen=True)
class IndexedPiece:
    """What was done at once: how many records of a kind were looked at, and how many entries were written of them."""

    kind: str
    looked_at: int
    written: int


@dataclass(frozen=True)
class _Read:
    """What is searched of one record, as it was read."""

    owner: int
    source: int
    at: datetime
    said: SearchedText


def is_waiting() -> bool:
    """Returns whether an entry has still to be written, or a kind to be looked through."""
    return SearchMark.objects.exists() or bool(_fills())


def is_filled() -> bool:
    """Returns whether all that stood before has been looked through, as far as this process knows: once it is so, it is
    not asked again."""
    if not SearchFill.known_to_be_through:
        SearchFill.known_to_be_through = not _fills()
    return SearchFill.known_to_be_through


def look() -> None:
    """Wakes a worker, if something has still to be written."""
    if is_waiting():
        waking.tell(INDEX_SEARCH)


def run(seconds: float) -> int:
    """Writes for about so long. Returns how many entries were written."""
    until, written = time.monotonic() + seconds, 0
    for piece in pieces():
        written += piece.written
        if time.monotonic() > until:
            break
    return written


def pieces(*, gently: bool = True) -> Iterator[IndexedPiece]:
    """Writes what is marked, then what stood before, and yields after some records. `gently`: where it looks through
    those, it pauses for as long as they took, so that the database is free for what comes."""
    while True:
        began = time.monotonic()
        if (piece := _marked()) is not None:
            yield piece
        elif fills := _fills():
            yield _next_of(*fills[0])
            time.sleep((time.monotonic() - began) if gently else 0)
        else:
            return


def begin_again() -> None:
    """Lets every record that stands be compared with the index."""
    SearchFill.known_to_be_through = False
    for kind in searched_kinds():
        start = {"version": version_of(kind), "position": 0, "through_at": None}
        SearchFill.objects.update_or_create(kind=kind.name, defaults=start)


def waiting() -> int:
    """Returns how many records have still to be looked at."""
    left = sum(kind.model._default_manager.filter(pk__gt=mark.position).count() for mark, kind in _fills())
    return SearchMark.objects.count() + left


def _fills() -> list[tuple[SearchFill, RecordKind]]:
    """Returns the kinds that have still to be looked through, and how far they are."""
    marks = {mark.kind: mark for mark in SearchFill.objects.all()}
    found = []
    for kind in searched_kinds():
        mark = marks.get(kind.name)
        if mark is None or mark.version != version_of(kind):
            mark = SearchFill(kind=kind.name, version=version_of(kind))
        if mark.through_at is None:
            found.append((mark, kind))
    return found


def _marked() -> IndexedPiece | None:
    """Writes some entries of what is marked. Returns None where nothing is, or others are at it."""
    marks = list(SearchMark.objects.order_by("pk")[:RECORDS_AT_ONCE])
    if not marks:
        return None
    written = done = 0
    for kind in searched_kinds():
        mine = [mark for mark in marks if mark.kind == kind.name]
        if not mine:
            continue
        keys = sorted({mark.record for mark in mine})
        texts = _read(kind, keys)
        try:
            with transaction.atomic():
                if not _alone():
                    return None
                late = _busy(kind, keys)
                written += _write(kind, [key for key in keys if key not in late], texts)
                through = [mark.pk for mark in mine if mark.record not in late]
                SearchMark.objects.filter(pk__in=through).delete()
        except OperationalError:
            if connection.vendor == "sqlite":
                raise
            log.info("entries of %s wait for others, and are written later", kind.name, exc_info=True)
            return None
        done += len(through)
    known = {kind.name for kind in searched_kinds()}
    done += SearchMark.objects.filter(pk__in=[mark.pk for mark in marks if mark.kind not in known]).delete()[0]
    return IndexedPiece("", done, written) if done else None


def _next_of(mark: SearchFill, kind: RecordKind) -> IndexedPiece:
    """Compares the next records of a kind with the index, and notes how far that is. Entries of what is not there any
    more go."""
    rows: Any = kind.model._default_manager.filter(pk__gt=mark.position).order_by("pk")
    keys = list(rows.values_list("pk", flat=True)[:RECORDS_AT_ONCE])
    texts = _read(kind, keys)
    with transaction.atomic():
        _alone(wait=True)
        same = SearchFill.objects.filter(kind=kind.name, version=mark.version)
        if same.exclude(position=mark.position, through_at=None).exists():
            return IndexedPiece(kind.name, 0, 0)  # somebody else has gone on, or begun again
        late = _busy(kind, keys)
        written = _write(kind, [key for key in keys if key not in late], texts)
        owners = kind.model._default_manager.filter(pk__in=late).values_list("pk", "owner_id")
        SearchMark.objects.bulk_create(SearchMark(owner_id=owner, kind=kind.name, record=key) for key, owner in owners)
        gone = SearchEntry.objects.filter(kind=kind.name, record__gt=mark.position).exclude(record__in=[*texts, *late])
        is_last = len(keys) < RECORDS_AT_ONCE
        _delete(gone if is_last else gone.filter(record__lte=keys[-1]))
        far = {"position": keys[-1] if keys else mark.position, "through_at": timezone.now() if is_last else None}
        SearchFill.objects.update_or_create(kind=kind.name, defaults={"version": mark.version, **far})
    return IndexedPiece(kind.name, len(keys), written)


def _alone(*, wait: bool = False) -> bool:
    """Whether nobody else writes entries until the transaction ends: on SQLite that is so in any that writes. `wait`:
    until it is so."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {PATIENCE if not wait else 0}")
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute(f"SET LOCAL lock_timeout = {PATIENCE}")
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _found(kind: RecordKind, keys: list[int]) -> Any:
    """The rows of these keys that are found when somebody searches: those that have come and are not in the bin."""
    rows: Any = kind.model._default_manager.filter(pk__in=keys, trashed_at=None)
    return rows.exclude(arrived_at=None) if issubclass(kind.model, Container) else rows.exclude(changed_at=NEVER)


def _busy(kind: RecordKind, keys: list[int]) -> set[int]:
    """Locks the rows of these keys, and returns those that somebody else has locked, who may be about to take them
    away: their turn comes later. Whoever waited for them could wait for this one."""
    if connection.vendor == "sqlite":
        return set()
    rows: Any = kind.model._default_manager.filter(pk__in=keys)
    mine = set(rows.order_by().select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    return set(rows.values_list("pk", flat=True)) - mine


def _read(kind: RecordKind, keys: list[int]) -> dict[int, _Read]:
    """Reads what is searched of these records, by their keys."""
    columns = ("owner_id", "source_id", "received_at", kind.at, *kind.searched, *kind.searched_with)
    related = {name.partition("__")[0] for name in kind.searched_with if "__" in name}
    rows = _found(kind, keys).only(*columns)
    rows = rows.select_related(*related) if related else rows
    return {
        row.pk: _Read(row.owner_id, row.source_id, getattr(row, kind.at) or row.received_at, _searched(kind, row))
        for row in kind.completed(rows.iterator(chunk_size=IN_MEMORY))
    }


def _searched(kind: RecordKind, row: Any) -> SearchedText:
    said = searched_text(kind.texts(row))
    return SearchedText(said.text, f"{said.beginnings}{source_mark(row.source_id)} ")


def _write(kind: RecordKind, keys: list[int], texts: dict[int, _Read]) -> int:
    """Writes the entries of those of these records that are there, and takes away those of the others. Returns how many
    were written."""
    there = set(_found(kind, keys).values_list("pk", flat=True))
    stand = {entry.record: entry for entry in SearchEntry.objects.filter(kind=kind.name, record__in=keys)}
    rows: list[tuple[int, int, _Read]] = []  # where each stands at the earliest, and what it is of
    outdated = []
    for key in keys:
        said, entry = texts.get(key) if key in there else None, stand.get(key)
        begin = place_of_day(said.owner, kind.search_number, said.at) if said else 0
        if said and entry and _says_the_same(entry, said, begin):
            continue
        if entry:
            outdated.append(entry.place)
        if said:
            rows.append((begin, key, said))
    _delete(SearchEntry.objects.filter(pk__in=outdated))
    taken = _TakenPlaces()
    entries = []
    for begin, key, said in sorted(rows, key=lambda row: row[:2]):
        entries.append(
            SearchEntry(
                place=taken.next(begin),
                owner_id=said.owner,
                kind=kind.name,
                record=key,
                source=said.source,
                at=said.at,
                text=said.said.text,
                beginnings=said.said.beginnings,
            )
        )
    entries.sort(key=lambda entry: entry.place)  # what SQLite's index is told in order, it takes at once
    SearchEntry.objects.bulk_create(entries)
    return len(entries)


def _delete(entries: Any) -> None:
    """Without reading what is in them."""
    entries._raw_delete(entries.db)


def _says_the_same(entry: SearchEntry, said: _Read, begin: int) -> bool:
    of_record = (entry.owner_id, entry.source, entry.at, entry.text, entry.beginnings)
    says = (said.owner, said.source, said.at, said.said.text, said.said.beginnings)
    return is_beside(begin, entry.place) and of_record == says


class _TakenPlaces:
    """The last place that is taken of each day, in a transaction in which nobody else takes any."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}

    def next(self, begin: int) -> int:
        """Takes the next one of the day that begins there; of a day that is full, of the one behind it."""
        while (place := self._last_of(begin) + 1) >= begin + IN_A_DAY:
            begin += IN_A_DAY
        self._last[begin] = place
        return place

    def _last_of(self, begin: int) -> int:
        if begin not in self._last:
            with connection.cursor() as cursor:
                places = [begin, begin + IN_A_DAY - 1]
                cursor.execute(f"SELECT MAX(place) FROM {ENTRIES} WHERE place BETWEEN %s AND %s", places)  # noqa: S608
                (last,) = cursor.fetchone()
            self._last[begin] = begin - 1 if last is None else last
        return self._last[begin]
