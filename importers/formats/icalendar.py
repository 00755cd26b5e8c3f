"""What all iCalendar files have in common (RFC 5545), whatever components stand in them."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Min, Model, QuerySet, Value

from importers.documents.snapshot import Snapshot
from importers.formats import zones
from importers.formats.content_lines import escaped, folded
from importers.formats.format import FileNames
from importers.formats.local_time import LocalTime, is_told_by_clock
from importers.formats.recurrence_values import in_utc, written_time

PRODUCT = "-//Wharf//Export//EN"
SUFFIX = ".ics"


def calendar(
    name: str, description: str, definitions: Iterable[tuple[str, ...]], components: Iterable[list[str]]
) -> Iterator[bytes]:
    """Yields a whole file (section 3.4), one component after the other: there may be any number of them. Time zones
    come first, since others may read it as it comes.

    A component is its lines, neither folded nor encoded. The calendar's name and description stand under the names of
    RFC 7986, and under those that programs had before it.
    """
    said = texts(("NAME", name), ("X-WR-CALNAME", name), ("DESCRIPTION", description), ("X-WR-CALDESC", description))
    yield folded(["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", *said])
    for definition in definitions:
        yield folded([*definition])
    for lines in components:
        yield folded(lines)
    yield folded(["END:VCALENDAR"])


def files_by_container(
    snapshot: Snapshot,
    model: type[Model],
    container: str,
    columns: tuple[str, ...],
    component: Callable[..., list[str]],
    alone: str,
    first: str,
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of a file for each container, in the order of ids that are the same on every server.

    `container`: the foreign key of a record of `model` to its container. `component` makes the lines of one record out
    of its `columns`. Records that are in no container come first, in a file called `alone`. `first`: the column of the
    time that is in the record's `zone`, by which the definitions of zones know from when on they are needed.
    """
    names = FileNames()
    order = (snapshot.by_code_points("doc_id"), "pk")
    records = snapshot.of(model, owner_id=snapshot.owner.pk, trashed_at=None)

    def file(called: str, rows: QuerySet[Any], description: str = "") -> Iterator[bytes]:
        listed = rows.order_by(*order).values_list(*columns)
        return calendar(called, description, _definitions(rows, first), _components(listed, component))

    in_none = records.filter(**{container: None})
    if in_none.exists():
        yield names.unused(alone, SUFFIX), file(alone, in_none)
    related: Any = model._meta.get_field(container).related_model
    described = F("description") if hasattr(related, "description") else Value("")
    named = ("pk", "name", "identifier", "trashed_at")
    for pk, name, identifier, trashed, description in (
        snapshot.of(related).order_by(*order).values_list(*named, described).iterator()
    ):
        inside = records.filter(**{container: pk})
        if trashed is None or inside.exists():
            called = name or identifier
            yield names.titled(called, SUFFIX), file(called, inside, description)


def _definitions(rows: QuerySet[Any], first: str) -> Iterator[tuple[str, ...]]:
    """Yields the VTIMEZONE of every zone that these records are in."""
    in_zones = rows.exclude(zone=None).exclude(zone="").exclude(all_day=True).exclude(**{first: None})
    earliest = in_zones.order_by("zone").values_list("zone").annotate(first=Min(first))
    for zone, at in earliest:
        if zones.is_key(zone):
            yield zones.definition(zone, at.year - 1)


def _components(rows: Any, component: Callable[..., list[str]]) -> Iterator[list[str]]:
    return (component(*row) for row in rows.iterator())


def moment(value: datetime) -> str:
    """Returns form 2 of section 3.3.5: in UTC. Always as long, so that a later one is greater."""
    return in_utc(value if value.tzinfo is UTC else value.astimezone(UTC))


def date(value: datetime) -> str:
    """Returns the day as section 3.3.4 has it."""
    return f"{value.year:04}{value:%m%d}"


def local(name: str, time: LocalTime) -> str:
    """Returns the line of a time: a date, or as the clocks of its zone show it. One that they show twice, and the
    second time is meant, can't be said so: it is in UTC."""
    if time.is_day:
        return f"{name};VALUE=DATE:{date(time.moment)}"
    zoned, text = written_time(time.moment, time.zone if is_told_by_clock(time.moment, time.zone) else "")
    return f"{name}{zoned}:{text}"


def until(ends: datetime, start: LocalTime) -> str:
    """Returns the line that says when an event ends: by how long it takes where the line of its start may be taken for
    another hour (see `recurrence.start_lines`)."""
    if start.is_day or is_told_by_clock(start.moment, start.zone):
        return local("DTEND", LocalTime.of(ends, start.zone, is_day=start.is_day))
    return f"DURATION:PT{int((ends - start.moment).total_seconds())}S"


def texts(*properties: tuple[str, str]) -> list[str]:
    """Returns a line for each property that has a value (section 3.3.11)."""
    return [f"{name}:{escaped(value)}" for name, value in properties if value]
