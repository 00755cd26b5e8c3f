"""An export, from the request to who fetched it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.sizes import human_size
from accounts.texts import translated
from moves.models import Export
from operations.overview.panel import Panel, StoryLine
from operations.stories.events import MOST_LINES, Kind, lines_of

WORDS = {
    Kind.REQUESTED: gettext_lazy("It was asked for."),
    Kind.STARTED: gettext_lazy("A worker began to make it."),
    Kind.SNAPSHOT: gettext_lazy("Everything was read as it was at this moment."),
    Kind.RESTARTED: gettext_lazy("Another worker went on with it."),
    Kind.INTERRUPTED: gettext_lazy("It was interrupted, and is tried again."),
    Kind.CANCELLED: gettext_lazy("It was cancelled."),
    Kind.DONE: gettext_lazy("It was ready."),
    Kind.FAILED: gettext_lazy("It failed."),
    Kind.MAILED: gettext_lazy("The person was told by mail."),
    Kind.MISSING: gettext_lazy("A file could not be read."),
    Kind.REVOKED: gettext_lazy("Its link was revoked."),
    Kind.EXPIRED: gettext_lazy("It expired, and was removed."),
}


def story(export: Export) -> Panel:
    """Returns its lines."""
    lines = lines_of(export.events.all(), WORDS)
    if export.state == Export.State.EXPORTING:
        made = _("%(percent)s %% are made.") % {"percent": export.percent}
        lines.append(StoryLine(None, translated(export.waiting_for) or made))
    for fetch in export.fetches.order_by("first_at")[:MOST_LINES]:
        to_the_end = _("Part %(number)s was fetched to the end from %(address)s: %(size)s sent.")
        not_to_it = _("Part %(number)s was fetched not to the end from %(address)s: %(size)s sent.")
        said = {"number": fetch.part + 1, "address": fetch.address, "size": human_size(fetch.sent)}
        words = (to_the_end if fetch.ended else not_to_it) % said
        lines.append(StoryLine(fetch.first_at, words, needs=not fetch.ended))
    if export.state == Export.State.DONE and export.removed_at is None:
        lines.append(StoryLine(export.expires_at, _("It will be removed.")))
    return Panel(_("What happened"), story=sorted(lines, key=lambda line: (line.at is None, line.at)), wide=True)
