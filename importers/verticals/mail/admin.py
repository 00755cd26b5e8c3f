"""Folders of mail, and messages."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.words import column
from accounts.sizes import human_size
from importers.admin import links
from importers.admin.records import ContainerAdmin, RecordAdmin
from importers.verticals.mail.models import MailFolder, MailMessage


class MailFolderAdmin(ContainerAdmin):
    @admin.display(description=_("holds"))
    def holds(self, record: MailFolder) -> SafeString | str:
        return gettext("messages: %(number)s") % {"number": links.counted(record.places.all())}


class MailMessageAdmin(RecordAdmin):
    """What is broken of a message is said; all of it can be saved."""

    columns = ("sender", "sent")
    sent = column("sent_at")
    facts = (
        "subject",
        "sender",
        "recipients",
        "sent_at",
        "in_folders",
        "labels",
        "flags",
        "attached",
        "begins",
        "problems",
        "message_id",
        "same_thread",
        "content_page",
    )
    large = ("payload", "recipients", "attachments")
    words = ("subject", "sender", "recipients")
    list_select_related = (*RecordAdmin.list_select_related, "content")

    @admin.display(description=_("folders"))
    def in_folders(self, record: MailMessage) -> SafeString | str:
        places = list(record.places.select_related("folder").order_by("pk")[: links.SHOWN_LINKS + 1])
        shown = [links.page_of(place.folder) for place in places[: links.SHOWN_LINKS]]
        return links.lines([*shown, *([gettext("and more")] if len(places) > links.SHOWN_LINKS else [])])

    @admin.display(description=_("attachments"))
    def attached(self, record: MailMessage) -> SafeString | str:
        return links.lines(_attachment(line) for line in record.attachments.splitlines())

    @admin.display(description=_("others of its thread"))
    def same_thread(self, record: MailMessage) -> SafeString | str:
        same = MailMessage.objects.filter(owner_id=record.owner_id, thread=record.thread).exclude(pk=record.pk)
        return links.pages_of(same.defer(*self.large).order_by("sent_at", "pk")) if record.thread else "–"


def _attachment(line: str) -> str:
    """Returns what a line of the column says, which may come from an archive that somebody has made."""
    kind, size, name = (line.split("\t", 2) + ["", ""])[:3]
    said = [kind, human_size(int(size)) if size.isdecimal() and len(size) < 19 else size]
    return f"{name} ({', '.join(filter(None, said))})" if name else line


admin.site.register(MailFolder, MailFolderAdmin)
admin.site.register(MailMessage, MailMessageAdmin)
