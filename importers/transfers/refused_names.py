"""What a refused item is called, for those who look for it by name."""

import json
import re
from typing import Any

from django.db.models import BinaryField, QuerySet, Value
from django.db.models.functions import Coalesce, Substr
from django.utils.translation import gettext

from importers.models import Rejection

READ = 16 * 1024  # bytes of a refused item, from which its name is read
# In this order: what a person would look for first.
NAMES = ("name", "title", "fileName", "summary", "subject", "text", "content", "id", "identifier")
_STRING = r'"((?:[^"\\]|\\.)*)"'
LONGEST_NAME = 200  # characters


def with_beginnings(rows: QuerySet[Rejection]) -> QuerySet[Any]:
    """Returns the rows with `begins`, from which `named` tells what each is called, instead of the whole item. Of an
    empty item SQLite's begin is NULL."""
    begins = Substr("item", 1, READ, output_field=BinaryField())
    return rows.annotate(begins=Coalesce(begins, Value(b"", output_field=BinaryField()))).defer("item")


def named(begins: bytes) -> str:
    """Returns what a refused item is called, by the beginning of its JSON, which may be cut off or no JSON at all."""
    text = begins.decode(errors="replace")
    for name in NAMES:
        if found := re.search(rf'"{name}"\s*:\s*(?:{_STRING}|(\d+))', text):
            said = _text(found[1]) if found[1] is not None else found[2]
            if said := " ".join(said.split())[:LONGEST_NAME]:
                return said
    return gettext("Without a name")


def _text(escaped: str) -> str:
    try:
        said: Any = json.loads(f'"{escaped}"', strict=False)
    except ValueError:
        return escaped
    return said.encode(errors="replace").decode() if isinstance(said, str) else escaped
