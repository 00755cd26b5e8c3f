"""What archives of this machine must be, all together, before any is read: of one export, which can be read."""

from collections.abc import Mapping
from pathlib import Path

from accounts.texts import kept_text
from moves.archives.layout import EntryKind
from moves.imports.sources.links import NoArchive
from moves.imports.sources.strangers import nothing_readable
from moves.imports.sources.survey import Survey

SEVERAL_EXPORTS = kept_text(
    "These are several exports. Import them one after the other, the oldest one first: then what is newer counts, and "
    "what was before is kept."
)
SEVERAL_IN_ONE = kept_text(
    "%(called)s holds several exports. Unpack it, pack each of them by itself, and import them one after the other, "
    "the oldest one first: then what is newer counts, and what was before is kept.",
    sentences=["called"],
)


def require_readable(surveys: Mapping[str, Survey]) -> None:
    """Raises `NoArchive` where nothing can be read of one of these archives, by their paths, or no document of any."""
    has_documents = any(one.readable[EntryKind.DOCUMENT] for one in surveys.values())
    for path, one in surveys.items():
        if one.locked is not None and (one.is_locked or not has_documents):
            raise NoArchive(nothing_readable(Path(path).name, one.locked))


def require_one_export(surveys: Mapping[str, Survey]) -> None:
    """Raises `NoArchive` where these archives, by their paths, are of none, or of several: an entry of one would be
    taken for another one's of the same name, and only the first of them come."""
    if not any(one.is_export for one in surveys.values()):
        path, one = next(iter(surveys.items()))
        raise one.no_export(Path(path).name)
    for path, one in surveys.items():
        if len(one.exports) > 1:
            raise NoArchive(SEVERAL_IN_ONE % {"called": Path(path).name})
    manifests = {str(one.manifest.head.get("export")) for one in surveys.values() if one.manifest is not None}
    if len(manifests) > 1 or len(set[str]().union(*(one.exports for one in surveys.values()))) > 1:
        raise NoArchive(SEVERAL_EXPORTS)
