"""Where the thumbnail of a record is, for whoever holds the record."""

from functools import cache
from typing import Any

from django.urls import reverse

from importers.models.content import Drawn, WithFile
from importers.models.picture import ThumbnailSize
from importers.vertical import record_models, verticals

TOLD_APART_BY = 16  # hex digits of the SHA-256 of what is shown


def thumbnail_address(record: Any, size: ThumbnailSize | str) -> str:
    """Returns the address of the thumbnail of a record with a file, of an earlier version, or of a file that came with
    a record, such as a note; empty where there is none, or not yet: then a page shows a symbol.

    A list that asks for many has selected `content` with its rows, and `record` with files of records. What is shown is
    part of the address, so that a browser may keep what it has been given.
    """
    content = getattr(record, "content", None)
    if content is None or content.drawn != Drawn.MADE:
        return ""
    named: Any = record if isinstance(record, WithFile) else record.record
    address = reverse("thumbnail", args=[named._meta.model_name, named.doc_id, str(size)])
    return f"{address}?of={content.sha256[:TOLD_APART_BY]}"


def model_of(kind: str) -> type[WithFile] | None:
    """Returns the model of rows with files that an address names; None where there is none of this name."""
    return _models().get(kind)


@cache
def _models() -> dict[str, type[WithFile]]:
    models = {*record_models(), *(model for one in verticals() for model in one.with_bytes)}
    return {str(model._meta.model_name): model for model in models if issubclass(model, WithFile)}
