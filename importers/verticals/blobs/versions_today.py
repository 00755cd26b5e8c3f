"""What files were before is read again, as what they are is: a time that was not understood may be one today."""

from datetime import datetime

from accounts import strict_json
from importers.above import RereadStep
from importers.documents.values import lenient_moment
from importers.items.wire import judge, kept_item
from importers.verticals.blobs.items import FileItem
from importers.verticals.blobs.models import FileVersion


def read_again(versions: list[FileVersion]) -> int:
    """Fills the times that versions say and don't have. Returns how many these were."""
    changed = 0
    for version in versions:
        if version.modified_at is None and (said := _modified(version.payload)) is not None:
            same = FileVersion.objects.filter(pk=version.pk, payload=version.payload, modified_at=None)
            changed += same.update(modified_at=said)
    return changed


def _modified(payload: str) -> datetime | None:
    """Returns the time that an item, or another server's document, says of its file."""
    if (json := kept_item(payload)) is not None:
        item = judge(FileItem, json)
        return item.modified if isinstance(item, FileItem) else None
    try:
        body = strict_json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return lenient_moment(body.get("updated_at")) if isinstance(body, dict) else None


VERSIONS_TODAY = RereadStep(FileVersion, FileVersion.objects.all, read_again)
