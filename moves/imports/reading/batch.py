"""What came of an archive and has no record yet."""

import time
from dataclasses import dataclass, field

from accounts import strict_json
from importers.content.uploads import StoredUpload
from moves.imports.placing.document import RawDocument

MOST_DOCUMENTS = 1_000  # of a batch
LARGEST_BATCH = 4 * 1024 * 1024  # bytes that what is in it takes
MOST_FILES = 64
MOST_SECONDS = 2.0  # that what has come waits for its records


@dataclass
class Batch:
    """What came and has no record yet; `True` beside it where it is to be counted, and was not in an earlier run.
    `taken_back`: documents that were refused without their bytes, which have come now. `came`: names of entries that
    came damaged before, and are whole now."""

    documents: list[tuple[RawDocument, bool]] = field(default_factory=list)
    files: list[tuple[RawDocument, StoredUpload | None, bool]] = field(default_factory=list)
    taken_back: list[RawDocument] = field(default_factory=list)
    came: list[str] = field(default_factory=list)
    size: int = 0
    since: float = field(default_factory=time.monotonic)

    def add_document(self, document: RawDocument, *, is_new: bool) -> None:
        """Adds one that no bytes follow. `is_new`: it is to be counted."""
        self.documents.append((document, is_new))
        self.size += strict_json.weight(document.raw)

    @property
    def is_full(self) -> bool:
        if not self.documents and not self.files:
            return False
        return (
            len(self.documents) >= MOST_DOCUMENTS
            or len(self.files) >= MOST_FILES
            or self.size >= LARGEST_BATCH
            or time.monotonic() - self.since > MOST_SECONDS
        )
