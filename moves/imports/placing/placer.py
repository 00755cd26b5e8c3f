"""Documents of an archive become records, or stay documents; what is here is merged with them.

Every call is a transaction of its own that has locked the account. A document that can't be placed is refused with a
sentence, and never stands in the way of the others; a quota that is full raises 413 `destination_full`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import DataError, IntegrityError, transaction

from accounts.models import User
from accounts.texts import kept_text
from importers.content import quota, uploads
from importers.content.uploads import StoredUpload
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.snapshot import Snapshot
from importers.documents.values import Unreadable
from importers.merging.context import MergeContext
from importers.merging.origin import Origin
from importers.merging.placeholders import remove_empty
from importers.merging.settling import Settlement
from importers.models import Container
from importers.vertical import kinds, verticals
from moves.imports.placing.by_vertical import ByVertical
from moves.imports.placing.document import RawDocument, once_each, parse
from moves.imports.placing.known_bytes import content_here
from moves.imports.placing.never_imported import why_never

MOST_PLACEHOLDERS = 1_000  # of a kind that are told of at the end
PIECES = 8  # into which documents are divided to find those that change something
NOT_AS_DOCUMENTED = kept_text(
    "Its bytes are others than it says, so it was taken as a file that has been changed elsewhere."
)
OF_WHICH = kept_text("%(called)s: %(note)s", sentences=["note"])
NOT_TAKEN = kept_text("The database does not take it: %(why)s", sentences=["why"])
NO_REASON = kept_text("it gives no reason")


@dataclass(frozen=True)
class Placement:
    """What became of a document. `note` is a sentence for the report, empty where nothing is to be said."""

    doctype: str
    id: str
    outcome: Outcome
    note: str = ""


@dataclass
class DocumentWithFile:
    """A document and what was received after it. `adopted`: the bytes lie where they were received."""

    document: ArrivingDocument
    received: StoredUpload | None
    adopted: bool = False


class Placer:
    """Places the documents of one archive into an account."""

    def __init__(self, owner: User, origin: Origin) -> None:
        self._owner = owner
        self._context = MergeContext(owner, origin)
        self._by_vertical = ByVertical(self._context)

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
        return _in_order(placed, documents)

    def _place_together(self, documents: list[ArrivingDocument]) -> None:
        try:
            self._transaction(documents)
        except (DataError, IntegrityError):
            # One of them says something that the database doesn't take: the others must not suffer for it.
            for document in documents:
                document.begin_again()
                try:
                    self._transaction([document])
                except (DataError, IntegrityError) as error:
                    document.begin_again()
                    document.became(Outcome.REFUSED, _not_taken(error))

    def _transaction(self, documents: list[ArrivingDocument]) -> None:
        try:
            with transaction.atomic():
                owner = self._begin()
                self._by_vertical.bring(documents)
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

    # Documents with their bytes

    def wants_content(self, document: RawDocument) -> bool:
        """Whether the bytes of a document must be read: False where its record has them already."""
        documents, _ = self._read([document])
        arriving = documents.get(0)
        if arriving is None:
            return False  # it will not be placed, whatever its bytes are
        return content_here(self._context, arriving) is None

    def files(self, batch: Sequence[tuple[RawDocument, StoredUpload | None]]) -> list[Placement]:
        """Places documents with their bytes in one transaction: None where none follow a document, or where they were
        not wanted. Raises 413 `destination_full`; then none of them is placed. What was received and is not needed is
        removed."""
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
                discard(received for _, received in batch)
            raise
        adopted = {id(one.received) for one in arriving if one.adopted}
        unneeded = [received for _, received in batch if id(received) not in adopted]
        transaction.on_commit(lambda: discard(unneeded))
        return _in_order(placed, documents)

    def _place_file(self, owner: User, one: DocumentWithFile) -> None:
        """Places one of them; nothing of it stays if it is refused."""
        context, document = self._context, one.document
        before = context.mark()
        try:
            with transaction.atomic():
                self._settle(owner, one)
                self._by_vertical.bring([document])
                quota.require_room(owner, context.new_bytes, one.received.upload if one.received else None)
                if document.outcome is Outcome.REFUSED:
                    transaction.set_rollback(True)  # to where this one began
        except (DataError, IntegrityError) as error:
            document.begin_again()
            document.became(Outcome.REFUSED, _not_taken(error))
        if document.outcome is Outcome.REFUSED:
            context.reset(before)
            one.adopted = False

    def _settle(self, owner: User, one: DocumentWithFile) -> None:
        """Makes what was received the person's."""
        document = one.document
        if one.received is None:
            return
        settled = uploads.settle(owner, one.received)
        one.adopted = settled.adopted
        document.content = settled.content
        self._context.new_bytes += settled.new_bytes
        named = (document.facts or {}).get("sha256")
        if named is not None and named != settled.content.sha256:
            document.plain = True
            document.notes.append(NOT_AS_DOCUMENTED)

    # The end

    def settle(self) -> list[Settlement] | None:
        """Decides some of what is only known when all documents have come, in one transaction. Returns what that
        changes; None where nothing is left. It must be called until then, before `finish`."""
        try:
            with transaction.atomic():
                owner = self._begin()
                found = (vertical.settle(self._context) for vertical in verticals())
                settled = next((one for one in found if one is not None), None)
                self._end(owner)
        except BaseException:
            self._context.forget()
            raise
        return settled

    def finish(self) -> list[Placement]:
        """Returns what others referred to and the archive did not have: it stands under its id. At most 1,000 of a
        kind. Where nothing is left in what they referred to, it is removed."""
        here = self._remove_empty()
        placeholders: list[Placement] = []
        for kind in kinds():
            if not kind.missing or not here.has(kind.model):
                continue
            name = "identifier" if issubclass(kind.model, Container) else kind.heading
            rows = kind.model.objects.named_by_archives().filter(owner=self._owner).order_by("pk")
            for doc_id, called in rows.values_list("doc_id", name)[:MOST_PLACEHOLDERS]:
                placeholders.append(Placement(kind.doctype, doc_id, Outcome.RENAMED, kind.missing % {"name": called}))
        return placeholders

    def _remove_empty(self) -> Snapshot:
        """Returns what knows of which kinds there is anything."""
        with transaction.atomic():
            owner = quota.lock(self._owner)
            here = Snapshot(owner)
            for kind in kinds():
                if kind.missing and issubclass(kind.model, Container) and here.has(kind.model):
                    remove_empty(owner, kind.model)
        self._context.forget()
        return here

    def check(self, batch: Sequence[RawDocument]) -> list[bool]:
        """Whether the account holds each of these documents now, equal or merged as it was reported: placing it again
        would change nothing. Nothing is written."""
        documents, placed = self._read(batch)
        here: set[ArrivingDocument] = set()
        with transaction.atomic():
            self._begin()
            for ones in once_each(documents.values()):
                here.update(self._without_a_change(ones))
            transaction.set_rollback(True)
        self._context.forget()
        held = {number: one.outcome is Outcome.IGNORED for number, one in placed.items()}
        held |= {number: document in here for number, document in documents.items()}
        return [held[number] for number in range(len(batch))]

    def _without_a_change(self, documents: list[ArrivingDocument]) -> Iterator[ArrivingDocument]:
        """Yields those that would change nothing. They are asked for together, which takes a tenth of the time: where
        all of them change nothing, none does; where something changes, they are asked for in smaller pieces."""
        if self._would_change_nothing(documents):
            yield from documents
        elif (number := len(documents)) > 1:
            size = -(-number // PIECES)
            for first in range(0, number, size):
                piece = documents[first : first + size]
                for document in piece:
                    document.begin_again()
                yield from self._without_a_change(piece)

    def _would_change_nothing(self, documents: list[ArrivingDocument]) -> bool:
        try:
            with transaction.atomic():
                self._by_vertical.bring(documents)
                nothing = not any(one.wrote or one.outcome is Outcome.REFUSED for one in documents)
                transaction.set_rollback(not nothing)
        except (DataError, IntegrityError):
            nothing = False
        if not nothing:
            self._context.forget()
        return nothing

    # Reading

    def _read(self, batch: Sequence[RawDocument]) -> tuple[dict[int, ArrivingDocument], dict[int, Placement]]:
        """Returns the documents that are to be placed, and what became of the others, by their numbers in the batch."""
        documents: dict[int, ArrivingDocument] = {}
        placed: dict[int, Placement] = {}
        for number, document in enumerate(batch):
            doctype, doc_id = document.doctype, document.id
            if why := why_never(doctype, doc_id):
                placed[number] = Placement(doctype, doc_id, Outcome.IGNORED, why)
                continue
            try:
                documents[number] = parse(document)
            except Unreadable as unreadable:
                placed[number] = Placement(doctype, doc_id, Outcome.REFUSED, str(unreadable))
        return documents, placed


def _in_order(placed: dict[int, Placement], documents: dict[int, ArrivingDocument]) -> list[Placement]:
    """Returns what became of each document of a batch, of which some were placed without looking further."""
    now = {number: Placement(one.doctype, one.id, one.outcome, _note(one)) for number, one in documents.items()}
    return [placement for _, placement in sorted((placed | now).items(), key=lambda item: item[0])]


def _note(document: ArrivingDocument) -> str:
    """Returns what is to be said of a document: by its name where what it says did not become what is here."""
    if document.outcome is Outcome.OLDER and document.note:
        return OF_WHICH % {"called": document.called, "note": document.note}
    return document.note


def discard(received: Iterable[StoredUpload | None]) -> None:
    """Removes what was received and nobody needs."""
    for one in received:
        if one is not None and one.upload is not None:
            uploads.discard(one.upload)


def _not_taken(error: Exception) -> str:
    """Returns what is said of a document that the database does not take, with the first line of its reason."""
    reason = (str(error).splitlines() or [NO_REASON])[0][:200]
    return NOT_TAKEN % {"why": reason}
