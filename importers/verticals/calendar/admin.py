"""Calendars and their events."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from importers.admin import links
from importers.admin.records import ContainerAdmin, RecordAdmin
from importers.verticals.calendar.models import Calendar, CalendarEvent


class CalendarAdmin(ContainerAdmin):
    facts = ("description",)
    large = ("payload", "description")
    words = (*ContainerAdmin.words, "description")

    @admin.display(description=_("holds"))
    def holds(self, record: Calendar) -> SafeString | str:
        return links.list_of(
            CalendarEvent,
            gettext("events: %(number)s") % {"number": links.counted(record.events.all())},
            calendar__id__exact=record.pk,
        )


class CalendarEventAdmin(RecordAdmin):
    columns = ("calendar_page", "when", "all_day")
    facts = (
        "calendar_page",
        "title",
        "notes",
        "location",
        "when",
        "starts_at",
        "ends_at",
        "all_day",
        "zone",
        "recurrence",
        "attendees",
    )
    large = ("payload", "notes", "recurrence", "attendees")
    words = ("title", "notes", "location", "attendees")
    list_select_related = (*RecordAdmin.list_select_related, "calendar")
    linked_by = (*RecordAdmin.linked_by, "calendar__id__exact")

    @admin.display(description=pgettext_lazy("of an event", "when"), ordering="starts_at")
    def when(self, record: CalendarEvent) -> str:
        return record.when or "–"

    @admin.display(description=_("calendar"))
    def calendar_page(self, record: CalendarEvent) -> SafeString | str:
        return links.page_of(record.calendar)


admin.site.register(Calendar, CalendarAdmin)
admin.site.register(CalendarEvent, CalendarEventAdmin)
