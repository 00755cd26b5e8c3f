"""Documents that no vertical knows: kept whole, as they came, to the byte.

Two states of one document can't both be it. The one that is not is kept as a document of its own (`STATE`), which no
other server takes for anything, and which leaves and comes back like every other one that is kept whole.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Sum

from accounts import strict_json
from accounts.models import User
from importers.content.quota import Utf8Length
from importers.digests import digest_id
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.doctypes import UNKNOWN_ITEMS
from importers.documents.values import lenient_moment
from importers.merging.context import MergeContext
from importers.merging.peer_states import PeerState, StateOrder
from importers.text import keepable
from moves.models import Document

NEWER_NOTE = "What the archive says is newer, and has replaced what was here."
OTHER_NOTE = "What the archive says is newer, and what was here is kept beside it."
OLDER_DOCUMENT_NOTE = "What is here is newer, and stays."
OLDER_KEPT_NOTE = "What is here stays, and what the archive says is kept beside it."
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
    """Lets the later of two win. What is here and came from the same server gives way to what that one says now;
    otherwise, and where nothing tells which is later, the other one is kept as well."""
    if row.body == document.text or _say_the_same(row.body, document.text):
        document.became(Outcome.UNCHANGED)
        return
    order, is_older = _order(context, document, row)
    beside = order is StateOrder.UNSURE and _keep_state(
        context, row.doctype, row.doc_id, document.text if is_older else row.body
    )
    if is_older:
        note = OLDER_DOCUMENT_NOTE if order is StateOrder.EARLIER else OLDER_KEPT_NOTE
        document.became(Outcome.OLDER, note, wrote=beside)
        return
    context.new_bytes += len(document.text.encode()) - len(row.body.encode())
    row.body, row.updated_at, row.server = document.text, updated_at(document.body), _server(context)
    row.save(update_fields=["body", "updated_at", "server"])
    document.became(Outcome.UPDATED, OTHER_NOTE if order is StateOrder.UNSURE else NEWER_NOTE)


def _order(context: MergeContext, document: ArrivingDocument, row: Document) -> tuple[StateOrder, bool]:
    """Returns how what an archive says stands to what is here, `UNSURE` where both are to be kept; and whether it is
    the older one."""
    theirs, ours = PeerState.of(document.body), PeerState.of_text(row.body)
    if row.server == _server(context) and theirs is not None and ours is not None:
        order = theirs.against(ours)
        dated_before = order is StateOrder.UNSURE and theirs.is_dated_before(ours)
        return order, order is StateOrder.EARLIER or dated_before
    changed = updated_at(document.body)
    is_later = changed is not None and (row.updated_at is None or changed > row.updated_at)
    return StateOrder.UNSURE, not is_later


def keep_beside(context: MergeContext, document: ArrivingDocument) -> None:
    """Keeps what a document says beside the record that has its id."""
    is_new = _keep_state(context, document.doctype, document.id, document.text)
    document.became(Outcome.CREATED if is_new else Outcome.UNCHANGED)


def _keep_state(context: MergeContext, doctype: str, named: str, text: str) -> bool:
    """Keeps what a document says, or has said, and is not any more. Returns whether it was not kept yet."""
    doc_id = digest_id(STATE, doctype, named, text)
    facts = {"kind": STATE, "doctype": doctype, "id": named}
    body = json.dumps({"_id": doc_id, "state": text, "metadata": {"wharf": facts}}, ensure_ascii=False)
    row = {"owner": context.owner, "doctype": UNKNOWN_ITEMS, "doc_id": doc_id}
    if Document.objects.filter(**row).exists():
        return False
    Document.objects.create(**row, body=body, server=_server(context), received_at=context.now)
    context.new_bytes += len(body.encode())
    return True


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
    """Removes what was kept whole because it could not be read, and has now become a record."""
    for doctype in {document.doctype for document in documents}:
        ids = [document.id for document in documents if document.doctype == doctype]
        rows = Document.objects.filter(owner=context.owner, doctype=doctype, doc_id__in=ids)
        context.new_bytes -= rows.aggregate(bytes=Sum(Utf8Length("body")))["bytes"] or 0
        rows.delete()


def bytes_kept(owner: User) -> int:
    """Returns the bytes that documents count in somebody's use."""
    size: int | None = Document.objects.filter(owner=owner).aggregate(bytes=Sum(Utf8Length("body")))["bytes"]
    return size or 0
