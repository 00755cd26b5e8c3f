"""What an iCalendar file says that items of the protocol have no place for."""

from icalendar import Calendar as ParsedCalendar
from icalendar import Component

from importers.sending.calendars.properties import listed
from importers.sending.shown import clipped

# What items say, and what every file says of itself.
CARRIED = frozenset(
    ("SUMMARY", "DESCRIPTION", "LOCATION", "ATTENDEE", "DTSTAMP", "DTSTART", "DTEND", "DURATION")
    + ("RRULE", "RDATE", "EXDATE", "EXRULE")
)
OF_CALENDAR = frozenset(
    ("PRODID", "VERSION", "CALSCALE", "METHOD", "X-WR-TIMEZONE")
    + ("NAME", "X-WR-CALNAME", "DESCRIPTION", "X-WR-CALDESC")
)
OF_ATTENDEE = frozenset(("CN", "ROLE"))
WORDS = {
    "VTODO": "to-dos",
    "VJOURNAL": "journal entries",
    "VFREEBUSY": "free and busy times",
    "VALARM": "alarms",
    "ATTACH": "attachments",
    "CATEGORIES": "categories",
    "CLASS": "privacy",
    "CREATED": "times of changes",
    "GEO": "coordinates",
    "LAST-MODIFIED": "times of changes",
    "ORGANIZER": "organisers",
    "PRIORITY": "priority",
    "RECURRENCE-ID": "which series an occurrence is of",
    "SEQUENCE": "times of changes",
    "STATUS": "status",
    "TRANSP": "whether time is free",
    "UID": "UIDs",
    "URL": "web addresses",
}
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
            if component.name != "VEVENT":
                found[_word(component.name)] = None
                continue
            found |= dict.fromkeys(_word(inner.name) for inner in component.subcomponents)
            found |= dict.fromkeys(_losses_of_event(component))
    named = list(found)
    return [*named[:MOST_LOSSES], "more"] if len(named) > MOST_LOSSES else named


def _losses_of_event(event: Component) -> list[str]:
    found = [_word(name) for name in event if name not in CARRIED]
    if any(getattr(attendee, "params", {}).keys() - OF_ATTENDEE for attendee in listed(event.get("ATTENDEE"))):
        found.append("answers of attendees")
    if event.errors:
        found.append("what could not be read")
    return found


def _word(name: str | None) -> str:
    name = (name or "").upper()
    return WORDS.get(name) or clipped(name)
