"""Counts for the overview what came in, day by day: from the transfers that brought something since the last time,
never from all of them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Aggregate, Count, Q, Sum
from django.utils import timezone

from accounts.models import User
from accounts.room import near_the_quota
from importers.models import Content, Holding, Rejection, Transfer, TransferCount
from operations.models import DayCount, DayRefusals, Measure, TransferDay

SHOWN = timedelta(days=30)
KEPT = timedelta(days=400)  # counts of days
OVERLAP = timedelta(minutes=2)  # what was being written when it was last counted
TRANSFERS_AT_ONCE = 500  # transfers in one transaction
DAYS, STORED, HELD, SAVED, NEARLY_FULL = "days", "stored", "held", "saved", "nearly full"
MEASURED_EVERY = timedelta(minutes=10)


def run() -> int:
    """Counts what came since the last run, and measures what is stored, if that is due. Returns how many transfers it
    looked at."""
    now = timezone.now()
    looked = _count_transfers(now)
    _count_refusals(now)
    if not Measure.objects.filter(name=STORED, found_at__gt=now - MEASURED_EVERY).exists():
        measure(now)
        forget(now)
    return looked


def measure(now: datetime) -> None:
    """Finds out what is stored, what people hold together, and how many have nearly no room left."""
    near = near_the_quota(User.objects.all()).count()
    stored = Content.objects.aggregate(size=Sum("size"))["size"] or 0
    once = Content.objects.filter(unneeded_since=None).aggregate(size=Sum("size"))["size"] or 0
    of_each = Holding.objects.aggregate(size=Sum("content__size"))["size"] or 0
    held = User.objects.aggregate(size=Sum("used_bytes"))["size"] or 0
    saved = max(0, of_each - once)
    for name, value in ((STORED, stored), (HELD, held), (SAVED, saved), (NEARLY_FULL, near)):
        Measure.objects.update_or_create(name=name, defaults={"value": value, "found_at": now})


def forget(now: datetime) -> None:
    """Removes what is too old to be asked for. Of a transfer that still brings something all days stay, since what is
    new is what the others don't have."""
    old = (now - KEPT).date()
    DayCount.objects.filter(day__lt=old).delete()
    DayRefusals.objects.filter(day__lt=old).delete()
    over = TransferDay.objects.filter(day__lt=(now - 2 * SHOWN).date(), transfer__last_item_at__lt=now - 2 * SHOWN)
    over._raw_delete(over.db)  # nothing refers to them


def _count_transfers(now: datetime) -> int:
    """What an archive says to have come at a time ahead is counted when that has come: a time that anybody may write
    decides nothing here."""
    done = Measure.objects.filter(name=DAYS).first()
    since = done.counted_to if done and done.counted_to else now - SHOWN
    looked = 0
    days: set[date] = set()
    for some in _moved(since - OVERLAP, now):
        looked += len(some)
        days |= _count_some(some)
    for day in days:
        _sum_up(day)
    Measure.objects.update_or_create(name=DAYS, defaults={"value": looked, "found_at": now, "counted_to": now})
    return looked


def _moved(since: datetime, until: datetime) -> Iterator[dict[int, datetime]]:
    """Yields the transfers that something came in between these times, a few at a time, with when that was. Many may be
    of one moment, so what goes on behind the last one goes by its key, too."""
    rows = Transfer.objects.filter(last_item_at__gte=since, last_item_at__lte=until).order_by("last_item_at", "pk")
    behind = Q()
    while found := list(rows.filter(behind).values_list("pk", "last_item_at")[:TRANSFERS_AT_ONCE]):
        yield dict(found)
        key, at = found[-1]
        behind = Q(last_item_at__gt=at) | Q(last_item_at=at, pk__gt=key)


def _count_some(transfers: dict[int, datetime]) -> set[date]:
    """Writes what these transfers have brought since their last day was written. Returns the days of that."""
    with transaction.atomic():
        counts = TransferCount.objects.filter(transfer_id__in=transfers)
        rows = TransferDay.objects.filter(transfer_id__in=transfers)
        written: dict[tuple[int, str], list[TransferDay]] = {}
        for row in rows:
            written.setdefault((row.transfer_id, row.vertical), []).append(row)
        days = []
        for count in counts:
            day = transfers[count.transfer_id].astimezone(UTC).date()
            before = [row for row in written.get((count.transfer_id, count.vertical), ()) if row.day != day]
            items = count.created + count.updated + count.unchanged + count.kept
            days.append(
                TransferDay(
                    transfer_id=count.transfer_id,
                    vertical=count.vertical,
                    day=day,
                    items=max(0, items - sum(row.items for row in before)),
                    received_bytes=max(0, count.received_bytes - sum(row.received_bytes for row in before)),
                    refused=max(0, count.rejected - sum(row.refused for row in before)),
                )
            )
        TransferDay.objects.bulk_create(
            days,
            update_conflicts=True,
            unique_fields=["transfer", "vertical", "day"],
            update_fields=["items", "received_bytes", "refused"],
        )
    return {row.day for row in days}


def _sum_up(day: date) -> None:
    totals: dict[str, Aggregate] = {
        "items": Sum("items"),
        "received_bytes": Sum("received_bytes"),
        "refused": Sum("refused"),
        "people": Count("transfer__owner", distinct=True, filter=TransferDay.SOMETHING),
    }
    of_day = TransferDay.objects.filter(day=day)
    found = [*of_day.values("vertical").annotate(**_named(totals)), of_day.aggregate(**_named(totals))]
    rows = [
        DayCount(day=day, vertical=one.get("vertical", ""), **{name: one[f"all_{name}"] or 0 for name in totals})
        for one in found
    ]
    DayCount.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["day", "vertical"], update_fields=list(totals)
    )


def _named(totals: dict[str, Aggregate]) -> dict[str, Aggregate]:
    return {f"all_{name}": total for name, total in totals.items()}  # a column must not have the name of its sum


def _count_refusals(now: datetime) -> None:
    """Of today, and of yesterday while today is young."""
    for day in _days((now - timedelta(hours=1)).astimezone(UTC).date(), now.astimezone(UTC).date()):
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        end = begin + timedelta(days=1)
        fresh = Rejection.objects.filter(last_at__gte=begin, first_at__gte=begin, first_at__lt=end)
        rows = [
            DayRefusals(day=day, code=code, items=items)
            for code, items in fresh.values("code").annotate(number=Count("pk")).values_list("code", "number")
        ]
        DayRefusals.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["day", "code"], update_fields=["items"]
        )


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
