"""How records come back, in batches: made where they are not here yet, merged where they are.

What is here stays. The same again changes nothing. Where both say something else, the newer wins and the other is kept
as an earlier version. The same record may be here under another id: an exporter brought it into both accounts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from importers.documents import FACTS, Kind
from importers.models import Container, Record, Revision
from importers.origins import Session
from importers.returning import (
    Broken,
    Coming,
    Outcome,
    columns_of,
    identifier,
    moment,
    text,
)
from importers.statements import insert_all

BOOKKEEPING = {"received_at", "changed_at", "transfer_id", "seen_in_id"}  # how it came, not what it is
OLDER_NOTE = "What is here is newer; what the archive says is kept as an earlier version."
IN_BIN_NOTE = "It is in the bin here, and stays there."


@dataclass(eq=False)
class Said:
    """One record as a document says it was: its id, its columns, and what it said before.

    `revisions`: payload, when it was replaced, and by which transfer. `references`: ids of containers by column.
    `entries`: albums by their ids, each with the item that said so. `path`: of its folder. `foreign`: the document was
    not ours, and so `payload`.
    """

    coming: Coming
    doc_id: str
    columns: dict[str, Any]
    revisions: list[tuple[str, datetime, int]] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)
    entries: list[tuple[str | None, str]] = field(default_factory=list)
    path: str = ""
    foreign: bool = False

    @property
    def key(self) -> tuple[int, str]:
        return self.columns["source_id"], self.columns["identity"]


class Records:
    """How one kind of record comes back. Subclasses say what is particular to theirs."""

    model: type[Record]
    names: tuple[str, ...] = ()  # its own columns that documents say
    vertical = ""

    @property
    def kind(self) -> str:
        return str(self.model._meta.model_name)

    def bring(self, session: Session, comings: list[Coming]) -> None:
        """Brings documents of this kind back, in the transaction of the session; notes in each what became of it."""
        waiting: list[Said] = []
        for coming in comings:
            try:
                waiting += self.read(session, coming)
            except Broken as broken:
                coming.broken = str(broken)
        while waiting:
            waiting = self._pass(session, waiting)

    def read(self, session: Session, coming: Coming) -> list[Said]:
        """What the document says, before anything is changed. Raises `Broken`."""
        raise NotImplementedError

    # One pass: every id and every identity once

    def _pass(self, session: Session, saids: list[Said]) -> list[Said]:
        self.refer(session, saids)
        here = self.find(session, saids)
        new: list[Said] = []
        merged: list[tuple[Said, Record]] = []
        later: list[Said] = []
        claimed: set[Any] = set()
        for said in saids:
            if said.doc_id in claimed or said.key in claimed:
                later.append(said)  # there twice, or twice under different ids: the second meets the first
                continue
            claimed |= {said.doc_id, said.key}
            record = here.get(said.doc_id)
            if record is None:
                new.append(said)
            else:
                merged.append((said, record))
                claimed.add((record.source_id, record.identity))
        self.create(session, new)
        if merged:
            self._merge(session, merged)
        return later

    def refer(self, session: Session, saids: list[Said]) -> None:
        """Finds the rows that the documents refer to."""

    def find(self, session: Session, saids: list[Said]) -> dict[str, Record]:
        """The records that are here already, by the ids that the documents name them by."""
        mine = self.model._default_manager.filter(owner=session.owner)
        wanted = [said.doc_id for said in saids]
        here = {record.doc_id: record for record in mine.filter(doc_id__in=wanted)}
        missing = [said for said in saids if said.doc_id not in here]
        if not missing:
            return here
        aliases = session.aliases(self.kind, (said.doc_id for said in missing))
        if aliases:
            meant = {record.doc_id: record for record in mine.filter(doc_id__in=aliases.values())}
            here |= {alias: meant[of] for alias, of in aliases.items() if of in meant}
        by_source: dict[int, dict[str, Said]] = {}
        for said in missing:
            if said.doc_id not in here:
                by_source.setdefault(said.columns["source_id"], {})[said.columns["identity"]] = said
        for source, by_identity in by_source.items():
            same = self.model._default_manager.filter(source_id=source, identity__in=list(by_identity))
            here |= {by_identity[record.identity].doc_id: record for record in same}
        return here

    # New ones

    def create(self, session: Session, saids: list[Said]) -> None:
        """Makes the records of documents that are not here yet."""
        if not saids:
            return
        owner = session.owner.pk
        rows = [self.model(owner_id=owner, doc_id=said.doc_id, **said.columns) for said in saids]
        self.model._default_manager.bulk_create(rows)
        self.created(session, saids)
        self.attach(session, list(zip(saids, rows, strict=True)))

    def created(self, session: Session, saids: list[Said]) -> None:
        """What follows when records have been made."""
        revisions: list[Revision] = []
        for said in saids:
            size = len(said.columns["payload"].encode())
            session.new_bytes += size
            content = said.coming.content if "content_id" in said.columns else None
            session.count(said.columns["transfer_id"], self.counted_in(said), size + (content.size if content else 0))
            revisions += self._revisions(session, said.doc_id, said.revisions)
            said.coming.became(Outcome.CREATED)
        self._remember(session, revisions)

    def counted_in(self, said: Said) -> str:
        """The vertical that a transfer counts it in."""
        return self.vertical

    def attach(self, session: Session, pairs: list[tuple[Said, Record]]) -> None:
        """Makes what belongs to records, made or merged."""

    # Those that are here

    def _merge(self, session: Session, pairs: list[tuple[Said, Record]]) -> None:
        kept: dict[str, list[tuple[str, datetime]]] = {}
        ids = [record.doc_id for _, record in pairs]
        earlier = Revision.objects.filter(owner=session.owner, kind=self.kind, doc_id__in=ids).order_by("pk")
        for doc_id, payload, replaced in earlier.values_list("doc_id", "payload", "replaced_at"):
            kept.setdefault(doc_id, []).append((payload, replaced))
        for said, record in pairs:
            if said.doc_id != record.doc_id:
                self._is_alias(session, said, record)
            elif said.foreign and said.columns["payload"] == record.payload:
                said.columns |= {name: getattr(record, name) for name in said.columns if name != "content_id"}
            self.merge(session, said, record, kept.setdefault(record.doc_id, []))
        self.attach(session, pairs)

    def _is_alias(self, session: Session, said: Said, record: Record) -> None:
        """The same record has another id here, which keeps its place and whose it is. If it only waited to come, it
        has come."""
        if session.is_waiting(record):
            said.columns["doc_id"] = said.doc_id
            return
        if session.alias(self.kind, said.doc_id, record.doc_id):
            said.coming.wrote = True
        for name in ("source_id", "identity", *BOOKKEEPING - {"changed_at"}):
            if name in said.columns:
                said.columns[name] = getattr(record, name)
        if said.columns["payload"] == record.payload:
            for name in said.columns:
                said.columns[name] = getattr(record, name)

    def merge(self, session: Session, said: Said, record: Record, kept: list[tuple[str, datetime]]) -> None:
        """Brings a record that is here and what a document says of it together. `kept`: what it said before."""
        differing = {name: value for name, value in said.columns.items() if getattr(record, name) != value}
        coming = said.coming
        if not differing:
            coming.became(Outcome.UNCHANGED)
        elif session.is_waiting(record):
            self._arrive(session, said, record, differing)
        elif self._wins(said, record):
            self.take(session, said, record, differing, kept)
        else:
            self.keep_other(session, said, record, differing, kept)
        added = self._revisions(session, record.doc_id, said.revisions, kept, record.payload)
        if added:
            self._remember(session, added)
            coming.became(Outcome.UPDATED)

    def _arrive(self, session: Session, said: Said, record: Record, differing: dict[str, Any]) -> None:
        """A record that others have referred to comes at last."""
        if self._taken(said, record):
            differing = {name: value for name, value in differing.items() if name not in ("source_id", "identity")}
        self._set(session, record, differing)
        session.count(record.transfer_id, self.counted_in(said), len(record.payload.encode()))
        said.coming.became(Outcome.CREATED)

    def _taken(self, said: Said, record: Record) -> bool:
        """Whether another record has the identity that the document names."""
        source, identity = said.key
        same = self.model._default_manager.filter(source_id=source, identity=identity).exclude(pk=record.pk)
        return same.exists()

    def _wins(self, said: Said, record: Record) -> bool:
        """Whether the document is newer. Where both are of the same moment and say the same, how it came may differ."""
        theirs = max(said.columns["changed_at"], said.columns["trashed_at"] or said.columns["changed_at"])
        ours = max(record.changed_at, record.trashed_at or record.changed_at)
        return theirs > ours or (theirs == ours and said.columns["payload"] == record.payload)

    def take(
        self,
        session: Session,
        said: Said,
        record: Record,
        differing: dict[str, Any],
        kept: list[tuple[str, datetime]],
    ) -> None:
        """Lets the record say what the document says, which is newer; what it said is kept."""
        differing.pop("source_id", None)
        differing.pop("identity", None)
        known = {payload for payload, *_ in (*kept, *said.revisions)}
        if "payload" in differing and record.payload and record.payload not in known:
            self._remember(session, [self._revision(session, record.doc_id, record.payload, said)])
            kept.append((record.payload, session.now))
        self._set(session, record, differing)
        only_bookkeeping = differing.keys() <= BOOKKEEPING
        said.coming.became(Outcome.UNCHANGED if only_bookkeeping else Outcome.UPDATED, wrote=bool(differing))

    def keep_other(
        self,
        session: Session,
        said: Said,
        record: Record,
        differing: dict[str, Any],
        kept: list[tuple[str, datetime]],
    ) -> None:
        """The record stays, which is newer; what the document says is kept beside it."""
        payload, wrote = said.columns["payload"], False
        if payload and payload != record.payload and payload not in {one for one, _ in kept}:
            self._remember(session, [self._revision(session, record.doc_id, payload, said)])
            kept.append((payload, session.now))
            wrote = True
        if payload != record.payload:
            said.coming.became(Outcome.OLDER, OLDER_NOTE, wrote=wrote)
        elif record.trashed_at and not said.columns["trashed_at"]:
            said.coming.became(Outcome.OLDER, IN_BIN_NOTE, wrote=wrote)
        else:
            said.coming.became(Outcome.UNCHANGED, wrote=wrote)

    def _set(self, session: Session, record: Record, values: dict[str, Any]) -> None:
        if "payload" in values:
            session.new_bytes += len(values["payload"].encode()) - len(record.payload.encode())
        for name, value in values.items():
            setattr(record, name, value)
        if values:
            record.save(update_fields=list(values))

    # What records said before

    def _revision(self, session: Session, doc_id: str, payload: str, said: Said) -> Revision:
        return Revision(
            owner_id=session.owner.pk,
            transfer_id=said.columns["transfer_id"],
            kind=self.kind,
            doc_id=doc_id,
            payload=payload,
            replaced_at=session.now,
        )

    def _revisions(
        self,
        session: Session,
        doc_id: str,
        revisions: Iterable[tuple[str, datetime, int]],
        kept: Iterable[tuple[str, datetime]] = (),
        payload: str | None = None,
    ) -> list[Revision]:
        """Those that are not here yet: neither kept at that time, nor what the record says now or has been kept now."""
        here = set(kept)
        now = {one for one, at in here if at == session.now}
        return [
            Revision(
                owner_id=session.owner.pk, transfer_id=by, kind=self.kind, doc_id=doc_id, payload=text, replaced_at=at
            )
            for text, at, by in revisions
            if (text, at) not in here and text not in now
        ]

    def _remember(self, session: Session, revisions: list[Revision]) -> None:
        Revision.objects.bulk_create(revisions)
        session.new_bytes += sum(len(one.payload.encode()) for one in revisions)


def record_columns(
    session: Session, model: type[Record], names: tuple[str, ...], said: dict[str, Any]
) -> dict[str, Any]:
    """The columns that every record has, and these of its own, from `metadata.wharf` and what stands beside it."""
    source, transfer = session.transfer(said.get("transfer"))
    found = columns_of(model, (*FACTS, *names), said)
    found["source_id"], found["transfer_id"] = source, transfer
    return found


def revisions_of(session: Session, facts: dict[str, Any]) -> list[tuple[str, datetime, int]]:
    """What `metadata.wharf` says that the record said before."""
    earlier = facts.get("revisions", [])
    if not isinstance(earlier, list) or not all(isinstance(one, dict) for one in earlier):
        raise Broken("What it said before can't be read.")
    return [
        (
            text(one.get("payload"), "payload"),
            moment(one.get("replaced_at"), "replaced_at"),
            session.transfer(one.get("transfer"))[1],
        )
        for one in earlier
    ]


class Plain(Records):
    """A kind whose documents say everything of their records, which no bytes follow."""

    def __init__(self, kind: Kind, vertical: str, containers: dict[str, type[Container]] | None = None) -> None:
        self.model = kind.model
        self.names = kind.columns
        self.vertical = vertical
        self._references = {name: (containers or {})[name] for name in kind.references}

    def read(self, session: Session, coming: Coming) -> list[Said]:
        facts = coming.facts
        if facts is None or facts.get("kind") != self.kind:
            raise Broken("It does not say which record it is.")
        # Where the document says something for other programs in another way, `metadata.wharf` has the record's own.
        beside = {name: coming.body[name] for name in self.names if name in coming.body and name not in facts}
        columns = record_columns(session, self.model, self.names, facts | beside)
        references = {}
        for name in self._references:
            columns[f"{name}_id"] = None
            if (named := coming.body.get(f"{name}_id")) is not None:
                references[name] = identifier(named, f"{name}_id")
        revisions = revisions_of(session, facts) if "revisions" in facts else []
        return [Said(coming, identifier(coming.id), columns, revisions, references)]

    def create(self, session: Session, saids: list[Said]) -> None:
        """Nothing belongs to these records, so nobody asks for their keys."""
        owner = session.owner.pk
        insert_all(self.model, [said.columns | {"owner_id": owner, "doc_id": said.doc_id} for said in saids])
        self.created(session, saids)

    def refer(self, session: Session, saids: list[Said]) -> None:
        for name, model in self._references.items():
            named = [said for said in saids if name in said.references]
            rows = session.containers(model, {said.references[name] for said in named})
            for said in named:
                said.columns[f"{name}_id"] = rows[said.references[name]]
