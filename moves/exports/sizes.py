"""How many bytes of files an export will have, and how large its parts must be for that."""

from collections.abc import Callable

from django.conf import settings
from django.db.models import F, Sum, Value
from django.db.models.functions import Least

from importers.documents.snapshot import Snapshot
from importers.vertical import verticals

Wants = Callable[[str], bool]  # whether documents of a doctype are in the export


def fewest_parts(snapshot: Snapshot, wants: Wants, parts_size: int) -> int:
    """As many as the files of these doctypes need at least; a file that is larger than a part has one of its own."""
    return -(-_sum(snapshot, wants, Least(F("content__size"), Value(parts_size))) // parts_size)


def safe_parts_size(snapshot: Snapshot, wants: Wants) -> int:
    """A size with which there are never too many parts: two that are neighbours always have more than it."""
    size = _sum(snapshot, wants, F("content__size"))
    return max(1, -(-2 * size // max(1, settings.WHARF_EXPORT_MOST_PARTS - 1)))


def _sum(snapshot: Snapshot, wants: Wants, size: F | Least) -> int:
    """Over all files and versions, each as often as it is in the archives."""
    wanted = [model for vertical in verticals() for model, doctype in vertical.with_bytes.items() if wants(doctype)]
    return sum(snapshot.of(model).aggregate(sum=Sum(size))["sum"] or 0 for model in wanted)
