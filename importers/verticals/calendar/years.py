"""Which years of a person's series are expanded: those around today, and those that the person has looked at."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Subquery
from django.utils import timezone

from accounts.models import User
from importers import waking
from importers.verticals.calendar.models import CalendarEvent, CalendarYear, CutSeries, Occurrence

BEFORE, AFTER = 2, 2  # years around this one
MOST_LOOKED_AT = 20  # years of one person that are kept besides
NOTED_AGAIN = timedelta(days=1)  # after which it is noted that somebody looks at a year again
CLEARED_AT_ONCE = 2_000  # rows that are deleted in one transaction


def around_today() -> list[int]:
    """Returns the years that everybody's series are expanded for; the nearest first."""
    this = timezone.now().year
    return sorted(range(this - BEFORE, this + AFTER + 1), key=lambda year: (abs(year - this), -year))


def wanted(owner: int) -> list[int]:
    """Returns the years that a person's series are expanded for, the nearest first. Those around today begin with the
    first series, for which there is nothing to be made but its own."""
    rows = CalendarYear.objects.filter(owner_id=owner)
    known = set(rows.values_list("year", flat=True))
    new = [year for year in around_today() if year not in known]
    if new:
        others = CalendarEvent.objects.filter(owner_id=owner, expanded=True).exists()
        made_at = None if others else timezone.now()
        CalendarYear.objects.bulk_create(
            [CalendarYear(owner_id=owner, year=year, made_at=made_at) for year in new], ignore_conflicts=True
        )
    this = timezone.now().year
    found = rows.filter(left_at=None).values_list("year", flat=True)
    return sorted(found, key=lambda year: (abs(year - this), -year))


@dataclass(frozen=True)
class StandingYears:
    """What stands of a person's series in some years. `has_occurrences`: any has been expanded; `is_cut`: one was not
    wholly; `waits`: a worker has some to expand, `waits_for_year`: since nobody had looked at such a year before."""

    has_occurrences: bool
    is_cut: bool
    waits: bool
    waits_for_year: bool


def standing(owner: int, years: list[int]) -> StandingYears:
    """Returns that of the years that a person looks at; a worker expands series for those that nobody has looked at."""
    rows = {row.year: row for row in CalendarYear.objects.filter(owner_id=owner)}
    to_expand = CalendarEvent.objects.filter(owner_id=owner, expanded=False, trashed_at=None)
    if not rows:
        return StandingYears(has_occurrences=False, is_cut=False, waits=to_expand.count() > 0, waits_for_year=False)
    cut = CutSeries.objects.filter(owner_id=owner, year__in=years)
    # Counted: PostgreSQL takes most events for such as are to be expanded, and reads them until it has found one.
    number = to_expand.order_by().values("owner").annotate(number=Count("pk")).values("number")
    is_cut, waiting = User.objects.filter(pk=owner).values_list(Exists(cut), Subquery(number))[0]
    new = [year for year in years if year not in rows]
    for_year = any(year in new or rows[year].made_at is None or rows[year].left_at for year in years)
    now = timezone.now()
    seen = [row.pk for year in years if (row := rows.get(year)) and row.looked_at and row.looked_at < now - NOTED_AGAIN]
    if seen:
        CalendarYear.objects.filter(pk__in=seen).update(looked_at=now)
    if new:
        asked = [CalendarYear(owner_id=owner, year=year, looked_at=now) for year in new]
        CalendarYear.objects.bulk_create(asked, ignore_conflicts=True)
        waking.wake()
    return StandingYears(has_occurrences=True, is_cut=is_cut, waits=bool(waiting) or for_year, waits_for_year=for_year)


def go_on_with_time() -> int:
    """Lets the year be expanded that has come to be among those around today, and lets go of the one that is not any
    more, unless its person has looked at it. Returns of how many people there is a new one."""
    last, before = max(around_today()), min(around_today()) - 1
    now = timezone.now()
    CalendarYear.objects.filter(year=before, looked_at=None, left_at=None).update(left_at=now)
    theirs = CalendarYear.objects.filter(year=last - 1, looked_at=None)
    has_it = CalendarYear.objects.filter(owner_id=OuterRef("owner_id"), year=last)
    owners = theirs.filter(~Exists(has_it)).values_list("owner_id", flat=True)
    rows = [CalendarYear(owner_id=owner, year=last) for owner in owners]
    CalendarYear.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows)


def leave(owner: int) -> None:
    """Lets go of the years that a person has not looked at for longest, beyond those that are kept."""
    looked_at = CalendarYear.objects.filter(owner_id=owner, looked_at__isnull=False, left_at=None)
    old = list(looked_at.order_by("-looked_at", "-pk").values_list("pk", flat=True)[MOST_LOOKED_AT:])
    CalendarYear.objects.filter(pk__in=old).exclude(year__in=around_today()).update(left_at=timezone.now())


def clear() -> int:
    """Deletes some occurrences of years that were let go of. Returns how many; 1 for such a year itself."""
    row = CalendarYear.objects.filter(left_at__isnull=False).order_by("pk").first()
    if row is None:
        return 0
    begins, ends = bounds(row.year)
    mine = Occurrence.objects.filter(owner_id=row.owner_id, starts_at__gte=begins, starts_at__lt=ends)
    keys = list(mine.values_list("pk", flat=True)[:CLEARED_AT_ONCE])
    Occurrence.objects.filter(pk__in=keys).delete()
    if not keys:
        CutSeries.objects.filter(owner_id=row.owner_id, year=row.year).delete()
        row.delete()
    return max(1, len(keys))


def bounds(year: int) -> tuple[datetime, datetime]:
    """Returns when a year of UTC begins, and when the next one does."""
    return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
