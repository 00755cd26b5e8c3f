"""How messages are shown."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from importers.pages.kinds import RecordPages, pages_of, register
from importers.pages.shown import Shown
from importers.verticals.mail.models import MailFolder, MailMessage
from importers.verticals.mail.reading import said_flags, said_problems

MOST_FOLDERS = 50  # of one message that its page names


@register(MailMessage)
class MessagePages(RecordPages):
    """A message may have no subject; then it is called by how it begins."""

    words: ClassVar = {
        "sender": pgettext_lazy("who sent a message", "From"),
        "recipients": pgettext_lazy("whom a message is for", "To"),
        "sent_at": pgettext_lazy("of a message", "Sent"),
        "message_id": "",
        "message_key": "",
        "thread": "",
        "is_unread": "",
        "problems": _("What is broken of it"),
    }
    title_columns: ClassVar = ("begins",)
    row_columns: ClassVar = ("sender",)

    def references(self, record: Any) -> list[Shown]:
        folders = pages_of(MailFolder)
        inside = record.folders.defer("payload").order_by("pk")[:MOST_FOLDERS]
        within = pgettext("the folders of a message", "In")
        return [Shown(within, folders.title(folder), "text", folders.address(folder)) for folder in inside]

    def said(self, record: Any, name: str) -> Any:
        said = super().said(record, name)
        return said_problems(said) if name == "problems" else said_flags(said) if name == "flags" else said
