"""The mail at the end of an import, with its report."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from accounts.languages import in_language_of
from accounts.mail import Mail, Ours
from accounts.numbers import thousands
from accounts.texts import translated
from moves import mailing
from moves.imports import report
from moves.models import ArchiveImport, Event

LISTED_IN_MAIL = 10  # entries of each kind that the mail names; the page has more


def send(pk: int) -> None:
    """Sends the mail of an import that has ended, once. Raises OSError while no mail can be sent.

    An import of a move has none: the move has one, when it has ended.
    """
    found = ArchiveImport.objects.select_related("owner").filter(pk=pk, mailed_at=None).first()
    if found is None or found.state == ArchiveImport.State.IMPORTING:
        return
    if found.origin == "move":
        mailing.needs_none(found)
        return
    with in_language_of(found.owner):
        _send(found)


def _send(found: ArchiveImport) -> None:
    done = found.state != ArchiveImport.State.ERROR
    words = {
        "archive_import": found,
        "user": found.owner,
        "server": Ours(settings.WHARF_BASE_URL),
        "outcomes": report.outcomes(found),
        "groups": report.groups(found, LISTED_IN_MAIL),
        "came": Ours(report.came(found)),
        "proven": Ours(report.proven(found)),
        "ended": Ours(report.ended(found)) if found.missing else "",
        "error": translated(found.error),
        "link": Ours(settings.WHARF_BASE_URL + reverse("import-report", args=[found.doc_id])),
    }
    subject = gettext("Your data has arrived") if done else gettext("Your data could not be brought in")
    if found.stopped:
        subject = gettext("What you brought in was stopped")
    if found.state == ArchiveImport.State.INCOMPLETE:
        subject = ngettext(
            "Your data has arrived, but %(missing)s thing is missing",
            "Your data has arrived, but %(missing)s things are missing",
            found.missing,
        ) % {"missing": thousands(found.missing)}
    template = f"mail/import_{'done' if done else 'stopped' if found.stopped else 'failed'}.txt"
    event = Event(archive_import=found, kind=Event.Kind.MAILED)
    mailing.send(found, Mail(subject, template), words, event, named=found.server)
