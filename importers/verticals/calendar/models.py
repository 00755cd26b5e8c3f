"""Calendars and their events."""

from django.db import models

from importers.models.record import Container, Record


class Calendar(Container):
    """A calendar."""

    description = models.TextField(blank=True)


class CalendarEvent(Record):
    """An event. It carries no identifier: the digest of the whole item is its identity.

    `starts_at` and `ends_at` are moments; an event of whole days (`all_day`) starts and ends at midnight UTC of them.
    `recurrence` holds RFC 5545 lines, one per line.
    """

    calendar = models.ForeignKey(Calendar, null=True, on_delete=models.CASCADE, related_name="events")
    title = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    location = models.TextField(blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    all_day = models.BooleanField(default=False)
    recurrence = models.TextField(blank=True)

    class Meta(Record.Meta):
        verbose_name = "event"
