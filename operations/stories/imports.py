"""An import of archives, from the request to what is missing."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.numbers import thousands
from accounts.roles import asks_first
from accounts.texts import Text, translated
from importers.admin.tables import counted_in_words
from moves.imports import report
from moves.models import ArchiveImport
from operations.overview.panel import Panel, StoryLine
from operations.stories.events import Kind, lines_of

WORDS = {
    Kind.REQUESTED: gettext_lazy("It was asked for."),
    Kind.STARTED: gettext_lazy("A worker began to read."),
    Kind.RESTARTED: gettext_lazy("Another worker went on with it."),
    Kind.INTERRUPTED: gettext_lazy("It was interrupted, and is tried again."),
    Kind.CANCELLED: gettext_lazy("It was cancelled."),
    Kind.DONE: gettext_lazy("Everything is here."),
    Kind.INCOMPLETE: gettext_lazy("It ended, and some is missing."),
    Kind.FAILED: gettext_lazy("It failed."),
    Kind.MAILED: gettext_lazy("The person was told by mail."),
}
NAMED = 20


def story(found: ArchiveImport, user: User) -> Panel:
    """Returns its lines, without the names of entries where `user` is not to read them."""
    lines = lines_of(found.events.all(), WORDS)
    if found.waiting_for:
        again = f"{_('It is tried again.')} {translated(found.waiting_for)}"
        lines.append(StoryLine(found.retry_at, again, needs=True))
    lines += [StoryLine(None, _outcome(words, number)) for words, number in report.outcomes(found)]
    for one in found.report.order_by("pk")[:NAMED]:
        name = one.doctype if asks_first(user) else one.entry or one.doc_id
        lines.append(StoryLine(None, counted_in_words(name, translated(one.sentence))))
    if found.reported > NAMED:
        more = _("%(number)s such lines are in the report in all; see below.")
        lines.append(StoryLine(None, more % {"number": thousands(found.reported)}))
    return Panel(_("What happened"), story=lines, wide=True)


def _outcome(words: Text, number: int) -> str:
    sentence = ngettext("%(number)s thing: %(outcome)s.", "%(number)s things: %(outcome)s.", number)
    return sentence % {"number": thousands(number), "outcome": words}
