"""Receipts: what was sent, what arrived, and how that was proven, for both sides to keep."""

import json
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.sizes import as_count
from accounts.texts import Text
from importers.documents.columns import as_json
from moves.imports.report import without_list
from moves.models import ArchiveImport, Export, Move

MOST_RECEIPT_STEPS = 500
LARGEST_RECEIPT = 64 * 1024  # bytes that one server sends the other: more is read of nobody but who brings items
ROOM_AROUND = 1024  # bytes for the document that a receipt is sent in
RECEIPT_KINDS = {
    "manifest": gettext_lazy("every thing and file was compared with the source's list, by its SHA-256"),
    "cozy": gettext_lazy(
        "what came was compared with what the source says of it, but the source sends no list of what it has"
    ),
}
# What an account does not close without: see finalizing.py
UNPROVEN = gettext_lazy(
    "the other server says that everything arrived, and has fetched every part whole, but for what it had already; it "
    "sent no receipt"
)
UNEXPLAINED = gettext_lazy(
    "the other server says that everything arrived, and has fetched every part whole, but for what it had already; its "
    "receipt does not say how it was compared"
)
# How steps ended, as receipts say it
OUTCOME_WORDS = {
    "begun": pgettext_lazy("a step of a move", "begun"),
    "done": pgettext_lazy("a step of a move", "done"),
    "waiting": pgettext_lazy("a step of a move", "waiting"),
    "again": pgettext_lazy("a step of a move", "again"),
    "gave up": pgettext_lazy("a step of a move", "gave up"),
    "called off": pgettext_lazy("a step of a move", "called off"),
    "overtaken": pgettext_lazy("a step of a move", "overtaken"),
}


def of(move: Move) -> dict[str, Any]:
    """What is known of a move now, as JSON takes it."""
    receipt = {
        "type": "org.wharf.moves.receipts",
        "id": move.doc_id,
        "side": move.side,
        "account": move.owner.username,
        "server": settings.WHARF_BASE_URL,
        "other_server": move.peer_url,
        "state": move.state,
        "why": move.error,
        "written_at": timezone.now().isoformat(),
        "asked_at": move.created_at.isoformat(),
        "confirmed_at": as_json(move.confirmed_at),
        "frozen_at": as_json(move.frozen_at),
        "ended_at": as_json(move.ended_at),
        "steps": [
            {
                "what": step.what,
                "attempt": step.attempt,
                "began_at": step.began_at.isoformat(),
                "ended_at": as_json(step.ended_at),
                "outcome": step.outcome,
                "detail": step.detail,
            }
            for step in move.steps.order_by("pk")[:MOST_RECEIPT_STEPS]
        ],
    }
    if move.side == Move.Side.SOURCE:
        sent = Export.objects.filter(pk__in=[move.first_export_id, move.second_export_id]).order_by("pk")
        receipt["sent"] = [_sent(export) for export in sent]
        receipt["arrived"] = move.peer_receipt
    else:
        imports = move.archive_imports.order_by("pk")
        receipt["arrived"] = [_arrived(one) for one in imports]
        receipt["proof"] = move.current_import.proof if move.current_import else {}
        receipt["vault"] = move.vault
    if move.proven_count:
        receipt["left_out"] = {"files": move.proven_count, "size": move.proven_size, "proven_by": "HMAC-SHA-256"}
    return receipt


def for_peer(move: Move) -> dict[str, Any]:
    """The same in at most 64 KiB, for the other server: of a move that took many attempts, the last ones."""
    receipt = of(move)
    steps = receipt["steps"]
    while steps and len(json.dumps(receipt)) > LARGEST_RECEIPT - ROOM_AROUND:
        del steps[: len(steps) // 2 + 1]
    return receipt


def paper(move: Move) -> dict[str, Any]:
    """The receipt as it was written at the end, with the hashes of parts that were not read yet then."""
    if not move.receipt:
        return of(move)
    kept: dict[str, Any] = move.receipt
    for sent in kept.get("sent", []):
        if all(part["sha256"] for part in sent["parts"]):
            continue
        if (export := Export.objects.filter(doc_id=sent["id"]).first()) is not None:
            sent["parts"] = _parts(export)
    return kept


def missing_of(proof: dict[str, Any]) -> int:
    """How many documents and files a proof does not find; what can't be understood counts as one."""
    missing = proof.get("missing")
    if isinstance(missing, list):
        return len(missing)
    return missing if isinstance(missing, int) and missing >= 0 else 1


def arrivals_of(found: Any) -> list[dict[str, Any]]:
    """What a receipt says of archives that arrived, in numbers: another server may have written anything."""
    imports = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    names = ("documents", "files", "files_size", "reported")
    return [
        {name: as_count(one.get(name)) or 0 for name in names} | {"finished_at": one.get("finished_at")}
        for one in imports
    ]


def sums(move: Move, paper: dict[str, Any]) -> dict[str, Any]:
    """Returns what pages say of the proof, which the target has written, and of what arrived there."""
    theirs = paper.get("arrived") if move.side == Move.Side.SOURCE else paper
    theirs = theirs if isinstance(theirs, dict) else {}
    found = theirs.get("proof")
    proof: dict[str, Any] = found if isinstance(found, dict) else {}
    compared = {name: as_count(proof.get(name)) or 0 for name in ("documents", "files", "size", "equal", "merged")}
    return {
        "compared": compared | {"missing": missing_of(proof)} if proof else None,
        "listless": without_list(proof),
        "proven": said(proof) if move.state in (Move.State.MOVED, Move.State.ARRIVED) else "",
        "arrivals": arrivals_of(theirs.get("arrived")),
    }


def said(proof: dict[str, Any]) -> Text:
    """How something was proven, in words."""
    return RECEIPT_KINDS.get(str(proof.get("kind")), UNEXPLAINED if proof else UNPROVEN)


def _sent(export: Export) -> dict[str, Any]:
    return {
        "id": export.doc_id,
        "snapshot_at": as_json(export.snapshot_at),
        "finished_at": as_json(export.finished_at),
        "documents": export.documents,
        "unchanged": export.unchanged,
        "documents_size": export.total_size,
        "files": export.files_count,
        "files_size": export.files_size,
        "doctypes": export.doctypes,
        "parts": _parts(export),
    }


def _parts(export: Export) -> list[dict[str, Any]]:
    return [{"part": part.number + 1, "size": part.zip_size, "sha256": part.sha256} for part in export.parts.all()]


def _arrived(found: ArchiveImport) -> dict[str, Any]:
    return {
        "id": found.doc_id,
        "source": found.source,
        "started_at": as_json(found.started_at),
        "finished_at": as_json(found.finished_at),
        "documents": found.documents,
        "files": found.files_count,
        "files_size": found.files_size,
        "bytes_read": found.bytes_read,
        "doctypes": found.doctypes,
        "outcomes": found.outcomes,
        "reported": found.reported,
    }
