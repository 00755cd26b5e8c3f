"""What people can use without any server: calendars as `.ics` files, and a page that shows what is in the archive."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.template.loader import render_to_string

from importers.documents import FILES
from importers.models import Album, AlbumPhoto, AlbumVideo, Calendar, CalendarEvent, File, Photo, SocialActivity, Video
from importers.snapshots import Snapshot
from importers.text import caseless, portable_name
from importers.verticals.calendar import CALENDARS, EVENTS
from importers.verticals.media import ALBUMS
from importers.verticals.social_posts import POSTS

SHOWN = 1_000  # of each kind on the page, which says so where there are more
RECURRENCE = re.compile(r"(?:RRULE|RDATE|EXDATE|EXRULE)[:;][\x20-\x7e]+")
Wants = Callable[[str], bool]


def files(snapshot: Snapshot, wants: Wants) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Name and bytes of each file; the bytes must be read before the next file is asked for.

    They tell of the records and of nothing else, neither of the server nor of the day: whoever takes the archive in and
    out again has the same files.
    """
    calendars: list[dict[str, Any]] = []
    if wants(EVENTS.doctype):
        taken: set[str] = set()
        for name, pieces in _calendars(snapshot):
            file = _unused(portable_name(f"{name}.ics"), taken)
            if len(calendars) < SHOWN:
                calendars.append({"name": name, "file": f"Calendars/{file}"})
            yield f"Calendars/{file}", pieces
    yield "index.html", iter((_page(snapshot, wants, calendars).encode(),))


def _unused(name: str, taken: set[str]) -> str:
    """The name, with a number where another calendar has it."""
    stem, number = name.removesuffix(".ics"), 1
    while caseless(name) in taken:
        number += 1
        name = portable_name(f"{stem} ({number}).ics")
    taken.add(caseless(name))
    return name


# Calendars


def _calendars(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Name and bytes of every calendar, by ids that are the same on every server, after events that are in none."""
    columns = ("doc_id", "changed_at", "title", "notes", "location", "starts_at", "ends_at", "all_day", "recurrence")
    order = (snapshot.by_code_points("doc_id"), "pk")
    events = snapshot.of(CalendarEvent, owner_id=snapshot.owner.pk, trashed_at=None)
    events = events.order_by(*order).values_list(*columns)
    if events.filter(calendar=None).exists():
        yield "Events", _icalendar("Events", events.filter(calendar=None).iterator())
    calendars = snapshot.of(Calendar).order_by(*order).values_list("pk", "name", "identifier", "trashed_at")
    for pk, name, identifier, trashed in calendars.iterator():
        if trashed is None or events.filter(calendar=pk).exists():
            yield name or identifier, _icalendar(name or identifier, events.filter(calendar=pk).iterator())


def _icalendar(name: str, events: Iterator[tuple[Any, ...]]) -> Iterator[bytes]:
    """RFC 5545. Written as it comes: a calendar may have any number of events."""
    yield _lines(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Wharf//Export//EN", f"X-WR-CALNAME:{_text(name)}"])
    for doc_id, changed, title, notes, location, starts, ends, all_day, recurrence in events:
        # An event must say when it begins (section 3.6.1). What has no time is something to be done some day.
        kind = "VEVENT" if starts or ends else "VTODO"
        event = [f"BEGIN:{kind}", f"UID:{_text(doc_id)}", f"DTSTAMP:{_moment(changed)}"]
        written = _date if all_day else _moment
        if starts or ends:
            event.append(f"DTSTART{_value(all_day)}:{written(starts or ends)}")
        if starts and ends and written(ends) > written(starts):
            event.append(f"DTEND{_value(all_day)}:{written(ends)}")
        for property_name, value in (("SUMMARY", title), ("DESCRIPTION", notes), ("LOCATION", location)):
            if value:
                event.append(f"{property_name}:{_text(value)}")
        if kind == "VEVENT":
            event += [line for line in recurrence.splitlines() if RECURRENCE.fullmatch(line)]
        event.append(f"END:{kind}")
        yield _lines(event)
    yield _lines(["END:VCALENDAR"])


def _moment(value: datetime) -> str:
    """Form 2 of section 3.3.5: in UTC. Always as long, so that a later one is greater."""
    value = value.astimezone(UTC)
    return f"{value.year:04}{value:%m%dT%H%M%SZ}"


def _date(value: datetime) -> str:
    """Section 3.3.4."""
    return f"{value.year:04}{value:%m%d}"


def _value(all_day: bool) -> str:
    """The parameter of a property that has a date."""
    return ";VALUE=DATE" if all_day else ""


def _text(value: str) -> str:
    """Section 3.3.11: what must be escaped, without characters that a line can't have."""
    value = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    value = value.replace("\r\n", "\\n").replace("\n", "\\n")
    return re.sub("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]", " ", value)


def _lines(lines: list[str]) -> bytes:
    """Section 3.1: lines of at most 75 bytes, folded between characters."""
    folded = bytearray()
    for line in lines:
        octets = line.encode()
        room = 75
        while len(octets) > room:
            cut = room
            while octets[cut] & 0xC0 == 0x80:
                cut -= 1
            folded += octets[:cut] + b"\r\n "
            octets, room = octets[cut:], 74
        folded += octets + b"\r\n"
    return bytes(folded)


# The page


def _page(snapshot: Snapshot, wants: Wants, calendars: list[dict[str, Any]]) -> str:
    """The page, of one file: no script, nothing from elsewhere."""
    words: dict[str, Any] = {"calendars": calendars, "shown": SHOWN}
    counts: list[tuple[str, int]] = []
    if wants(FILES):
        counts += [
            (what, _count(snapshot, model)) for what, model in (("files", File), ("photos", Photo), ("videos", Video))
        ]
    if wants(ALBUMS.doctype):
        counts.append(("albums", _count(snapshot, Album)))
        words["albums"] = _albums(snapshot)
    if wants(CALENDARS.doctype) or wants(EVENTS.doctype):
        counts += [("calendars", _count(snapshot, Calendar)), ("events", _count(snapshot, CalendarEvent))]
        words["events"] = _newest(snapshot, CalendarEvent).values("title", "starts_at", "all_day", "location")[:SHOWN]
    if wants(POSTS.doctype):
        counts.append(("posts", _count(snapshot, SocialActivity)))
        words["posts"] = _newest(snapshot, SocialActivity).values(
            "title", "content", "url", "published_at", "activity_type", "actor_name"
        )[:SHOWN]
    return render_to_string("moves/readable.html", {**words, "counts": counts, "of": dict(counts)})


def _newest(snapshot: Snapshot, model: Any) -> QuerySet[Any]:
    """The records in the order in which they came last, which their ids keep on every server."""
    return snapshot.of(model).order_by(snapshot.from_the_end("doc_id"), "-pk")


def _count(snapshot: Snapshot, model: Any) -> int:
    return snapshot.of(model).count()


def _albums(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The newest albums, each with how many photos and videos are in it."""
    return [
        {
            "name": album.name or album.identifier,
            "description": album.description,
            "photos": snapshot.of(AlbumPhoto, album=album).count(),
            "videos": snapshot.of(AlbumVideo, album=album).count(),
        }
        for album in _newest(snapshot, Album).defer("payload")[:SHOWN]
    ]
