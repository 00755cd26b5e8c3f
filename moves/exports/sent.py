"""What the target of a move was sent, range by range: what `finalize` is judged by.

A range counts once the target's TCP has acknowledged its bytes, so what is on its way when a process dies does not.
Ranges that touch become one, so that a part that was fetched in one go, or gone on with, has one row, and one of which
each large file was left out has one row for each of them.
"""

from collections.abc import Iterator

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Sum

from importers.content.ranges import Span
from moves.archives.archive import TarArchive, ZipArchive
from moves.models import Export, Fetch, Part, SentRange

ZIP, TAR = ZipArchive.suffix, TarArchive.suffix


@transaction.atomic
def note(part: int, suffix: str, start: int, stop: int) -> None:
    """These bytes of a part, by its key, have been sent. To note them again changes nothing."""
    if start >= stop or not Part.objects.select_for_update().filter(pk=part).exists():
        return
    mine = SentRange.objects.filter(part_id=part, suffix=suffix)
    touching = list(mine.filter(start__lte=stop, stop__gte=start).order_by("start"))
    if not touching:
        if mine.count() < settings.WHARF_SENT_MOST_RANGES:
            SentRange.objects.create(part_id=part, suffix=suffix, start=start, stop=stop)
        return
    first, *others = touching
    start, stop = min(start, first.start), max(stop, touching[-1].stop)
    if (start, stop) == (first.start, first.stop):
        return
    if others:
        mine.filter(pk__in=[one.pk for one in others]).delete()
    mine.filter(pk=first.pk).update(start=start, stop=stop)


def has(part: int, start: int, stop: int) -> bool:
    """Whether all of these bytes of a part's zip were sent."""
    return SentRange.objects.filter(part_id=part, suffix=ZIP, start__lte=start, stop__gte=stop).exists()


def unsent_parts(export: Export) -> QuerySet[Part]:
    """Returns the parts that were not sent whole, in either format, in order.

    Of an export that stood before ranges were noted, those of which nobody was sent the last byte: its ranges tell
    nothing of what was sent before.
    """
    ranges = SentRange.objects.filter(part=OuterRef("pk"), start=0)
    lacking = export.parts.exclude(
        Exists(ranges.filter(suffix=ZIP, stop=OuterRef("zip_size")))
        | Exists(ranges.filter(suffix=TAR, stop=OuterRef("tar_size")))
    )
    if not export.notes_ranges:
        ended = Fetch.objects.filter(export=export, part=OuterRef("number"), ended__gt=0)
        lacking = lacking.exclude(Exists(ended))
    return lacking.order_by("number")


def unsent(part: Part) -> Iterator[Span]:
    """Yields the ranges of a part's zip that were not sent, in order."""
    at = 0
    for start, stop in part.sent_ranges.filter(suffix=ZIP).order_by("start").values_list("start", "stop").iterator():
        if at < start:
            yield Span(at, start, part.zip_size)
        at = stop
    if at < part.zip_size:
        yield Span(at, part.zip_size, part.zip_size)


def bytes_sent(export: Export) -> int:
    """Returns how many bytes of an export's zips the target was sent, or has proven to have."""
    ranges = SentRange.objects.filter(part__export=export, suffix=ZIP)
    return ranges.aggregate(bytes=Sum(F("stop") - F("start")))["bytes"] or 0


def size_of(export: Export) -> int:
    """Returns how many bytes its zips have."""
    return export.parts.aggregate(bytes=Sum("zip_size"))["bytes"] or 0
