"""How records come back, in batches: made where they are not here yet, merged where they are.

What is here stays. The same again changes nothing. Where both say something else, the newer wins and the other is kept
as an earlier version. The same record may be here under another id: an exporter brought it into both accounts.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from accounts.texts import kept_text
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.values import Unreadable
from importers.items.item import Item
from importers.items.unsaid import unsaid
from importers.merging import twins
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft
from importers.merging.revisions import EarlierPayloads
from importers.merging.winning import WHOSE, Meeting, MergeVerdict, as_it_is_here, under_its_id_here
from importers.models import Container, Record, Revision

OLDER_NOTE = kept_text("What is here is newer; what the archive says is kept as an earlier version.")
IN_BIN_NOTE = kept_text("It is in the bin here, and stays there.")


class RecordImporter:
    """How one kind of record comes back.

    Subclasses say `model`, `vertical` (the path below /import whose count it adds to), `items` (the kinds of items that
    become such records) and what `read` finds in a document. What else is particular to theirs they override; every
    public method may be overridden, and called.
    """

    model: type[Record]
    vertical = ""
    items: tuple[type[Item], ...] = ()

    @property
    def kind(self) -> str:
        """What `metadata.wharf.kind` says."""
        return str(self.model._meta.model_name)

    def bring(self, context: MergeContext, documents: list[ArrivingDocument]) -> None:
        """Makes or merges the records of documents of this kind, in the transaction of the context.

        Notes in each document what became of it, and in one that can't be read why: `broken`.
        """
        waiting: list[RecordDraft] = []
        for document in documents:
            try:
                waiting += self.read(context, document)
            except Unreadable as broken:
                document.broken = str(broken)
        while waiting:
            waiting = self._pass(context, waiting)

    def read(self, context: MergeContext, document: ArrivingDocument) -> list[RecordDraft]:
        """Returns what the document says, before anything is changed. Raises `Unreadable`."""
        raise NotImplementedError

    # One pass: every id and every identity once

    def _pass(self, context: MergeContext, drafts: list[RecordDraft]) -> list[RecordDraft]:
        """Returns the drafts that must wait for the next pass."""
        drafts = self.refer(context, drafts)
        here = self.find(context, drafts)
        new: list[RecordDraft] = []
        pairs: list[tuple[RecordDraft, Record]] = []
        later: list[RecordDraft] = []
        claimed: set[Any] = set()
        for draft in drafts:
            if draft.doc_id in claimed or draft.key in claimed:
                later.append(draft)  # there twice, perhaps under two ids: it will meet the record of the first
                continue
            claimed |= {draft.doc_id, draft.key}
            record = here.get(draft.doc_id)
            if record is None:
                new.append(draft)
            else:
                pairs.append((draft, record))
                claimed.add((record.source_id, record.identity))
        self.create(context, new)
        if pairs:
            self.merge_all(context, pairs)
        return later

    def refer(self, context: MergeContext, drafts: list[RecordDraft]) -> list[RecordDraft]:
        """Returns the drafts with the keys of the rows that they refer to."""
        return drafts

    def find(self, context: MergeContext, drafts: list[RecordDraft]) -> dict[str, Record]:
        """Returns the records that are here already, by the ids that the documents name them by."""
        mine = self.model._default_manager.filter(owner=context.owner)
        wanted = [draft.doc_id for draft in drafts]
        here = {record.doc_id: record for record in mine.filter(doc_id__in=wanted)}
        missing = [draft for draft in drafts if draft.doc_id not in here]
        if not missing:
            return here
        aliases = context.ids.aliases(self.kind, (draft.doc_id for draft in missing))
        if aliases:
            meant = {record.doc_id: record for record in mine.filter(doc_id__in=aliases.values())}
            here |= {alias: meant[of] for alias, of in aliases.items() if of in meant}
        missing = [draft for draft in missing if draft.doc_id not in here]
        by_source: dict[int, dict[str, RecordDraft]] = {}
        for draft in missing:
            by_source.setdefault(draft.columns["source_id"], {})[draft.columns["identity"]] = draft
        for draft in missing:
            for former in draft.former:  # which another one may have today
                by_source[draft.columns["source_id"]].setdefault(former, draft)
        for source, by_identity in by_source.items():
            same = self.model._default_manager.filter(source_id=source, identity__in=list(by_identity))
            for record in same:
                draft = by_identity[record.identity]
                is_named = record.identity == draft.columns["identity"]
                is_former = not is_named and (record.reading or 0) < draft.former[record.identity]
                if is_named or (is_former and draft.doc_id not in here):
                    here[draft.doc_id] = record
        return here

    # New ones

    def create(self, context: MergeContext, drafts: list[RecordDraft]) -> None:
        """Makes the records of documents that are not here yet, and what belongs to them."""
        if not drafts:
            return
        owner = context.owner.pk
        rows = [self.model(owner_id=owner, doc_id=draft.doc_id, **draft.columns) for draft in drafts]
        self.model._default_manager.bulk_create(rows)
        self.created(context, drafts)
        self.attach(context, list(zip(drafts, rows, strict=True)))

    def created(self, context: MergeContext, drafts: list[RecordDraft]) -> None:
        """Counts records that have been made, and keeps what they said before. Whoever overrides `create` calls it."""
        revisions: list[Revision] = []
        for draft in drafts:
            size = len(draft.columns["payload"].encode())
            context.new_bytes += size
            content = draft.document.content if "content_id" in draft.columns else None
            self._count(context, draft, size + (content.size if content else 0))
            revisions += self._revisions(context, draft.doc_id, draft.revisions)
            draft.document.became(Outcome.CREATED)
        self._keep(context, revisions)

    def _count(self, context: MergeContext, draft: RecordDraft, size: int) -> None:
        """A container is counted when it comes: as with items, naming it is not enough."""
        if not draft.is_placeholder:
            context.transfers.count(draft.columns["transfer_id"], self.counted_in(draft), size)

    def counted_in(self, draft: RecordDraft) -> str:
        """Returns the vertical that a transfer counts it in."""
        return self.vertical

    def attach(self, context: MergeContext, pairs: list[tuple[RecordDraft, Record]]) -> None:
        """Makes what belongs to records that have been made or merged: nothing, unless a subclass says otherwise."""

    # Those that are here

    def merge_all(self, context: MergeContext, pairs: list[tuple[RecordDraft, Record]]) -> None:
        """Brings records that are here and what documents say of them together, and makes what belongs to them."""
        pairs = [(draft, self._one_row(context, draft, record)) for draft, record in pairs]
        ids = [record.doc_id for _, record in pairs]
        revisions = Revision.objects.filter(owner=context.owner, kind=self.kind, doc_id__in=ids)
        earlier: defaultdict[str, EarlierPayloads] = defaultdict(EarlierPayloads)
        for doc_id, payload, replaced in revisions.values_list("doc_id", "payload", "replaced_at"):
            earlier[doc_id].add(payload, replaced)
        merged: list[tuple[RecordDraft, Record]] = []
        for draft, record in pairs:
            draft = self.fit(context, draft, record)
            self.merge(context, draft, record, earlier[record.doc_id])
            merged.append((draft, record))
        self.attach(context, merged)

    def _one_row(self, context: MergeContext, draft: RecordDraft, record: Record) -> Record:
        """Returns the row that is to stand for the document's record. A container that an archive has named by an id,
        and that an exporter brought, too, has two until its document says that they are one."""
        if not (isinstance(record, Container) and record.is_named_by_archive):
            return record
        source, identity = draft.key
        same = self.model._default_manager.filter(source_id=source, identity=identity).exclude(pk=record.pk).first()
        if same is None:
            return record
        named = record.doc_id
        self.unite(context, same, record)
        context.ids.note_container(self.kind, named, same.pk)
        draft.document.wrote = True
        return same

    def unite(self, context: MergeContext, record: Any, placeholder: Any) -> None:
        """Lets a record stand for a container that has only been named, too."""
        context.new_bytes += twins.unite(record, placeholder)

    def fit(self, context: MergeContext, draft: RecordDraft, record: Record) -> RecordDraft:
        """Returns what the document says, without what is decided here: under which id a record is kept, and whose."""
        if draft.doc_id == record.doc_id:
            is_same = draft.foreign and draft.columns["payload"] == record.payload
            return as_it_is_here(draft, record, but_for="content_id") if is_same else draft
        if record.is_named_by_archive:
            return draft.but({"doc_id": draft.doc_id})
        if context.ids.add_alias(self.kind, draft.doc_id, record.doc_id):
            draft.document.wrote = True
        return under_its_id_here(draft, record)

    def merge(self, context: MergeContext, draft: RecordDraft, record: Any, earlier: EarlierPayloads) -> None:
        """Brings a record that is here and what a document says of it together."""
        meeting = Meeting.of(draft, record, earlier)
        match meeting.verdict:
            case MergeVerdict.SAME | MergeVerdict.STAYS:
                draft.document.became(Outcome.UNCHANGED)
            case MergeVerdict.COMES:
                self.arrive(context, meeting)
            case MergeVerdict.NEWER:
                self.take(context, meeting)
            case MergeVerdict.OLDER:
                self.keep_other(context, meeting)
        revisions = self._revisions(context, record.doc_id, earlier.missing(draft.revisions, context.now))
        if revisions:
            self._keep(context, revisions)
            draft.document.became(Outcome.UPDATED)

    def arrive(self, context: MergeContext, meeting: Meeting) -> None:
        """A record that others have named comes at last."""
        draft, record = meeting.draft, meeting.record
        if not record.is_named_by_archive or self._is_taken(draft, record):
            meeting = meeting.without(WHOSE)
        if not meeting.differing:  # it is named once more
            draft.document.became(Outcome.UNCHANGED)
            return
        self._write(context, record, meeting.differing)
        self._count(context, draft, len(record.payload.encode()))
        draft.document.became(Outcome.CREATED)

    def _is_taken(self, draft: RecordDraft, record: Record) -> bool:
        """Returns whether another record has the identity that the document names."""
        source, identity = draft.key
        same = self.model._default_manager.filter(source_id=source, identity=identity).exclude(pk=record.pk)
        return same.exists()

    def take(self, context: MergeContext, meeting: Meeting) -> None:
        """Lets the record say what the document says, which is newer; what it said is kept."""
        document, meeting = meeting.draft.document, meeting.without(WHOSE)
        if (replaced := meeting.replaced_payload) is not None:
            self.keep_earlier(context, meeting.draft, meeting.record, replaced)
            meeting.earlier.add(replaced, context.now)
        lost = unsaid(meeting.record, meeting.differing)
        if lost and not meeting.earlier.has(lost):
            self.keep_earlier(context, meeting.draft, meeting.record, lost)
            meeting.earlier.add(lost, context.now)
        self._write(context, meeting.record, meeting.differing)
        outcome = Outcome.UNCHANGED if meeting.is_bookkeeping else Outcome.UPDATED
        document.became(outcome, wrote=bool(meeting.differing))

    def keep_other(self, context: MergeContext, meeting: Meeting) -> None:
        """The record stays, which is newer; what the document says is kept beside it."""
        draft, record = meeting.draft, meeting.record
        if (other := meeting.other_payload) is not None:
            self.keep_earlier(context, draft, record, other)
            meeting.earlier.add(other, context.now)
        wrote = other is not None
        if draft.columns["payload"] != record.payload:
            draft.document.became(Outcome.OLDER, OLDER_NOTE, wrote=wrote)
        elif record.trashed_at and not draft.columns["trashed_at"]:
            draft.document.became(Outcome.OLDER, IN_BIN_NOTE, wrote=wrote)
        else:
            draft.document.became(Outcome.UNCHANGED, wrote=wrote)

    # Writing

    def _write(self, context: MergeContext, record: Record, columns: dict[str, Any]) -> None:
        """Lets a record say this, and counts what its payload takes more than before."""
        if "payload" in columns:
            context.new_bytes += len(columns["payload"].encode()) - len(record.payload.encode())
        for name, value in columns.items():
            setattr(record, name, value)
        if columns:
            record.save(update_fields=list(columns))

    def keep_earlier(self, context: MergeContext, draft: RecordDraft, record: Record, payload: str) -> None:
        """Keeps a payload as something that the record said until now, when this document came."""
        replaced = [(payload, context.now, draft.columns["transfer_id"])]
        self._keep(context, self._revisions(context, record.doc_id, replaced))

    def _revisions(
        self, context: MergeContext, doc_id: str, revisions: Iterable[tuple[str, Any, int]]
    ) -> list[Revision]:
        return [
            Revision(
                owner_id=context.owner.pk,
                transfer_id=transfer,
                kind=self.kind,
                doc_id=doc_id,
                payload=payload,
                replaced_at=at,
            )
            for payload, at, transfer in revisions
        ]

    def _keep(self, context: MergeContext, revisions: list[Revision]) -> None:
        Revision.objects.bulk_create(revisions)
        context.new_bytes += sum(len(one.payload.encode()) for one in revisions)
