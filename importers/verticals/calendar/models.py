"""Calendars and their events."""

from datetime import datetime, timedelta

from django.db import models

from importers.formats.local_time import LocalTime
from importers.models.record import Container, Record


def first_moment(starts: datetime | None, ends: datetime | None, *, is_day: bool) -> datetime | None:
    """Returns when an event begins that starts and ends at these moments. One of which only the end is said is that
    moment, or the day before the one that it says (section 3.6.1 of RFC 5545: an end is not in the event)."""
    if starts is not None or ends is None or not is_day:
        return starts or ends
    try:
        return ends - timedelta(days=1)
    except OverflowError:  # the first day of all
        return ends


class Calendar(Container):
    """A calendar."""

    description = models.TextField(blank=True)


class CalendarEvent(Record):
    """An event. It carries no identifier: the digest of the whole item is its identity.

    `starts_at` and `ends_at` are moments; an event of whole days (`all_day`) starts and ends at midnight UTC of the
    dates that stand in its item, wherever it was, and its end is the day after its last one. `zone`: in which it is
    read off the clock, the name of an IANA zone or an offset such as -05:00; empty for UTC. `recurrence` holds RFC 5545
    lines as they came, one per line; `attendees` a line for each.
    """

    calendar = models.ForeignKey(Calendar, null=True, on_delete=models.CASCADE, related_name="events")
    title = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    location = models.TextField(blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    all_day = models.BooleanField(default=False)
    zone = models.TextField(null=True, blank=True)
    recurrence = models.TextField(blank=True)
    attendees = models.TextField(null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = "event"

    @property
    def when(self) -> str:
        """When it is, as people read it: an event of whole days by its first and its last."""
        ends = self.ends_at
        begins = first_moment(self.starts_at, ends, is_day=self.all_day)
        if begins is None:
            return ""
        start = LocalTime.of(begins, self.zone, is_day=self.all_day)
        if ends is None or ends <= begins:
            return start.shown
        if not self.all_day:
            end = LocalTime.of(ends, start.zone, is_day=False)
            same_day = end.wall.date() == start.wall.date()
            return f"{start.shown} – {f'{end.wall:%H:%M}' if same_day else end.shown}"
        last = LocalTime.of(ends - timedelta(days=1), "", is_day=True)
        return f"{start.shown} – {last.shown}" if last.moment > start.moment else start.shown
