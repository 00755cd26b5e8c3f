"""What only a record's columns say, and is about to be replaced.

Columns mostly follow from the payload, which is kept when another one replaces it. But other programs rename and
describe what they take without touching the item, and what a file is comes beside its item: then a column says what no
payload does.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.db.models import Field, Model

from importers.models import Record

# How a record came, what identifies it, where it stands here, and its bytes with their type: they have versions.
NOT_SAID = frozenset(
    [
        "id",
        "owner_id",
        "source_id",
        "transfer_id",
        "seen_in_id",
        "identity",
        "doc_id",
        "received_at",
        "changed_at",
        "arrived_at",
        "trashed_at",
        "reading",
        "payload",
        "content_id",
        "mime",
        "same_name",
        "place",
    ]
)
COLUMNS_KIND = "columns"  # what `metadata.wharf.kind` says


def unsaid(record: Record, columns: Mapping[str, Any]) -> str:
    """Returns what a record says in columns alone and will say no more with these, as JSON for a `Revision`; empty
    where its payload says it all. By what others have named a container that has not come, it is not called."""
    stays = columns.get("payload", record.payload) == record.payload
    lost = {}
    for field in record._meta.concrete_fields:
        value = getattr(record, field.attname)
        if field.attname == "identifier" and record.is_placeholder:
            continue
        if (
            field.attname in NOT_SAID
            or field.attname in record.from_payload
            or value in (None, "")
            or _new(field, columns, value) == value
        ):
            continue
        if not _is_said(record.payload, value, stays=stays):
            lost[field.name] = _in_json(record, field)
    return json.dumps({"metadata": {"wharf": {"kind": COLUMNS_KIND} | lost}}, ensure_ascii=False) if lost else ""


def _new(field: Field, columns: Mapping[str, Any], value: Any) -> Any:
    """Returns what a column will say: records that others refer to may be named by themselves, or by their keys."""
    new = columns.get(field.attname, columns.get(field.name, value))
    return new.pk if isinstance(new, Model) else new


def _is_said(payload: str, value: Any, *, stays: bool) -> bool:
    """Whether a payload, which is kept, says it: a text, wherever it stands, and all else that changes with it."""
    if isinstance(value, str):
        return value in payload or json.dumps(value)[1:-1] in payload
    return bool(payload) and not stays


def _in_json(record: Record, field: Field) -> Any:
    """Returns the value of a column; of a record that it refers to, its id."""
    if field.is_relation:
        return getattr(getattr(record, field.name), "doc_id", "")
    value = getattr(record, field.attname)
    return value if isinstance(value, str | int | bool) else str(value)
