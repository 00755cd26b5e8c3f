"""Documents that no vertical knows: kept whole, as they came, to the byte.

Two states of one document can't both be it. The one that is not leaves as a document of its own (`STATE`), which no
other server takes for anything, and which comes back like every other one that is kept whole. It stands here as what
the document said before (a `Revision`), or, where nothing tells which of the two is later, as a document beside it.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Sum

from accounts import strict_json
from accounts.models import User
from accounts.texts import kept_text
from importers.content.quota import Utf8Length
from importers.digests import digest_id
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.doctypes import UNKNOWN_ITEMS
from importers.documents.values import lenient_moment
from importers.merging.context import MergeContext
from importers.merging.deciding import deciding
from importers.merging.peer_states import PeerState, StateOrder
from importers.models import Revision
from importers.text import keepable
from moves.exports.document_states import DOCUMENT
from moves.models import Document

NEWER_NOTE = kept_text("What the archive says is newer; what was here is kept as an earlier version.")
OTHER_NOTE = kept_text("What the archive says is newer, and what was here is kept beside it.")
OLDER_NOTE = kept_text("What is here is newer, and stays; what the archive says is kept as an earlier version.")
OLDER_KEPT_NOTE = kept_text("What is here stays, and what the archive says is kept beside it.")
STATE = "state of a document"  # what `metadata.wharf.kind` says


def keep(context: MergeContext, documents: Sequence[ArrivingDocument]) -> None:
    """Makes or merges their rows, in the transaction of the context. All are different documents."""
    here = {
        (row.doctype, row.doc_id): row
        for row in Document.objects.filter(
            owner=context.owner,
            doctype__in={document.doctype for document in documents},
            doc_id__in=[document.id for document in documents],
        )
    }
    new = []
    for document in documents:
        row = here.get((document.doctype, document.id))
        if row is not None:
            _merge(context, document, row)
            continue
        if document.doctype == UNKNOWN_ITEMS and document.kind == STATE and _is_kept(context, document.id):
            document.became(Outcome.UNCHANGED)
            continue
        context.new_bytes += len(document.text.encode())
        document.became(Outcome.CREATED)
        new.append(
            Document(
                owner_id=context.owner.pk,
                doctype=document.doctype,
                doc_id=document.id,
                body=document.text,
                updated_at=updated_at(document.body),
                server=_server(context),
                received_at=context.now,
            )
        )
    Document.objects.bulk_create(new)


def _merge(context: MergeContext, document: ArrivingDocument, row: Document) -> None:
    """Lets the later of two win: what is here and came from the same server gives way to what that one says now. The
    other one is kept, always: as an earlier version, or, where nothing tells which is later, beside it."""
    if row.body == document.text or _say_the_same(row.body, document.text):
        document.became(Outcome.UNCHANGED)
        return
    order, is_older = _order(context, document, row)
    other, is_sure = document.text if is_older else row.body, order is not StateOrder.UNSURE
    wrote = (_keep_earlier if is_sure else _keep_beside)(context, row.doctype, row.doc_id, other)
    if is_older:
        document.became(Outcome.OLDER, OLDER_NOTE if is_sure else OLDER_KEPT_NOTE, wrote=wrote)
        return
    context.new_bytes += len(document.text.encode()) - len(row.body.encode())
    row.body, row.updated_at, row.server = document.text, updated_at(document.body), _server(context)
    row.save(update_fields=["body", "updated_at", "server"])
    document.became(Outcome.UPDATED, NEWER_NOTE if is_sure else OTHER_NOTE)


def _order(context: MergeContext, document: ArrivingDocument, row: Document) -> tuple[StateOrder, bool]:
    """Returns how what an archive says stands to what is here, `UNSURE` where nothing tells; and whether it is the
    older one."""
    theirs, ours = PeerState.of(document.body), PeerState.of_text(row.body)
    if row.server == _server(context) and theirs is not None and ours is not None:
        order = theirs.against(ours)
        dated_before = order is StateOrder.UNSURE and theirs.is_dated_before(ours)
        return order, order is StateOrder.EARLIER or dated_before
    changed, before = deciding(updated_at(document.body)), deciding(row.updated_at)
    is_later = changed is not None and (before is None or changed > before)
    return StateOrder.UNSURE, not is_later


def keep_beside(context: MergeContext, document: ArrivingDocument) -> None:
    """Keeps what a document says beside the record that has its id."""
    is_new = _keep_beside(context, document.doctype, document.id, document.text)
    document.became(Outcome.CREATED if is_new else Outcome.UNCHANGED)


def _keep_beside(context: MergeContext, doctype: str, named: str, text: str) -> bool:
    """Keeps what a document may say as well, as a document of its own. Returns whether it was not kept yet."""
    state = _state(doctype, named, text)
    if _is_kept(context, state.doc_id):
        return False
    row = {"owner": context.owner, "doctype": UNKNOWN_ITEMS, "doc_id": state.doc_id}
    Document.objects.create(**row, body=state.body, server=_server(context), received_at=context.now)
    context.new_bytes += len(state.body.encode())
    return True


def _keep_earlier(context: MergeContext, doctype: str, named: str, text: str) -> bool:
    """Keeps what a document said before, as an earlier version of it. Returns whether it was not kept yet."""
    state = _state(doctype, named, text)
    if _is_kept(context, state.doc_id):
        return False
    Revision.objects.create(
        owner=context.owner,
        transfer_id=context.transfers.of_origin().transfer,
        kind=DOCUMENT,
        doc_id=state.doc_id,
        payload=state.body,
        replaced_at=context.now,
    )
    context.new_bytes += len(state.body.encode())
    return True


class KeptState(NamedTuple):
    """A state of a document, as a document of its own."""

    doc_id: str
    body: str


def _state(doctype: str, named: str, text: str) -> KeptState:
    doc_id = digest_id(STATE, doctype, named, text)
    facts = {"kind": STATE, "doctype": doctype, "id": named}
    body = json.dumps({"_id": doc_id, "state": text, "metadata": {"wharf": facts}}, ensure_ascii=False)
    return KeptState(doc_id, body)


def _is_kept(context: MergeContext, doc_id: str) -> bool:
    named = {"owner": context.owner, "doc_id": doc_id}
    return (
        Revision.objects.filter(**named, kind=DOCUMENT).exists()
        or Document.objects.filter(**named, doctype=UNKNOWN_ITEMS).exists()
    )


def _server(context: MergeContext) -> str:
    return keepable(context.origin.server)[:255]


def _say_the_same(one: str, other: str) -> bool:
    """Returns whether two documents say the same, with numbers as they were written. Of one that is not read, only its
    text is known."""
    try:
        return _canonical(one) == _canonical(other)
    except strict_json.TooManyValues:
        return False


def _canonical(body: str) -> str:
    return strict_json.canonical(strict_json.loads_exactly(body))


def updated_at(body: dict[str, Any]) -> datetime | None:
    """Returns when a document was changed, as far as it says."""
    of_cozy = body.get("cozyMetadata")
    beside = of_cozy.get("updatedAt") if isinstance(of_cozy, dict) else None
    for written in (body.get("updated_at"), beside, body.get("created_at")):
        if isinstance(written, str) and (found := lenient_moment(written)) is not None:
            return found
    return None


def remove_kept(context: MergeContext, documents: Sequence[ArrivingDocument]) -> None:
    """Removes what was kept whole because it could not be read, and has now become a record. What says something else
    than that stays, as what the document said before."""
    for doctype in {document.doctype for document in documents}:
        texts = {document.id: document.text for document in documents if document.doctype == doctype}
        rows = Document.objects.filter(owner=context.owner, doctype=doctype, doc_id__in=texts)
        for row in rows.iterator():
            if row.body != texts[row.doc_id]:
                _keep_earlier(context, row.doctype, row.doc_id, row.body)
        context.new_bytes -= rows.aggregate(bytes=Sum(Utf8Length("body")))["bytes"] or 0
        rows.delete()


def bytes_kept(owner: User) -> int:
    """Returns the bytes that documents count in somebody's use."""
    size: int | None = Document.objects.filter(owner=owner).aggregate(bytes=Sum(Utf8Length("body")))["bytes"]
    return size or 0
