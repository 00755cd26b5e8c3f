"""In which folders exports are, in archives that somebody may have packed again.

A name alone does not always tell. Where the folder that an export was in is gone, `Files/manifest.json` is a file of
the person's; where it is called `Files` now, that is the manifest. The other names tell: an export has documents, and
no folder in an export is the folder of one.
"""

from collections.abc import Iterator

from importers.rubbish import is_surely_rubbish
from moves.archives.layout import (
    AREAS,
    DEEPEST_ROOT,
    EntryName,
    is_area,
    is_document_of_export,
    is_manifest,
    place_in,
    place_of,
    with_slashes,
)

MOST_ROOTS = 1_000  # that are told from each other: one for each part of an export, if all are unpacked side by side


class Roots:
    """The folders, each with its slash, that exports are in, as far as names have told; `have_all` says that all names
    were there. `guessed`: how often an entry could have been something else, if another name had come before."""

    def __init__(self) -> None:
        self._found: set[str] = set()
        self._last: str | None = None  # of these, the last one that no name can tell anything else of
        self.have_all = False
        self.guessed = 0

    @property
    def are_known(self) -> bool:
        """Whether no other name can tell anything else: none of these folders is in one that is called like those of an
        export, and so may be in the files of a person."""
        return self.have_all or (bool(self._found) and not any(map(_has_area, self._found)))

    def __bool__(self) -> bool:
        return bool(self._found)

    def place_of(self, name: str) -> EntryName:
        """Returns what an entry is, but for contents, which their documents announce; and takes note of its folder,
        where the name shows that an export is in it."""
        if (last := self._last) is not None and name.startswith(last) and name.startswith(AREAS, len(last)):
            return place_in(name, last)  # as nearly all are
        divided = with_slashes(name)
        if divided.endswith("/") and divided != name:
            return place_of(name)  # a folder, which says nothing of itself but so
        name, readings, outermost = divided, 0, ""
        for root, inside in _divided(name):
            if not _is_of_export(inside):
                continue
            readings += 1
            outermost = outermost if readings > 1 else root
            if root not in self._found:
                if not is_document_of_export(inside) or is_surely_rubbish(name):
                    continue
                self._add(root)
            self.guessed += readings > 1 and not self.have_all
            return place_in(name, root)
        self.guessed += readings > 1 and not self.have_all
        return place_in(name, outermost) if readings > 1 else place_of(name)

    def has(self, root: str) -> bool:
        """Whether an export is in this folder."""
        return root in self._found

    def _add(self, root: str) -> None:
        """An export is in this folder; those that were found in it are of its person's files."""
        if len(self._found) < MOST_ROOTS:
            inside = {one for one in self._found if one.startswith(root) and _is_of_export(one[len(root) :])}
            self._found = (self._found - inside) | {root}
            self._last = self._last if _has_area(root) else root


def _divided(name: str) -> Iterator[tuple[str, str]]:
    """Yields each folder that a name is in, from none at all on, and what follows."""
    at = 0
    for _ in range(DEEPEST_ROOT + 1):
        yield name[:at], name[at:]
        at = name.find("/", at) + 1
        if not at:
            return


def _is_of_export(inside: str) -> bool:
    return is_area(inside) or is_manifest(inside)


def _has_area(root: str) -> bool:
    return any(is_area(inside) for _, inside in _divided(root))
