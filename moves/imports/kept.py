"""Documents that no vertical knows: kept whole, as they came, to the byte."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Sum

from accounts.models import User
from importers.origins import Session
from importers.returning import Coming, Outcome, lenient_moment
from importers.text import keepable
from importers.verification import Utf8Length
from moves.models import Document

NEWER_NOTE = "What the archive says is newer, and has replaced what was here."
OLDER_NOTE = "What is here is newer, and stays."


def keep(session: Session, comings: Sequence[Coming]) -> None:
    """Makes or merges their rows, in the transaction of the session. All are different documents."""
    here = {
        (row.doctype, row.doc_id): row
        for row in Document.objects.filter(
            owner=session.owner,
            doctype__in={coming.doctype for coming in comings},
            doc_id__in=[coming.id for coming in comings],
        )
    }
    new = []
    for coming in comings:
        row = here.get((coming.doctype, coming.id))
        if row is not None:
            _merge(session, coming, row)
            continue
        session.new_bytes += len(coming.text.encode())
        coming.became(Outcome.CREATED)
        new.append(
            Document(
                owner_id=session.owner.pk,
                doctype=coming.doctype,
                doc_id=coming.id,
                body=coming.text,
                updated_at=updated_at(coming.body),
                server=keepable(session.origin.server)[:255],
                received_at=session.now,
            )
        )
    Document.objects.bulk_create(new)


def _merge(session: Session, coming: Coming, row: Document) -> None:
    """The newer of two wins; where neither is, what is here."""
    if row.body == coming.text or _canonical(row.body) == _canonical(coming.text):
        coming.became(Outcome.UNCHANGED)
        return
    theirs = updated_at(coming.body)
    if theirs is None or (row.updated_at is not None and theirs <= row.updated_at):
        coming.became(Outcome.OLDER, OLDER_NOTE)
        return
    session.new_bytes += len(coming.text.encode()) - len(row.body.encode())
    row.body, row.updated_at = coming.text, theirs
    row.save(update_fields=["body", "updated_at"])
    coming.became(Outcome.UPDATED, NEWER_NOTE)


def _canonical(body: str) -> str:
    """One spelling of what a document says, with its numbers as they were written."""
    return json.dumps(
        json.loads(body, parse_int=_as_written, parse_float=_as_written), sort_keys=True, separators=(",", ":")
    )


def _as_written(digits: str) -> dict[str, str]:
    return {"number": digits}


def updated_at(body: dict[str, Any]) -> datetime | None:
    """When a document was changed, as far as it says."""
    of_cozy = body.get("cozyMetadata")
    beside = of_cozy.get("updatedAt") if isinstance(of_cozy, dict) else None
    for said in (body.get("updated_at"), beside, body.get("created_at")):
        if isinstance(said, str) and (found := lenient_moment(said)) is not None:
            return found
    return None


def remove_kept(session: Session, comings: Sequence[Coming]) -> None:
    """What was kept whole because it could not be read, and has now become a record."""
    for doctype in {coming.doctype for coming in comings}:
        ids = [coming.id for coming in comings if coming.doctype == doctype]
        rows = Document.objects.filter(owner=session.owner, doctype=doctype, doc_id__in=ids)
        session.new_bytes -= rows.aggregate(bytes=Sum(Utf8Length("body")))["bytes"] or 0
        rows.delete()


def bytes_kept(owner: User) -> int:
    """What documents count in somebody's use."""
    size: int | None = Document.objects.filter(owner=owner).aggregate(bytes=Sum(Utf8Length("body")))["bytes"]
    return size or 0
