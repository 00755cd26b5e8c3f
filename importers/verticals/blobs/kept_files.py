"""A file that was kept as it came, and is known by now, joins the file that its name means."""

from typing import Any

from importers.merging import twins
from importers.verticals.blobs.free_names import WHERE, leave_bin
from importers.verticals.blobs.models import STATE, File, FileVersion


def is_one_state(file: File, kept: Any) -> bool:
    """Returns whether the file has had the same bytes ever since the kept item came, or since the file did."""
    return bool(file.content_id == kept.content_id and not file.versions.filter(received_at__gt=kept.received_at))


def keep_as_version(file: File, kept: Any, columns: dict[str, Any], *, is_newer: bool) -> None:
    """Keeps both what the file is and what the kept item is: one as the file, the other as a version of it.

    `columns`: what the item says of the file. `is_newer`: whether it becomes the file. Id and transfer are those of
    what came first.
    """
    facts = ("content_id", "transfer_id", "payload", "received_at")
    state = columns | {name: getattr(kept, name) for name in facts}
    versions = list(file.versions.values_list("received_at", flat=True))
    trashed_at = twins.trashed_at(file, kept)
    if is_newer:
        earlier = {name: getattr(file, name) for name in STATE}
        _version(file, earlier, kept.received_at)
        changes = state | {"changed_at": kept.changed_at, "seen_in_id": kept.transfer_id, "trashed_at": trashed_at}
    else:
        before = file.versions.filter(received_at__lt=kept.received_at, replaced_at__gt=kept.received_at)
        before.update(replaced_at=kept.received_at)
        came = [at for at in (*versions, file.received_at) if at > kept.received_at]
        _version(file, state, min(came, default=kept.trashed_at or kept.received_at))
        changes = {}
        if len(came) > len(versions):
            names = {"doc_id": kept.doc_id, "transfer_id": kept.transfer_id}
            changes = names | {"trashed_at": twins.trashed_at(kept, file)}
    where: tuple[str, ...] = ()
    if "trashed_at" in changes and changes["trashed_at"] is None:
        del changes["trashed_at"]
        leave_bin(file)
        where = WHERE
    for name, value in changes.items():
        setattr(file, name, value)
    file.save(update_fields=[*changes, *where])


def _version(file: File, state: dict[str, Any], replaced_at: Any) -> None:
    FileVersion.objects.create(file=file, owner_id=file.owner_id, replaced_at=replaced_at, **state)
