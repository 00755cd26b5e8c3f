"""How many bytes of files an export will have, and how large its parts must be for that."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Sum

from importers.documents import FILES, VERSIONS
from importers.models import FileVersion
from importers.snapshots import Snapshot
from importers.verticals import LEAVING_WITH_FILES


def files_size(snapshot: Snapshot, wants: Callable[[str], bool]) -> int:
    """Bytes of all files and versions of these doctypes, each as often as it is in the archives."""
    models = {model for vertical in LEAVING_WITH_FILES for model in vertical.COUNTED if _has_content(model)}
    wanted = [model for model in models if wants(VERSIONS if model is FileVersion else FILES)]
    sums = (snapshot.of(model).aggregate(size=Sum("content__size"))["size"] for model in wanted)
    return sum(size or 0 for size in sums)


def least_parts_size(size: int) -> int:
    """The size of parts below which so many bytes surely need too many of them."""
    return -(-size // settings.WHARF_EXPORT_MOST_PARTS)


def safe_parts_size(size: int) -> int:
    """One with which they never do, whatever the sizes of single files: two neighbours have more than one part's."""
    return max(1, -(-2 * size // max(1, settings.WHARF_EXPORT_MOST_PARTS - 1)))


def _has_content(model: type[Model]) -> bool:
    try:
        model._meta.get_field("content")
    except FieldDoesNotExist:
        return False
    return True
