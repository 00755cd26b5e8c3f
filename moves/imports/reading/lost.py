"""What the report says has not come, until a retry brings it.

A line, a disk or the other server may have damaged what comes whole the next time. Then it is no longer missing, and
the report of the import says so no more.
"""

from collections.abc import Iterable

from importers.documents.arriving import Outcome
from moves.imports.counts import Counts
from moves.models import ArchiveImport

# What the report says of entries whose bytes could not be had.
UNREAD = ("document_damaged", "document_too_large", "encrypted", "entry_swells", "method_unknown", "sizes_lie")
# The same, and of bytes that were others than they should be.
DAMAGED = (*UNREAD, "crc_differs", "entry_damaged", "md5_differs", "other_bytes", "size_differs", "size_unknown")


class Lost:
    """The entries of an import that came damaged, and its documents that were refused, as its report lists them."""

    def __init__(self, archive_import: ArchiveImport, counts: Counts) -> None:
        self._report = archive_import.report
        self._counts = counts
        self._entries: set[str] = set()
        self._documents: set[tuple[str, str]] = set()
        if counts.outcomes[Outcome.REFUSED]:
            refused = self._report.filter(code=Outcome.REFUSED)
            self._documents = set(refused.values_list("doctype", "doc_id"))
        if any(counts.codes[code] for code in DAMAGED):
            damaged = self._report.filter(code__in=DAMAGED).exclude(entry="")
            self._entries = set(damaged.values_list("entry", flat=True))

    def has(self, entry: str) -> bool:
        """Whether the report says that this entry came damaged."""
        return entry in self._entries

    def has_document(self, doctype: str, doc_id: str) -> bool:
        """Whether the report says that this document was refused."""
        return (doctype[:255], doc_id[:255]) in self._documents

    def came(self, entries: Iterable[str]) -> None:
        """These entries have come whole, in the caller's transaction."""
        for name in self._entries.intersection(entries):
            self._entries.discard(name)
            for one in self._report.filter(entry=name, code__in=DAMAGED):
                self._counts.unsay(one.code)
                one.delete()

    def was_placed(self, doctype: str, doc_id: str) -> None:
        """This document, which was refused, is here, in the caller's transaction: it is to be counted once more."""
        named = doctype[:255], doc_id[:255]
        self._documents.discard(named)
        said = self._report.filter(code=Outcome.REFUSED, doctype=named[0], doc_id=named[1])
        if said.delete()[0]:
            self._counts.take_back(doctype, Outcome.REFUSED)
