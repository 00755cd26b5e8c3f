"""Calendars and their events."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.formats.local_time import LocalTime
from importers.models.record import Container, Record, ToDoMark, by_date, sort_date, within


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
    lines as they came, one per line; `attendees` a line for each. `expanded`: whether a worker has made the
    `Occurrence`s of these lines; null where there are none.
    """

    to_do: ClassVar = ToDoMark("expanded", "recurrence", ("starts_at", "ends_at", "all_day", "zone", "recurrence"))

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
    expanded = models.BooleanField(null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("event")
        indexes = [
            *Record.Meta.indexes,
            by_date("starts_at"),
            within("calendar", sort_date("starts_at"), "calendar"),
            models.Index(
                fields=["owner", "id"],
                condition=models.Q(expanded=False, trashed_at=None),
                name="%(class)s_to_expand",
            ),
            models.Index(fields=["owner", "id"], condition=models.Q(expanded=True), name="%(class)s_series"),
        ]

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


class Occurrence(models.Model):
    """That an event with lines of recurrence takes place; a worker makes these rows (see `expanding`).

    `starts_at`, `ends_at` and `all_day` as an event has them. `is_long`: it lasts longer than a day. `replaces`: when
    the occurrence of another event was to be that this one stands for (a RECURRENCE-ID, section 3.8.4.4 of RFC 5545).
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.ForeignKey(CalendarEvent, on_delete=models.CASCADE, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    all_day = models.BooleanField(default=False)
    is_long = models.BooleanField(default=False)
    replaces = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "starts_at", "id"], name="occurrence_by_date"),
            models.Index(fields=["event", "starts_at"], name="occurrence_of_event"),
            models.Index(fields=["owner", "starts_at"], condition=models.Q(is_long=True), name="occurrence_long"),
            models.Index(
                fields=["owner", "replaces"], condition=models.Q(replaces__isnull=False), name="occurrence_replaces"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} at {self.starts_at:%Y-%m-%d %H:%M}"


class CalendarYear(models.Model):
    """That the occurrences of a person's series in a year, of UTC, are wanted. `made_at`: when those of all series were
    made that stood then; until then, `position` is the key of the last one of which they are. `looked_at`: when the
    person last looked at a year that is not among those around today. `left_at`: it is not wanted any more, and its
    occurrences go."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    year = models.SmallIntegerField()
    position = models.BigIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "year"], name="one_calendar_year")]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(made_at=None), name="calendaryear_to_make"),
            models.Index(fields=["id"], condition=models.Q(left_at__isnull=False), name="calendaryear_left"),
            models.Index(fields=["year"], name="calendaryear_by_year"),
        ]

    def __str__(self) -> str:
        return f"{self.year} of {self.owner_id}"


class CutSeries(models.Model):
    """That a series comes more often in a year than rows are made for it, or took too long to be expanded. `made`: how
    many of the first ones are there."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.ForeignKey(CalendarEvent, on_delete=models.CASCADE, related_name="+", db_index=False)
    year = models.SmallIntegerField()
    made = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "year"], name="one_cut_per_year")]
        indexes = [models.Index(fields=["owner", "year"], name="cutseries_by_year")]

    def __str__(self) -> str:
        return f"{self.event_id} in {self.year}"
