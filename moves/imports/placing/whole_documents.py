"""Documents that no vertical knows: kept whole, as they came, to the byte."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Sum

from accounts.models import User
from importers import strict_json
from importers.content.quota import Utf8Length
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.values import lenient_moment
from importers.merging.context import MergeContext
from importers.text import keepable
from moves.models import Document

NEWER_NOTE = "What the archive says is newer, and has replaced what was here."
OLDER_DOCUMENT_NOTE = "What is here is newer, and stays."


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
                server=keepable(context.origin.server)[:255],
                received_at=context.now,
            )
        )
    Document.objects.bulk_create(new)


def _merge(context: MergeContext, document: ArrivingDocument, row: Document) -> None:
    """Lets the newer of two win; where neither is newer, what is here stays."""
    if row.body == document.text or _canonical(row.body) == _canonical(document.text):
        document.became(Outcome.UNCHANGED)
        return
    theirs = updated_at(document.body)
    if theirs is None or (row.updated_at is not None and theirs <= row.updated_at):
        document.became(Outcome.OLDER, OLDER_DOCUMENT_NOTE)
        return
    context.new_bytes += len(document.text.encode()) - len(row.body.encode())
    row.body, row.updated_at = document.text, theirs
    row.save(update_fields=["body", "updated_at"])
    document.became(Outcome.UPDATED, NEWER_NOTE)


def _canonical(body: str) -> str:
    """Returns one spelling of what a document says, with its numbers as they were written."""
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
