"""What can be said of archives that came without a manifest."""

from typing import Any

from django.utils import timezone

from importers.documents.arriving import Outcome
from importers.documents.doctypes import FILES, VERSIONS
from moves.imports.counts import Counts
from moves.imports.proof import MOST_NAMED
from moves.imports.sources.short_parts import short_parts
from moves.imports.sources.source import ArchiveSource
from moves.models import ArchiveImport

# What the report says of documents that are not here. A file whose bytes are damaged is refused, and counted so.
LOST = (
    "document_damaged",
    "document_too_large",
    "encrypted",
    "entry_swells",
    "link",
    "method_unknown",
    "name_empty",
    "name_too_deep",
    "name_too_long",
    "name_unreadable",
    "name_unsafe",
    "parent_missing",
    "sizes_lie",
    "sparse_file",
    "stray_content",
)


def _has_files(archive_import: ArchiveImport, counts: Counts, source: ArchiveSource) -> bool:
    """Returns whether all files are in what came, as far as that was asked for: else what is in use there says nothing
    about it. Archives on this machine don't say what was asked for, but where files were there are directories."""
    named = archive_import.source.get("with_doctypes")
    if named:
        return FILES in named and VERSIONS in named
    return source.is_remote or counts.doctypes[FILES] > 0


def evidence(archive_import: ArchiveImport, counts: Counts, source: ArchiveSource) -> dict[str, Any]:
    """Returns what the receipt says of archives without a manifest: of each file the size, MD5 and CRC were compared,
    and the directories and albums that others name were looked for. What failed that stands in the report, where parts
    that seem to end early are told of, too.

    Nobody can prove that the other server sent everything. What speaks against it, is `unproven` and no more than
    that: parts that seem to end early, and more bytes in use there than came.
    """
    short = short_parts(source)
    for one in short:
        counts.say("part_short", one.sentence, entry=one.name)
    rows_of_parts = [row for row, _ in source.parts]
    size = sum(row.files_size for row in rows_of_parts)
    used = archive_import.source.get("used") if _has_files(archive_import, counts, source) else None
    missing = counts.outcomes[Outcome.REFUSED] + sum(counts.codes[code] for code in LOST)
    told = archive_import.report.filter(code__in=[*LOST, Outcome.REFUSED]).order_by("pk")
    rows = told.values_list("entry", "doctype", "doc_id")[:MOST_NAMED]
    return {
        "kind": "cozy",
        "compared_at": timezone.now().isoformat(),
        "documents": counts.documents,
        "files": sum(row.files_count for row in rows_of_parts),
        "size": size,
        "used": used,
        "short_parts": len(short),
        "unproven": len(short) + (isinstance(used, int) and size < used),
        "missing": missing,
        "missing_names": [entry or f"{doctype}/{doc_id}" for entry, doctype, doc_id in rows],
    }
