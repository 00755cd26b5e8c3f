"""What an iCalendar file says that items of the protocol have no place for."""

import re

from icalendar import Calendar as ParsedCalendar
from icalendar import Component, Event

from importers.sending.calendars.properties import listed
from importers.sending.calendars.series import recurrence_lines
from importers.sending.shown import clipped

# What items say, and what every file says of itself.
CARRIED = frozenset(
    ("SUMMARY", "DESCRIPTION", "LOCATION", "ATTENDEE", "DTSTAMP", "DTSTART", "DTEND", "DURATION")
    + ("RRULE", "RDATE", "EXDATE", "EXRULE")
)
# Of a to-do: an item says whether it is done, by when it was.
CARRIED_OF_TODO = frozenset(("SUMMARY", "DESCRIPTION", "DTSTAMP", "DUE", "COMPLETED"))
DONE_OR_NOT = frozenset(("COMPLETED", "NEEDS-ACTION"))
OF_CALENDAR = frozenset(
    ("PRODID", "VERSION", "CALSCALE", "METHOD", "X-WR-TIMEZONE")
    + ("NAME", "X-WR-CALNAME", "DESCRIPTION", "X-WR-CALDESC", "TZ")
)
OF_ATTENDEE = frozenset(("CN", "ROLE"))
WORDS = {
    "VJOURNAL": "journal entries",
    "VFREEBUSY": "free and busy times",
    "VALARM": "alarms",
    "ATTACH": "attachments",
    "CATEGORIES": "categories",
    "CLASS": "privacy",
    "CREATED": "times of changes",
    "DTSTART": "when to begin",
    "DURATION": "how long it takes",
    "EXDATE": "how often it is to be done",
    "GEO": "coordinates",
    "LAST-MODIFIED": "times of changes",
    "ORGANIZER": "organisers",
    "PERCENT-COMPLETE": "how far it is done",
    "PRIORITY": "priority",
    "RECURRENCE-ID": "which series an occurrence is of",
    "RDATE": "how often it is to be done",
    "RRULE": "how often it is to be done",
    "SEQUENCE": "times of changes",
    "STATUS": "status",
    "TRANSP": "whether time is free",
    "UID": "UIDs",
    "URL": "web addresses",
}
OTHER_COUNT = "how some series are counted"  # RSCALE and SKIP of RFC 7529, which hardly a program knows
COUNTED_OTHERWISE = re.compile(r"[:;](?:RSCALE=(?!GREGORIAN\b)|SKIP=(?!OMIT\b))", re.IGNORECASE)
CHANGED_LATER_ONES = "changes of all later occurrences"  # of some series, where no lines of an item say them
MOST_LOSSES = 12  # that are named


def losses_of(calendars: list[ParsedCalendar]) -> list[str]:
    """Returns what would stay behind, each once, in words that people know."""
    found: dict[str, None] = {}
    for calendar in calendars:
        found |= dict.fromkeys(_word(name) for name in calendar if name not in OF_CALENDAR)
        for component in calendar.subcomponents:
            if component.name == "VTIMEZONE":
                continue
            if component.name not in ("VEVENT", "VTODO"):
                found[_word(component.name)] = None
                continue
            found |= dict.fromkeys(_word(inner.name) for inner in component.subcomponents)
            own = _losses_of_event(component) if isinstance(component, Event) else _losses_of_todo(component)
            found |= dict.fromkeys(own)
    named = list(found)
    return [*named[:MOST_LOSSES], "more"] if len(named) > MOST_LOSSES else named


def _losses_of_event(event: Event) -> list[str]:
    found = [_word(name) for name in event if name not in CARRIED]
    if any(getattr(attendee, "params", {}).keys() - OF_ATTENDEE for attendee in listed(event.get("ATTENDEE"))):
        found.append("answers of attendees")
    if any(map(COUNTED_OTHERWISE.search, recurrence_lines(event))):
        found.append(OTHER_COUNT)
    if event.errors:
        found.append("what could not be read")
    return found


def _losses_of_todo(todo: Component) -> list[str]:
    status = str(todo.get("STATUS", "NEEDS-ACTION")).strip().upper()
    is_carried = status in DONE_OR_NOT
    found = [_word(name) for name in todo if name not in CARRIED_OF_TODO and not (is_carried and name == "STATUS")]
    return [*found, "what could not be read"] if todo.errors else found


def _word(name: str | None) -> str:
    name = (name or "").upper()
    return WORDS.get(name) or clipped(name)
