"""CALENDAR: calendars and their events."""

from importers.vertical import Vertical
from importers.verticals.calendar.documents import CALENDARS, EVENTS
from importers.verticals.calendar.formats import ICALENDAR
from importers.verticals.calendar.items import CalendarEventItem, CalendarItem


class CalendarVertical(Vertical):
    """Calendars, and the events in them."""

    title = "Calendars and events"
    items = (CalendarItem, CalendarEventItem)
    kinds = (CALENDARS, EVENTS)
    formats = (ICALENDAR,)


VERTICAL = CalendarVertical()
