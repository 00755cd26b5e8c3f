"""Which name is free in a folder."""

from importers import statements
from importers.digests import digest
from importers.verticals.blobs.models import File


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
        if (itself or shown != name) and statements.first(File, ("id",), {"owner_id": owner, "place": place}) is None:
            return shown, place
        number += 1
        shown = f"{stem} ({number}){dot}{suffix}"
