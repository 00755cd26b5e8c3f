"""Which name is free in a folder.

Only live files need names of their own: one that is in the bin stands there under the name that it had, and leaves its
place to whoever wants it.
"""

from django.utils import timezone

from importers import statements
from importers.digests import digest
from importers.verticals.blobs.models import File, Folder

# The columns that say under which name a file is live, and since when.
WHERE = ("shown_name", "place", "trashed_at", "changed_at")


def free_place(owner: int, path: str, name: str, taken: int = 1, *, itself: bool = True) -> tuple[str, str]:
    """The name under which a file is shown, its own or with a number before its type, and the place that it stands for.

    `taken`: how many are known to have the name. `itself`: whether it may be the name, without a number.
    """
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    shown, number = name, taken
    while True:
        place = digest(path, shown)
        if (itself or shown != name) and _make_free(owner, place):
            return shown, place
        number += 1
        shown = f"{stem} ({number}){dot}{suffix}"


def _make_free(owner: int, place: str) -> bool:
    """Returns whether no live file stands in a place; one that is in the bin leaves it."""
    found = statements.first(File, ("id", "doc_id", "trashed_at"), {"owner_id": owner, "place": place})
    if found is None:
        return True
    pk, doc_id, trashed_at = found
    if trashed_at is None:
        return False
    File.objects.filter(pk=pk).update(place=no_place(doc_id))
    return True


def no_place(doc_id: str) -> str:
    """Returns what stands for the place of a file that has none."""
    return digest("no place", doc_id)


def leave_bin(file: File) -> None:
    """Lets a file be live, in memory: in its place, or under a free name where that is another one's by now. What may
    have changed is in the columns `WHERE`. Its folder leaves the bin with it, in the database. Both have changed now
    (see `importers.items.records.bring_back`)."""
    if file.trashed_at is None:
        return
    path, now = file.folder.identifier, timezone.now()
    if file.folder.trashed_at is not None:  # else nobody would find the file
        Folder.objects.filter(pk=file.folder_id).update(trashed_at=None, changed_at=now)
    if file.place != digest(path, file.shown_name):
        file.shown_name, file.place = free_place(file.owner_id, path, file.shown_name)
    file.trashed_at, file.changed_at = None, now
