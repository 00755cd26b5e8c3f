"""Documents of an archive become records, or stay documents; what is here is merged with them.

Every call is a transaction of its own that has locked the account. A document that can't be placed is refused with a
sentence, and never stands in the way of the others; a quota that is full raises 413 `destination_full`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import DataError, IntegrityError, transaction

from accounts.models import User
from importers.content import quota, uploads
from importers.content.uploads import OwnedContent, StoredUpload
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.doctypes import FILES, VERSIONS
from importers.documents.values import Unreadable
from importers.merging.context import MergeContext, Origin
from importers.merging.records import RecordImporter
from importers.models import Container
from importers.models.record import NEVER
from importers.vertical import DocumentImporter, importer_of, importer_of_foreign, importers, kinds
from moves.imports.placing.document import RawDocument, has_bytes, once_each, parse
from moves.imports.placing.known_bytes import content_held, content_here
from moves.imports.placing.never_imported import why_never
from moves.imports.placing.whole_documents import keep, remove_kept
from moves.models import Document

MOST_WAITING = 1_000  # of a kind that are told of at the end
CONTENT_MISSING = "Its content is missing in the archive."
OTHER_BYTES = "Its bytes are others than it says, so it was taken as a file that has been changed elsewhere."
KEPT_WHOLE = "It is kept whole, and leaves again in every export."


@cache
def known_doctypes() -> frozenset[str]:
    """Returns the doctypes of which some vertical makes records."""
    return frozenset(doctype for doctype, _ in importers())


@dataclass(frozen=True)
class Placement:
    """What became of a document. `note` is a sentence for the report, empty where nothing is to be said."""

    doctype: str
    id: str
    outcome: Outcome
    note: str = ""


class _Undo(Exception):
    """What was done for one document must not stay."""


class Placer:
    """Places the documents of one archive into an account."""

    def __init__(self, owner: User, origin: Origin) -> None:
        self._owner = owner
        self._context = MergeContext(owner, origin)
        self._told: set[str] = set()  # doctypes of which it was said why they are never imported
        self._leftovers = Document.objects.filter(owner=owner, doctype__in=known_doctypes()).exists()

    def forget(self) -> None:
        """Must be called when a transaction was rolled back that the caller had around any of these calls: what was
        found or made in it may not be there any more."""
        self._context.forget()

    # Documents that no bytes follow

    def documents(self, batch: Sequence[RawDocument]) -> list[Placement]:
        """Places documents in one transaction, those that others refer to first. Raises 413 `destination_full`; then
        none of them is placed."""
        documents, placed = self._read(batch)
        for ones in once_each(documents.values()):
            self._place_together(ones)
        return [placed[number] if number in placed else _as_placed(documents[number]) for number in range(len(batch))]

    def _place_together(self, documents: list[ArrivingDocument]) -> None:
        try:
            self._transaction(documents)
        except (DataError, IntegrityError):
            # One of them says something that the database doesn't take: the others must not suffer for it.
            for document in documents:
                self._reset(document)
                try:
                    self._transaction([document])
                except (DataError, IntegrityError) as error:
                    self._reset(document)
                    document.became(Outcome.REFUSED, f"The database does not take it: {_first_line(error)}")

    def _transaction(self, documents: list[ArrivingDocument]) -> None:
        try:
            with transaction.atomic():
                owner = self._begin()
                self._bring(documents)
                quota.require_room(owner, self._context.new_bytes)
                self._end(owner)
        except BaseException:
            self._context.forget()
            raise

    def _begin(self) -> User:
        owner = quota.lock(self._owner)
        self._context.begin()
        return owner

    def _end(self, owner: User) -> None:
        quota.charge(owner, self._context.new_bytes)
        self._context.write_counts()

    def _bring(self, documents: Sequence[ArrivingDocument]) -> None:
        """Each by whoever knows its kind; what can't be read as ours, as another server's; the rest is kept whole."""
        documents = [document for document in documents if self._is_whole(document)]
        ours = [(document, importer_of(document)) for document in documents]
        _by_kind(self._context, [(document, by) for document, by in ours if by is not None])
        left = self._bring_foreign([document for document, by in ours if by is None or document.broken])
        for document in left:
            if document.broken and document.doctype in (FILES, VERSIONS):
                document.became(Outcome.REFUSED, document.broken)
        self._keep([document for document in left if document.outcome is not Outcome.REFUSED])
        if self._leftovers:
            remaining = set(map(id, left))
            remove_kept(
                self._context,
                [one for one in documents if id(one) not in remaining and one.doctype in known_doctypes()],
            )

    def _is_whole(self, document: ArrivingDocument) -> bool:
        """Whether its bytes are there, if it has any: those that came with it, its record's, or some that are held."""
        if has_bytes(document) and document.content is None:
            document.content = content_here(self._context, document) or content_held(self._context, document)
            if document.content is None:
                name = document.body.get("name")
                called = f" It is called {name}." if isinstance(name, str) and name else ""
                document.became(Outcome.REFUSED, CONTENT_MISSING + called)
                return False
        return True

    def _bring_foreign(self, documents: Sequence[ArrivingDocument]) -> list[ArrivingDocument]:
        """Those that are not ours, or can't be read as such. Gives those that no vertical could place."""
        pairs: list[tuple[ArrivingDocument, DocumentImporter]] = []
        left = []
        for document in documents:
            if document.broken:
                document.notes.append(f"What this product said of it can't be read: {document.broken}")
                document.plain, document.broken = True, ""
            try:
                by = importer_of_foreign(self._context, document)
            except Unreadable as broken:
                document.broken, by = str(broken), None
            if by is None:
                left.append(document)
            else:
                pairs.append((document, by))
        _by_kind(self._context, pairs)
        return left + [document for document, _ in pairs if document.broken]

    def _keep(self, documents: Sequence[ArrivingDocument]) -> None:
        """Keeps them whole, but for those whose records are here: an archive has no two documents of one id."""
        for document in documents:
            if document.doctype in known_doctypes() and self._has_record(document):
                document.became(Outcome.REFUSED, f"{document.broken} What is here of it stays.".strip())
        documents = [document for document in documents if document.outcome is not Outcome.REFUSED]
        if not documents:
            return
        for document in documents:
            if document.broken:
                document.notes.append(document.broken)
            if document.notes:
                document.notes.append(KEPT_WHOLE)
        keep(self._context, documents)
        self._leftovers |= any(document.doctype in known_doctypes() for document in documents)

    def _has_record(self, document: ArrivingDocument) -> bool:
        models = {
            by.model
            for (doctype, _), by in importers().items()
            if doctype == document.doctype and isinstance(by, RecordImporter)
        }
        return any(model._default_manager.filter(owner=self._owner, doc_id=document.id).exists() for model in models)

    # Documents with their bytes

    def wants_content(self, document: RawDocument) -> bool:
        """Whether the bytes of a document must be read: False where its record has them already."""
        documents, _ = self._read([document])
        arriving = documents.get(0)
        if arriving is None:
            return False  # it will not be placed, whatever its bytes are
        return content_here(self._context, arriving) is None

    def file(self, document: RawDocument, received: StoredUpload | None) -> Placement:
        """Places a document with its bytes; None where none follow it, or where they were not wanted. Raises 413
        `destination_full`. What was received and is not needed is removed."""
        return self.files([(document, received)])[0]

    def files(self, batch: Sequence[tuple[RawDocument, StoredUpload | None]]) -> list[Placement]:
        """The same for several of them, in one transaction. Where the quota is full, none of them is placed."""
        documents, placed = self._read([document for document, _ in batch])
        arriving = [DocumentWithFile(document, batch[number][1]) for number, document in documents.items()]
        may_be_committed = False
        try:
            with transaction.atomic():
                owner = self._begin()
                for one in arriving:
                    self._place_file(owner, one)
                self._end(owner)
                may_be_committed = True  # an error of the commit tells nothing about the outcome
        except BaseException:
            self._context.forget()
            if not may_be_committed:
                _discard(received for _, received in batch)
            raise
        adopted = {id(one.received) for one in arriving if one.adopted}
        unneeded = [received for _, received in batch if id(received) not in adopted]
        transaction.on_commit(lambda: _discard(unneeded))
        return [placed[number] if number in placed else _as_placed(documents[number]) for number in range(len(batch))]

    def _place_file(self, owner: User, one: "DocumentWithFile") -> None:
        """One of them; nothing of it stays if it is refused."""
        context, document = self._context, one.document
        before = context.mark()
        try:
            with transaction.atomic():
                self._settle(owner, one)
                self._bring([document])
                upload = one.received.upload if one.received else None
                quota.require_room(owner, context.new_bytes, upload)
                if document.outcome is Outcome.REFUSED:
                    raise _Undo
        except _Undo:
            self._undo(before, one)
        except (DataError, IntegrityError) as error:
            self._undo(before, one)
            self._reset(document)
            document.became(Outcome.REFUSED, f"The database does not take it: {_first_line(error)}")

    def _undo(self, before: Any, one: "DocumentWithFile") -> None:
        self._context.forget()
        self._context.reset(before)
        one.adopted = False

    def _settle(self, owner: User, one: "DocumentWithFile") -> None:
        """Makes what was received the person's."""
        document = one.document
        if one.received is None:
            return
        settled: OwnedContent = uploads.settle(owner, one.received)
        one.adopted = settled.adopted
        document.content = settled.content
        self._context.new_bytes += settled.new_bytes
        named = (document.facts or {}).get("sha256")
        if named is not None and named != settled.content.sha256:
            document.plain = True
            document.notes.append(OTHER_BYTES)

    # The end

    def finish(self) -> list[Placement]:
        """What others referred to and the archive did not have: it stands under its id. At most 1,000 of a kind."""
        placeholders: list[Placement] = []
        for kind in kinds():
            if not kind.missing:
                continue
            name = "identifier" if issubclass(kind.model, Container) else kind.heading
            # One that an exporter's item named was changed when it was named.
            named_here = kind.model.objects.placeholders().filter(owner=self._owner, changed_at=NEVER)
            rows = named_here.order_by("pk")
            for doc_id, called in rows.values_list("doc_id", name)[:MOST_WAITING]:
                placeholders.append(Placement(kind.doctype, doc_id, Outcome.RENAMED, kind.missing.format(called)))
        return placeholders

    def check(self, batch: Sequence[RawDocument]) -> list[bool]:
        """Whether the account holds each of these documents now, equal or merged as it was reported: placing it again
        would change nothing. Nothing is written."""
        documents, placed = self._read(batch, tell=False)
        held = {number: one.outcome is Outcome.IGNORED for number, one in placed.items()}
        leftovers = self._leftovers
        with transaction.atomic():
            self._begin()
            for number, document in documents.items():
                held[number] = self._would_change_nothing(document)
            transaction.set_rollback(True)
        self._leftovers = leftovers
        self._context.forget()
        return [held[number] for number in range(len(batch))]

    def _would_change_nothing(self, document: ArrivingDocument) -> bool:
        try:
            with transaction.atomic():
                self._bring([document])
        except (DataError, IntegrityError):
            self._context.forget()
            return False
        return not document.wrote and document.outcome is not Outcome.REFUSED

    # Reading

    def _read(
        self, batch: Sequence[RawDocument], *, tell: bool = True
    ) -> tuple[dict[int, ArrivingDocument], dict[int, Placement]]:
        """The documents that are to be placed, and what became of the others, by their numbers in the batch."""
        documents: dict[int, ArrivingDocument] = {}
        placed: dict[int, Placement] = {}
        for number, incoming in enumerate(batch):
            doctype, doc_id = incoming.doctype, incoming.id
            if why := why_never(doctype, doc_id):
                note = why if tell and doctype not in self._told else ""
                if tell:
                    self._told.add(doctype)
                placed[number] = Placement(doctype, doc_id, Outcome.IGNORED, note)
                continue
            try:
                documents[number] = parse(incoming)
            except Unreadable as broken:
                placed[number] = Placement(doctype, doc_id, Outcome.REFUSED, str(broken))
        return documents, placed

    def _reset(self, document: ArrivingDocument) -> None:
        document.outcomes, document.notes, document.broken, document.plain, document.wrote = [], [], "", False, False


@dataclass
class DocumentWithFile:
    """A document and what was received after it. `adopted`: the bytes lie where they were received."""

    document: ArrivingDocument
    received: StoredUpload | None
    adopted: bool = False


def _by_kind(context: MergeContext, pairs: list[tuple[ArrivingDocument, DocumentImporter]]) -> None:
    """Brings them, all of a kind at once, in the order in which the verticals say their kinds: containers first."""
    together: dict[int, tuple[DocumentImporter, list[ArrivingDocument]]] = {}
    for document, by in pairs:
        together.setdefault(id(by), (by, []))[1].append(document)
    order = {id(by): number for number, by in enumerate(importers().values())}
    for key in sorted(together, key=lambda key: order.get(key, len(order))):
        by, documents = together[key]
        by.bring(context, documents)


def _as_placed(document: ArrivingDocument) -> Placement:
    return Placement(document.doctype, document.id, document.outcome, document.note)


def _discard(received: Any) -> None:
    """Removes what was received and nobody needs."""
    for one in received:
        if one is not None and one.upload is not None:
            uploads.discard(one.upload)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["it gives no reason"])[0][:200]
