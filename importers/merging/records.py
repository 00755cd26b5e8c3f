"""How records come back, in batches: made where they are not here yet, merged where they are.

What is here stays. The same again changes nothing. Where both say something else, the newer wins and the other is kept
as an earlier version. The same record may be here under another id: an exporter brought it into both accounts.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.values import Unreadable
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft
from importers.models import Record, Revision

BOOKKEEPING = {"received_at", "changed_at", "transfer_id", "seen_in_id"}  # how it came, not what it is
OLDER_NOTE = "What is here is newer; what the archive says is kept as an earlier version."
IN_BIN_NOTE = "It is in the bin here, and stays there."


class RecordImporter:
    """How one kind of record comes back. Subclasses say what is particular to theirs."""

    model: type[Record]
    names: tuple[str, ...] = ()  # its own columns that documents say
    vertical = ""

    @property
    def kind(self) -> str:
        return str(self.model._meta.model_name)

    def bring(self, context: MergeContext, documents: list[ArrivingDocument]) -> None:
        """Brings documents of this kind back, in the transaction of the session; notes in each what became of it."""
        waiting: list[RecordDraft] = []
        for document in documents:
            try:
                waiting += self.read(context, document)
            except Unreadable as broken:
                document.broken = str(broken)
        while waiting:
            waiting = self._pass(context, waiting)

    def read(self, context: MergeContext, document: ArrivingDocument) -> list[RecordDraft]:
        """What the document says, before anything is changed. Raises `Unreadable`."""
        raise NotImplementedError

    # One pass: every id and every identity once

    def _pass(self, context: MergeContext, drafts: list[RecordDraft]) -> list[RecordDraft]:
        self.refer(context, drafts)
        here = self.find(context, drafts)
        new: list[RecordDraft] = []
        merged: list[tuple[RecordDraft, Record]] = []
        later: list[RecordDraft] = []
        claimed: set[Any] = set()
        for draft in drafts:
            if draft.doc_id in claimed or draft.key in claimed:
                later.append(draft)  # there twice, or twice under different ids: the second meets the first
                continue
            claimed |= {draft.doc_id, draft.key}
            record = here.get(draft.doc_id)
            if record is None:
                new.append(draft)
            else:
                merged.append((draft, record))
                claimed.add((record.source_id, record.identity))
        self.create(context, new)
        if merged:
            self._merge(context, merged)
        return later

    def refer(self, context: MergeContext, drafts: list[RecordDraft]) -> None:
        """Finds the rows that the documents refer to."""

    def find(self, context: MergeContext, drafts: list[RecordDraft]) -> dict[str, Record]:
        """The records that are here already, by the ids that the documents name them by."""
        mine = self.model._default_manager.filter(owner=context.owner)
        wanted = [draft.doc_id for draft in drafts]
        here = {record.doc_id: record for record in mine.filter(doc_id__in=wanted)}
        missing = [draft for draft in drafts if draft.doc_id not in here]
        if not missing:
            return here
        aliases = context.aliases(self.kind, (draft.doc_id for draft in missing))
        if aliases:
            meant = {record.doc_id: record for record in mine.filter(doc_id__in=aliases.values())}
            here |= {alias: meant[of] for alias, of in aliases.items() if of in meant}
        by_source: dict[int, dict[str, RecordDraft]] = {}
        for draft in missing:
            if draft.doc_id not in here:
                by_source.setdefault(draft.columns["source_id"], {})[draft.columns["identity"]] = draft
        for source, by_identity in by_source.items():
            same = self.model._default_manager.filter(source_id=source, identity__in=list(by_identity))
            here |= {by_identity[record.identity].doc_id: record for record in same}
        return here

    # New ones

    def create(self, context: MergeContext, drafts: list[RecordDraft]) -> None:
        """Makes the records of documents that are not here yet."""
        if not drafts:
            return
        owner = context.owner.pk
        rows = [self.model(owner_id=owner, doc_id=draft.doc_id, **draft.columns) for draft in drafts]
        self.model._default_manager.bulk_create(rows)
        self.created(context, drafts)
        self.attach(context, list(zip(drafts, rows, strict=True)))

    def created(self, context: MergeContext, drafts: list[RecordDraft]) -> None:
        """What follows when records have been made."""
        revisions: list[Revision] = []
        for draft in drafts:
            size = len(draft.columns["payload"].encode())
            context.new_bytes += size
            content = draft.document.content if "content_id" in draft.columns else None
            context.count(draft.columns["transfer_id"], self.counted_in(draft), size + (content.size if content else 0))
            revisions += self._revisions(context, draft.doc_id, draft.revisions)
            draft.document.became(Outcome.CREATED)
        self._remember(context, revisions)

    def counted_in(self, draft: RecordDraft) -> str:
        """The vertical that a transfer counts it in."""
        return self.vertical

    def attach(self, context: MergeContext, pairs: list[tuple[RecordDraft, Record]]) -> None:
        """Makes what belongs to records, made or merged."""

    # Those that are here

    def _merge(self, context: MergeContext, pairs: list[tuple[RecordDraft, Record]]) -> None:
        kept: dict[str, list[tuple[str, datetime]]] = {}
        ids = [record.doc_id for _, record in pairs]
        earlier = Revision.objects.filter(owner=context.owner, kind=self.kind, doc_id__in=ids).order_by("pk")
        for doc_id, payload, replaced in earlier.values_list("doc_id", "payload", "replaced_at"):
            kept.setdefault(doc_id, []).append((payload, replaced))
        for draft, record in pairs:
            if draft.doc_id != record.doc_id:
                self._is_alias(context, draft, record)
            elif draft.foreign and draft.columns["payload"] == record.payload:
                draft.columns |= {name: getattr(record, name) for name in draft.columns if name != "content_id"}
            self.merge(context, draft, record, kept.setdefault(record.doc_id, []))
        self.attach(context, pairs)

    def _is_alias(self, context: MergeContext, draft: RecordDraft, record: Record) -> None:
        """The same record has another id here, which keeps its place and whose it is. If it only waited to come, it
        has come."""
        if record.is_placeholder:
            draft.columns["doc_id"] = draft.doc_id
            return
        if context.alias(self.kind, draft.doc_id, record.doc_id):
            draft.document.wrote = True
        for name in ("source_id", "identity", *BOOKKEEPING - {"changed_at"}):
            if name in draft.columns:
                draft.columns[name] = getattr(record, name)
        if draft.columns["payload"] == record.payload:
            for name in draft.columns:
                draft.columns[name] = getattr(record, name)

    def merge(
        self, context: MergeContext, draft: RecordDraft, record: Record, kept: list[tuple[str, datetime]]
    ) -> None:
        """Brings a record that is here and what a document says of it together. `kept`: what it said before."""
        differing = {name: value for name, value in draft.columns.items() if getattr(record, name) != value}
        document = draft.document
        if not differing:
            document.became(Outcome.UNCHANGED)
        elif record.is_placeholder:
            self._arrive(context, draft, record, differing)
        elif self._wins(draft, record):
            self.take(context, draft, record, differing, kept)
        else:
            self.keep_other(context, draft, record, differing, kept)
        added = self._revisions(context, record.doc_id, draft.revisions, kept, record.payload)
        if added:
            self._remember(context, added)
            document.became(Outcome.UPDATED)

    def _arrive(self, context: MergeContext, draft: RecordDraft, record: Record, differing: dict[str, Any]) -> None:
        """A record that others have referred to comes at last."""
        if self._taken(draft, record):
            differing = {name: value for name, value in differing.items() if name not in ("source_id", "identity")}
        self._set(context, record, differing)
        context.count(record.transfer_id, self.counted_in(draft), len(record.payload.encode()))
        draft.document.became(Outcome.CREATED)

    def _taken(self, draft: RecordDraft, record: Record) -> bool:
        """Whether another record has the identity that the document names."""
        source, identity = draft.key
        same = self.model._default_manager.filter(source_id=source, identity=identity).exclude(pk=record.pk)
        return same.exists()

    def _wins(self, draft: RecordDraft, record: Record) -> bool:
        """Whether the document is newer. Where both are of the same moment and say the same, how it came may differ."""
        theirs = max(draft.columns["changed_at"], draft.columns["trashed_at"] or draft.columns["changed_at"])
        ours = max(record.changed_at, record.trashed_at or record.changed_at)
        return theirs > ours or (theirs == ours and draft.columns["payload"] == record.payload)

    def take(
        self,
        context: MergeContext,
        draft: RecordDraft,
        record: Record,
        differing: dict[str, Any],
        kept: list[tuple[str, datetime]],
    ) -> None:
        """Lets the record say what the document says, which is newer; what it said is kept."""
        differing.pop("source_id", None)
        differing.pop("identity", None)
        known = {payload for payload, *_ in (*kept, *draft.revisions)}
        if "payload" in differing and record.payload and record.payload not in known:
            self._remember(context, [self._revision(context, record.doc_id, record.payload, draft)])
            kept.append((record.payload, context.now))
        self._set(context, record, differing)
        only_bookkeeping = differing.keys() <= BOOKKEEPING
        draft.document.became(Outcome.UNCHANGED if only_bookkeeping else Outcome.UPDATED, wrote=bool(differing))

    def keep_other(
        self,
        context: MergeContext,
        draft: RecordDraft,
        record: Record,
        differing: dict[str, Any],
        kept: list[tuple[str, datetime]],
    ) -> None:
        """The record stays, which is newer; what the document says is kept beside it."""
        payload, wrote = draft.columns["payload"], False
        if payload and payload != record.payload and payload not in {one for one, _ in kept}:
            self._remember(context, [self._revision(context, record.doc_id, payload, draft)])
            kept.append((payload, context.now))
            wrote = True
        if payload != record.payload:
            draft.document.became(Outcome.OLDER, OLDER_NOTE, wrote=wrote)
        elif record.trashed_at and not draft.columns["trashed_at"]:
            draft.document.became(Outcome.OLDER, IN_BIN_NOTE, wrote=wrote)
        else:
            draft.document.became(Outcome.UNCHANGED, wrote=wrote)

    def _set(self, context: MergeContext, record: Record, values: dict[str, Any]) -> None:
        if "payload" in values:
            context.new_bytes += len(values["payload"].encode()) - len(record.payload.encode())
        for name, value in values.items():
            setattr(record, name, value)
        if values:
            record.save(update_fields=list(values))

    # What records said before

    def _revision(self, context: MergeContext, doc_id: str, payload: str, draft: RecordDraft) -> Revision:
        return Revision(
            owner_id=context.owner.pk,
            transfer_id=draft.columns["transfer_id"],
            kind=self.kind,
            doc_id=doc_id,
            payload=payload,
            replaced_at=context.now,
        )

    def _revisions(
        self,
        context: MergeContext,
        doc_id: str,
        revisions: Iterable[tuple[str, datetime, int]],
        kept: Iterable[tuple[str, datetime]] = (),
        payload: str | None = None,
    ) -> list[Revision]:
        """Those that are not here yet: neither kept at that time, nor what the record says now or has been kept now."""
        here = set(kept)
        now = {one for one, at in here if at == context.now}
        return [
            Revision(
                owner_id=context.owner.pk, transfer_id=by, kind=self.kind, doc_id=doc_id, payload=text, replaced_at=at
            )
            for text, at, by in revisions
            if (text, at) not in here and text not in now
        ]

    def _remember(self, context: MergeContext, revisions: list[Revision]) -> None:
        Revision.objects.bulk_create(revisions)
        context.new_bytes += sum(len(one.payload.encode()) for one in revisions)
