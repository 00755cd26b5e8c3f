"""CALENDAR: calendars and their events."""

from django.utils.translation import gettext_lazy as _

from importers.vertical import Vertical
from importers.verticals.calendar import expanding
from importers.verticals.calendar.documents import CALENDARS, EVENTS
from importers.verticals.calendar.formats import ICALENDAR
from importers.verticals.calendar.items import CalendarEventItem, CalendarItem
from importers.verticals.calendar.site import SITE


class CalendarVertical(Vertical):
    """Calendars, and the events in them."""

    title = _("Calendars and events")
    items = (CalendarItem, CalendarEventItem)
    kinds = (CALENDARS, EVENTS)
    formats = (ICALENDAR,)
    site = SITE

    def work_off(self, seconds: float) -> int:
        return expanding.work_off(seconds)


VERTICAL = CalendarVertical()
