"""iCalendar files of one event, and what our own exporter finds in them."""

from pathlib import Path
from typing import Any

from importers.sending.calendars.reading import CalendarReading
from importers.sending.folders.folder import LocalFolder
from importers.sending.items import OutgoingItem

AMERICAN = """BEGIN:VTIMEZONE
TZID:{0}
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE
"""


def ics(*lines: str, head: str = "") -> bytes:
    event = "\n".join(["BEGIN:VEVENT", "UID:1", "DTSTAMP:20240101T000000Z", *lines, "END:VEVENT"])
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//EN\n{head}{event}\nEND:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def found(root: Path, content: bytes, reading: CalendarReading | None = None) -> LocalFolder:
    (root / "c.ics").write_bytes(content)
    return LocalFolder.read(root, reading=reading)


def events(folder: LocalFolder) -> list[dict[str, Any]]:
    items = list(folder.items())
    assert folder.count == len(items)
    return [item.payload for item in items if item.type == "CalendarEvent"]


def files(folder: LocalFolder) -> list[OutgoingItem]:
    return [item for item in folder.items() if item.type == "File"]
