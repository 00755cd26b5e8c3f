"""The mail at the end of an export."""

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.languages import in_language_of
from accounts.mail import Mail, Ours
from accounts.texts import translated
from importers.documents.snapshot import Snapshot
from moves import mailing
from moves.exports import bins, contents, links
from moves.models import Event, Export


def send(pk: int) -> None:
    """Sends the mail of an export that has ended, once. Raises OSError while no mail can be sent."""
    export = Export.objects.select_related("owner").filter(pk=pk, mailed_at=None, removed_at=None).first()
    if export is None or export.state == Export.State.EXPORTING:
        return
    if export.origin in ("command", "move"):
        mailing.needs_none(export)
        return
    with in_language_of(export.owner):
        _send(export)


def _send(export: Export) -> None:
    done = export.state == Export.State.DONE
    words = {
        "export": export,
        "user": export.owner,
        "held": Ours(contents.held(export)),
        "error": translated(export.error),
        "server": Ours(settings.WHARF_BASE_URL),
        "link": Ours(links.page_link(export)),
        "cozy_link": Ours(links.cozy_link(export)),
        "bin_is_used": bins.is_used(Snapshot(export.owner)),
    }
    subject = _("Your data is ready to take out") if done else _("Your data could not be taken out")
    template = "mail/export_done.txt" if done else "mail/export_failed.txt"
    event = Event(export=export, kind=Event.Kind.MAILED)
    mailing.send(export, Mail(subject, template), words, event)
