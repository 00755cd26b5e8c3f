"""MAIL: messages, and the folders and labels that they are in."""

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext_lazy as _

from importers.documents.arriving import ArrivingDocument
from importers.documents.doctypes import FILES
from importers.documents.document import ExportDocument, FileDocument
from importers.documents.snapshot import Snapshot
from importers.merging.context import MergeContext
from importers.models import Content
from importers.text import keepable
from importers.vertical import DocumentImporter, Vertical
from importers.verticals.mail import to_documents, working
from importers.verticals.mail.formats import EML, MBOX
from importers.verticals.mail.from_documents import MESSAGE_FILE_IMPORTER, MESSAGE_IMPORTER
from importers.verticals.mail.items import MailContainerItem, MailMessageItem
from importers.verticals.mail.models import MailMessage
from importers.verticals.mail.rebuilding import TEXT
from importers.verticals.mail.site import SITE
from importers.verticals.mail.to_documents import FOLDERS, MESSAGE_FILE, MESSAGES


class MailVertical(Vertical):
    """Messages, in folders."""

    title = _("Mail")
    items = (MailContainerItem, MailMessageItem)
    kinds = (FOLDERS, MESSAGES)
    formats = (MBOX, EML)
    site = SITE
    with_bytes = {MailMessage: FILES}
    file_in_json = TEXT

    @property
    def doctypes(self) -> tuple[str, ...]:
        return (*super().doctypes, FILES)

    def documents(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        yield from to_documents.directories(snapshot)
        yield from super().documents(snapshot)

    def files(self, snapshot: Snapshot) -> Iterator[FileDocument]:
        return to_documents.files(snapshot)

    def importers(self) -> Mapping[tuple[str, str], DocumentImporter]:
        return {
            **super().importers(),
            (MESSAGES.doctype, MESSAGES.name): MESSAGE_IMPORTER,
            (FILES, MESSAGE_FILE): MESSAGE_FILE_IMPORTER,
        }

    def content_candidates(self, context: MergeContext, document: ArrivingDocument) -> Iterator[tuple[Content, str]]:
        if document.kind != MESSAGE_FILE:
            return
        named = keepable(str((document.facts or {}).get("message")))
        for content, payload in context.ids.contents_of(MailMessage, named):
            if content is not None:
                yield content, payload

    def work_off(self, seconds: float) -> int:
        return working.work_off(seconds)


VERTICAL = MailVertical()
