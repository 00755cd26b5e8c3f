"""Documents that were kept whole become records when somebody knows their doctype: after an upgrade, piece by piece.

They are placed as if the server that they came from said them now, and keep their ids, their texts, when they came, and
what they said before. A document that nobody can read stays as it is. The job can be stopped anywhere, and goes on from
there; what comes while it runs is placed at once by whoever brings it.
"""

import logging
from collections.abc import Iterable, Iterator
from itertools import groupby

from django.db import DatabaseError, transaction
from django.db.models import Max, Q

from accounts import strict_json
from accounts.models import User
from importers.content import quota
from importers.digests import digest
from importers.documents.arriving import Outcome
from importers.documents.values import Unreadable, record_id
from importers.errors import Refusal
from importers.merging.origin import COZY, WHARF, Origin
from importers.models import Rereading, Revision, Source
from importers.models.record import Record
from importers.rereading.job import Piece
from importers.vertical import verticals
from moves.exports.document_states import DOCUMENT
from moves.imports.placing.by_vertical import models_of
from moves.imports.placing.document import RawDocument
from moves.imports.placing.placer import Placer
from moves.models import Document

log = logging.getLogger("wharf.rereading")

IN_MEMORY = 20  # a document may have megabytes


class KnownNow:
    """What stands whole although a vertical reads it by now (see `importers.above.LaterReader`)."""

    def begin(self) -> None:
        for doctype in _doctypes():
            Rereading.begin(_mark_of(doctype))

    def waiting(self) -> int:
        return sum(Document.objects.filter(_left(doctype, _position(doctype))).count() for doctype in _doctypes())

    def pieces(self, at_once: int) -> Iterator[Piece]:
        for doctype in _doctypes():
            while (piece := _piece(doctype, min(at_once, IN_MEMORY))) is not None:
                yield piece


def _doctypes() -> list[str]:
    return [doctype for one in verticals() for doctype in one.foreign]


def _mark_of(doctype: str) -> str:
    """Returns what a mark calls a doctype."""
    return doctype if len(doctype) <= 32 else digest(doctype)


def _position(doctype: str) -> int:
    found = Rereading.objects.filter(kind=_mark_of(doctype)).values_list("position", flat=True).first()
    return found or 0


def _left(doctype: str, position: int) -> Q:
    return Q(doctype=doctype, pk__gt=position)


def _piece(doctype: str, at_once: int) -> Piece | None:
    """Places the next documents of a doctype. Returns None where there are none."""
    position = _position(doctype)
    rows = list(Document.objects.filter(_left(doctype, position)).select_related("owner").order_by("pk")[:at_once])
    if not rows:
        _note(doctype, Document.objects.aggregate(highest=Max("pk"))["highest"] or 0)
        return None
    placed = 0
    rows.sort(key=lambda row: (row.owner_id, row.server))
    for (_, server), ones in groupby(rows, key=lambda row: (row.owner_id, row.server)):
        placed += _place(server, list(ones))
    _note(doctype, max(row.pk for row in rows))
    return Piece(doctype, len(rows), placed)


def _note(doctype: str, position: int) -> None:
    """Notes up to where documents have been looked at; a mark of documents stays, since what comes behind it is what a
    process of a former version may still keep whole."""
    mark, _ = Rereading.objects.get_or_create(kind=_mark_of(doctype))
    Rereading.objects.filter(pk=mark.pk, position__lt=position).update(position=position)
    mark.end()


def _place(server: str, rows: list[Document]) -> int:
    """Places documents of one person that came from one server. Returns how many became records."""
    owner = rows[0].owner
    try:
        with transaction.atomic():
            return _place_together(owner, server, rows)
    except (DatabaseError, Refusal) as error:
        if len(rows) == 1:
            # Mostly, its account has been deleted meanwhile.
            log.warning("not placed: %s", error, extra={"doctype": rows[0].doctype, "pk": rows[0].pk})
            return 0
    return sum(_place(server, [row]) for row in rows)


def _place_together(owner: User, server: str, rows: list[Document]) -> int:
    quota.lock(owner)
    here = set(Document.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    rows = [row for row in rows if row.pk in here]
    placer = Placer(owner, Origin(server, _product(owner, server)))
    placed = placer.documents([RawDocument(row.doctype, row.doc_id, row.body.encode()) for row in rows])
    became = [
        row
        for row, placement in zip(rows, placed, strict=True)
        if placement.outcome in (Outcome.CREATED, Outcome.UPDATED, Outcome.OLDER, Outcome.UNCHANGED)
    ]
    left = set(Document.objects.filter(pk__in=[row.pk for row in became]).values_list("pk", flat=True))
    became = [row for row in became if row.pk not in left]
    for row in became:
        _came_then(owner, row)
    _move_earlier(owner, became)
    return len(became)


def _product(owner: User, server: str) -> str:
    """Returns what kind of server it is, as its archive said."""
    named = {"owner": owner, "client_id": f"archive:{server}", "service": WHARF}
    return WHARF if Source.objects.filter(**named).exists() else COZY


def _records_of(owner: User, row: Document) -> Iterator[Record]:
    """Yields the record that a document has become."""
    try:
        named = record_id(row.doc_id)
    except Unreadable:
        return
    for model in models_of(row.doctype):
        yield from model._default_manager.filter(owner=owner, doc_id=named)


def _came_then(owner: User, row: Document) -> None:
    for record in _records_of(owner, row):
        if record.received_at > row.received_at:
            type(record)._default_manager.filter(pk=record.pk).update(received_at=row.received_at)


def _move_earlier(owner: User, rows: Iterable[Document]) -> None:
    """What documents said before is what their records said before."""
    by_name = {(row.doctype, row.doc_id): row for row in rows}
    if not by_name:
        return
    growth = 0
    for revision in Revision.objects.filter(owner=owner, kind=DOCUMENT).iterator(chunk_size=IN_MEMORY):
        said = _state(revision.payload)
        row = by_name.get((said.get("doctype", ""), said.get("id", "")))
        record = next(_records_of(owner, row), None) if row is not None else None
        if record is None:
            continue
        growth += len(said["state"].encode()) - len(revision.payload.encode())
        revision.kind, revision.doc_id = str(record._meta.model_name), record.doc_id
        revision.payload = said["state"]
        revision.save(update_fields=["kind", "doc_id", "payload"])
    quota.charge(owner, growth)


def _state(payload: str) -> dict[str, str]:
    """Returns what an earlier state of a document says that it is of, and its text; nothing where it can't be read."""
    try:
        said = strict_json.loads(payload)
        facts = said["metadata"]["wharf"]
        found = {"doctype": facts["doctype"], "id": facts["id"], "state": said["state"]}
    except (ValueError, RecursionError, KeyError, TypeError):
        return {}
    return found if all(isinstance(one, str) for one in found.values()) else {}
