"""What is in an export, as the home page says it: so many photos, posts and events."""

from collections.abc import Mapping

from django.utils.translation import gettext, ngettext

from accounts.numbers import thousands
from importers.documents.snapshot import Snapshot
from importers.models import RecordCount
from importers.vertical import kinds
from moves import counted
from moves.exports.sizes import Wants
from moves.models import Export


def count(snapshot: Snapshot, wants: Wants) -> dict[str, int]:
    """Returns how many records there are of each kind that is wanted, by its name, as pages count them: without what is
    in the bin, and without containers that others only name."""
    wanted = [kind.name for kind in kinds() if wants(kind.doctype)]
    rows = snapshot.of(RecordCount).filter(kind__in=wanted, records__gt=0)
    return dict(rows.values_list("kind", "records"))


def held(export: Export) -> str:
    """Returns what an export has, in words."""
    if export.kinds or not export.documents:
        return in_words(export.kinds)
    # It was made before kinds were counted.
    made = {"first": counted.things(export.documents), "last": counted.files(export.files_count)}
    return gettext("%(first)s and %(last)s") % made


def in_words(counts: Mapping[str, int]) -> str:
    """Returns `1,316 files, 12 posts and 1 calendar`; of nothing, `nothing yet`."""
    found = [(counts[kind.name], kind.words) for kind in kinds() if counts.get(kind.name)]
    words = [f"{thousands(number)} {ngettext(str(one), str(many), number)}" for number, (one, many) in found]
    if not words:
        return gettext("nothing yet")
    if len(words) == 1:
        return words[0]
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
