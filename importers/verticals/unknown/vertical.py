"""Items of a type that their vertical does not know: tomorrow's exporters have some, and they are kept whole. So are
items of a known type without what identifies them."""

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext_lazy as _

from importers.documents.arriving import ArrivingDocument
from importers.documents.doctypes import FILES
from importers.documents.document import ExportDocument, FileDocument
from importers.documents.snapshot import Snapshot
from importers.merging.context import MergeContext
from importers.models import Content
from importers.models.content import WithFile
from importers.text import keepable
from importers.vertical import DocumentImporter, Vertical
from importers.verticals.unknown import documents
from importers.verticals.unknown.documents import FILE_OF_ITEM, ITEM_DOCUMENTS, UnknownFileImporter, UnknownItemImporter
from importers.verticals.unknown.items import AnyItem
from importers.verticals.unknown.models import UnknownItem
from importers.verticals.unknown.site import SITE


class UnknownVertical(Vertical):
    """It has no path: what the others don't know comes here."""

    title = _("Other things services have sent")
    items = (AnyItem,)
    kinds = (ITEM_DOCUMENTS,)
    site = SITE
    with_bytes = {UnknownItem: FILES}

    @property
    def doctypes(self) -> tuple[str, ...]:
        return (ITEM_DOCUMENTS.doctype, FILES)

    def documents(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        return documents.documents(snapshot)

    def files(self, snapshot: Snapshot) -> Iterator[FileDocument]:
        return documents.files(snapshot)

    def importers(self) -> Mapping[tuple[str, str], DocumentImporter]:
        return {
            (ITEM_DOCUMENTS.doctype, ITEM_DOCUMENTS.name): UnknownItemImporter(ITEM_DOCUMENTS, self.path, self.items),
            (FILES, FILE_OF_ITEM): UnknownFileImporter(),
        }

    def content_candidates(self, context: MergeContext, document: ArrivingDocument) -> Iterator[tuple[Content, str]]:
        if document.kind != FILE_OF_ITEM:
            return
        item = keepable(str((document.facts or {}).get("item")))
        here = context.ids.id_here(ITEM_DOCUMENTS.name, item)
        for found in UnknownItem.objects.filter(owner=context.owner, doc_id=here).select_related("content"):
            yield from found.contents()
        for known in documents.known_by_now(context, [item]).values():
            if isinstance(known, WithFile):
                yield from known.contents()


VERTICAL = UnknownVertical()
