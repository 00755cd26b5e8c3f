"""Rows as the version before `READING` 1 left them."""

import json
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db.models import F

from accounts.models import User
from importers.digests import digest
from importers.models import Record
from importers.rereading import job
from importers.verticals.unknown.models import UnknownItem
from tests.support.exporter import Exporter


def formerly(record: Any, item: dict[str, Any] | None = None) -> Any:
    """Lets a row stand as the former version made it of this item, or of its own. What identifies it then: of an item
    that carries no identifier the whole, with its `@type`s. Numbers were written otherwise; the item has none."""
    payload = record.payload if item is None else json.dumps(item)
    longer = len(payload.encode()) - len(record.payload.encode())
    User.objects.filter(pk=record.owner_id).update(used_bytes=F("used_bytes") + longer)
    said = json.loads(payload)
    spelled = json.dumps(said.get("payload", said), sort_keys=True, separators=(",", ":"))
    if isinstance(record, UnknownItem):
        identity = digest(record.vertical, spelled, record.content.sha256 if record.content else "")
    else:
        identity = digest(spelled)
    values = {"payload": payload, "identity": identity, "reading": None}
    for name, value in values.items():
        setattr(record, name, value)
    record.save(update_fields=list(values))
    return record


def kept_formerly(
    exporter: Exporter, vertical: str, item: dict[str, Any], content: bytes | None = None, mime: str = "image/jpeg"
) -> UnknownItem:
    """An item that the former version did not know, and has kept as it came."""
    stranger = item | {"@type": "Stranger"}
    if content is None:
        answer = exporter.send(vertical, stranger)
    else:
        answer = exporter.send_file(vertical, stranger, content, mime)
    assert answer.json()["status"] == "kept", answer.text
    kept = formerly(UnknownItem.objects.get(doc_id=answer.json()["id"]), item)
    kept.type = item["@type"]
    kept.save(update_fields=["type"])
    return kept


def upgrade() -> None:
    """The program has been upgraded: what stands has still to be read again."""
    job.begin()


def reread(*arguments: str) -> str:
    """What the command says."""
    out = StringIO()
    call_command("reread", *arguments, stdout=out)
    return out.getvalue()


def as_columns(record: Record) -> dict[str, Any]:
    """All columns of a row but its key, and what it was read with."""
    return {name: value for name, value in vars(record).items() if name not in ("_state", "id", "reading")}
