"""Files that have their places, and come into the archive when the pages that lead to them are there."""

import json
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from accounts.sizes import MIB
from importers.content.spool_file import spool_folder
from importers.documents.document import StoredBytes
from moves.exports.entries import KeptBody


class QueuedFile(NamedTuple):
    """A file. `document`: the bytes of its document, under this name, kept but for `omits_document`: an earlier export
    has it. `path`: of the file, below `Files`; `modified` in seconds since 1970."""

    document_name: str
    document: KeptBody
    path: str
    modified: int
    stored: StoredBytes
    omits_document: bool = False


class FileQueue:
    """Files in a file without a name, since there may be millions; all are added before the first one is read."""

    def __init__(self) -> None:
        self._file = TemporaryFile(dir=spool_folder(), buffering=MIB)  # noqa: SIM115  (`close` does)

    def close(self) -> None:
        self._file.close()

    def add(self, queued: QueuedFile) -> None:
        """One more, behind the others."""
        stored = queued.stored
        columns = (stored.key, stored.sha256, stored.crc32, stored.size, stored.md5)
        row: Any = (queued.document_name, queued.document, queued.path, queued.modified, columns, queued.omits_document)
        self._file.write(json.dumps(row).encode() + b"\n")

    def __iter__(self) -> Iterator[QueuedFile]:
        self._file.seek(0)
        for line in self._file:
            name, document, path, modified, columns, omits_document = json.loads(line)
            yield QueuedFile(name, KeptBody(*document), path, modified, StoredBytes(*columns), omits_document)
