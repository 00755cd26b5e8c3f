"""Notes as Markdown (CommonMark) files, each with a front matter (YAML 1.2) that says what the text does not."""

import json
import re
from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from importers.documents.snapshot import Snapshot
from importers.formats.format import FileNames, Format
from importers.freeform.texts import TICKED, marked_text_of
from importers.items.wire import kept_item
from importers.text import keepable
from importers.verticals.notes.models import Note

COLUMNS = ("doc_id", "identifier", "name", "begins", "text", "written_at", "edited_at", "tags", "payload")
SUFFIX = ".md"
ROWS_AT_ONCE = 50  # a note may have megabytes
MAY_BE_TICKED = re.compile(f'"(?:{"|".join(TICKED)})"\\s*:\\s*(?:true|false)')
LONGEST_STEM = 80  # characters of a title, or of a first line, that a file is called by
# What a text in double quotes has only escaped (YAML 1.2, section 5.1) and JSON leaves as it is.
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def notes(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of every note, but for those in the bin."""
    names = FileNames()
    found = snapshot.of(Note, owner_id=snapshot.owner.pk, trashed_at=None, arrived_at__isnull=False)
    rows = found.order_by(snapshot.by_code_points("doc_id"), "pk").values_list(*COLUMNS)
    for doc_id, identifier, title, begins, text, written, edited, tags, payload in rows.iterator(
        chunk_size=ROWS_AT_ONCE
    ):
        stem = " ".join((title or begins.lstrip("# ")).split())
        yield (
            names.titled(stem[:LONGEST_STEM].strip() or doc_id, SUFFIX),
            iter([_front_matter(doc_id, identifier, title, written, edited, tags), _marked(text, payload).encode()]),
        )


def _marked(text: str, payload: str) -> str:
    """Returns a text; of a list that can be ticked off, with what is."""
    if MAY_BE_TICKED.search(payload) is None:
        return text
    item = kept_item(payload, any_object=True)
    return keepable(marked_text_of(item)) if item else text


def _front_matter(
    doc_id: str, identifier: str, title: str, written: datetime | None, edited: datetime | None, tags: str
) -> bytes:
    lines = ["---"]
    if title:
        lines.append(f"title: {_quoted(title)}")
    lines += [f"{name}: {at.isoformat()}" for name, at in (("created", written), ("updated", edited)) if at]
    if tags:
        lines.append(f"tags: [{', '.join(map(_quoted, tags.splitlines()))}]")
    lines += [f"identifier: {_quoted(identifier)}"] if identifier else []
    return "\n".join([*lines, f"id: {_quoted(doc_id)}", "---", "", ""]).encode()


def _quoted(text: str) -> str:
    """Returns a text in double quotes (section 7.3.1)."""
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


MARKDOWN = Format(
    "md", "text/markdown", "Notes", notes, "Markdown", _("For note programs and any editor; a file per note.")
)
