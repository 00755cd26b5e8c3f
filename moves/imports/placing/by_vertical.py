"""Each document to whoever knows its kind: as one of ours, as another server's, or kept whole."""

from collections.abc import Sequence
from functools import cache

from accounts.texts import kept_text
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.doctypes import FILES, VERSIONS
from importers.documents.values import Unreadable
from importers.merging.context import MergeContext
from importers.merging.records import RecordImporter
from importers.models.record import Record
from importers.vertical import DocumentImporter, importer_of, importer_of_foreign, importers
from moves.imports.placing.document import has_bytes
from moves.imports.placing.known_bytes import content_held, content_here
from moves.imports.placing.whole_documents import keep, keep_beside, remove_kept
from moves.models import Document

CONTENT_MISSING = kept_text("Its content is missing in the archive.")
CALLED = kept_text("It is called %(name)s.")
KEPT_WHOLE = kept_text("It is kept whole, and leaves again in every export.")
OURS_UNREADABLE = kept_text("What this product said of it can't be read: %(why)s", sentences=["why"])
HERE_STAYS = kept_text("What is here of it stays.")


class ByVertical:
    """Brings the documents of one archive into an account, in the transaction of its context.

    A document goes to the importer of its own kind. One that this can't read, or that is not ours, goes to the vertical
    that reads what other servers say of it; and one that is left then is kept whole, so that a later version of this
    product may read it.
    """

    def __init__(self, context: MergeContext) -> None:
        self._context = context
        known = known_doctypes()
        # Whether documents may be kept whole although some vertical makes records of their doctype.
        self._leftovers = Document.objects.filter(owner=context.owner, doctype__in=known).exists()

    def bring(self, documents: Sequence[ArrivingDocument]) -> None:
        """Makes or merges their records, and notes in each document what became of it. All are different documents."""
        whole = [document for document in documents if not document.unread and self._has_its_bytes(document)]
        ours = [(document, importer_of(document)) for document in whole]
        self._by_kind([(document, by) for document, by in ours if by is not None])
        left = self._bring_foreign([document for document, by in ours if by is None or document.broken])
        self._keep(left)
        self._keep_unread([document for document in documents if document.unread])
        if self._leftovers:
            not_placed = set(map(id, left))
            placed = [document for document in whole if id(document) not in not_placed]
            remove_kept(self._context, [document for document in placed if document.doctype in known_doctypes()])

    def _has_its_bytes(self, document: ArrivingDocument) -> bool:
        """Whether its bytes are there, if it has any: those that came with it, its record's, or some that are held."""
        if not has_bytes(document) or document.content is not None:
            return True
        document.content = content_here(self._context, document) or content_held(self._context, document)
        if document.content is not None:
            return True
        name = document.body.get("name")
        called = f" {CALLED % {'name': name}}" if isinstance(name, str) and name else ""
        document.became(Outcome.REFUSED, CONTENT_MISSING + called)
        return False

    def _by_kind(self, pairs: Sequence[tuple[ArrivingDocument, DocumentImporter]]) -> None:
        """Lets importers bring them, all of a kind at once, in the order in which the verticals say their kinds:
        containers first."""
        pairs = self._but_of_another_kind(pairs)
        together: dict[int, tuple[DocumentImporter, list[ArrivingDocument]]] = {}
        for document, by in pairs:
            together.setdefault(id(by), (by, []))[1].append(document)
        order = {id(by): number for number, by in enumerate(importers().values())}
        for key in sorted(together, key=lambda key: order.get(key, len(order))):
            by, documents = together[key]
            by.bring(self._context, documents)

    def _but_of_another_kind(
        self, pairs: Sequence[tuple[ArrivingDocument, DocumentImporter]]
    ) -> list[tuple[ArrivingDocument, DocumentImporter]]:
        """Keeps those beside it whose id is that of a record of another kind: two documents of one doctype and one id
        would leave, of which everybody takes one only. Returns the others. Files have their own ways to become photos
        and videos."""
        asked: dict[tuple[str, type[Record]], set[str]] = {}
        for document, by in pairs:
            if isinstance(by, RecordImporter) and document.doctype not in (FILES, VERSIONS):
                for model in models_of(document.doctype) - {by.model}:
                    asked.setdefault((document.doctype, model), set()).add(document.id)
        taken = {
            (doctype, doc_id)
            for (doctype, model), ids in asked.items()
            for doc_id in model._default_manager.filter(owner=self._context.owner, doc_id__in=ids).values_list(
                "doc_id", flat=True
            )
        }
        others = []
        for document, by in pairs:
            if (document.doctype, document.id) in taken:
                document.notes += [HERE_STAYS, KEPT_WHOLE]
                keep_beside(self._context, document)
            else:
                others.append((document, by))
        return others

    def _bring_foreign(self, documents: Sequence[ArrivingDocument]) -> list[ArrivingDocument]:
        """Brings those that are not ours, or can't be read as such. Returns those that no vertical could place."""
        pairs: list[tuple[ArrivingDocument, DocumentImporter]] = []
        left = []
        for document in documents:
            if document.broken:
                document.notes.append(OURS_UNREADABLE % {"why": document.broken})
                document.plain, document.broken = True, ""
            try:
                by = importer_of_foreign(self._context, document)
            except Unreadable as unreadable:
                document.broken, by = str(unreadable), None
            if by is None:
                left.append(document)
            else:
                pairs.append((document, by))
        self._by_kind(pairs)
        return left + [document for document, _ in pairs if document.broken]

    def _keep(self, documents: Sequence[ArrivingDocument]) -> None:
        """Keeps them whole, but for files, and for those whose records are here: an archive has no two documents of
        one id."""
        kept = []
        for document in documents:
            if document.broken and document.doctype in (FILES, VERSIONS):
                document.became(Outcome.REFUSED, document.broken)
            elif document.doctype in known_doctypes() and self._has_record(document):
                document.became(Outcome.REFUSED, f"{document.broken} {HERE_STAYS}".strip())
            else:
                kept.append(document)
        for document in kept:
            if document.broken:
                document.notes.append(document.broken)
            if document.notes:
                document.notes.append(KEPT_WHOLE)
        if kept:
            keep(self._context, kept)
            self._leftovers |= any(document.doctype in known_doctypes() for document in kept)

    def _keep_unread(self, documents: Sequence[ArrivingDocument]) -> None:
        """Keeps those of which only the bytes are known; where a record has their id, beside it."""
        beside = [one for one in documents if one.doctype in known_doctypes() and self._has_record(one)]
        for document in documents:
            document.notes += [document.unread, KEPT_WHOLE]
        for document in beside:
            keep_beside(self._context, document)
        if kept := [document for document in documents if document not in beside]:
            keep(self._context, kept)
            self._leftovers |= any(document.doctype in known_doctypes() for document in kept)

    def _has_record(self, document: ArrivingDocument) -> bool:
        """Whether a record has its id, of which something has come: of what others have only named, nothing is here
        that could stay."""
        records = (model._default_manager for model in models_of(document.doctype))
        same_id = (found.filter(owner=self._context.owner, doc_id=document.id).defer("payload") for found in records)
        return any(not record.is_named_by_archive for found in same_id for record in found)


@cache
def known_doctypes() -> frozenset[str]:
    """Returns the doctypes of which some vertical makes records."""
    return frozenset(doctype for doctype, _ in importers())


@cache
def models_of(doctype: str) -> frozenset[type[Record]]:
    """Returns the models of records that documents of a doctype become."""
    found = (by for (one, _), by in importers().items() if one == doctype)
    return frozenset(by.model for by in found if isinstance(by, RecordImporter))
