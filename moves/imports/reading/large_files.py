"""The large file of a part that the next run goes on with where this one is cut off; the part's row names it."""

from django.db import transaction

from importers.content.uploads import StoredUpload
from moves.archives.incoming import IncomingEntry
from moves.imports.placing import staging
from moves.imports.placing.staging import EntryBytes, LargeFile
from moves.imports.reading.reading_pass import ReadingPass
from moves.models import ImportPart


class LargeFiles:
    """Receives large files, one after the other, so that what came of one stays whatever happens."""

    def __init__(self, reading_pass: ReadingPass, row: ImportPart) -> None:
        self._pass = reading_pass
        self._row = row
        self._went_on_at: int | None = None

    def went_on_with(self, entry: IncomingEntry) -> bool:
        """Whether the first bytes of this entry came in an earlier run."""
        return self._went_on_at == entry.data_at

    def receive(self, entry: IncomingEntry, part: EntryBytes) -> StoredUpload:
        """Streams a file into the storage, or what an earlier run has left of it. Raises what reading and storing
        raise, and `Refusal` where there is no room."""
        owner, row = self._pass.archive_import.owner, self._row
        self._went_on_at = None
        large = None
        if row.staging_key and row.staged_at == entry.data_at:
            large = LargeFile.found(owner, row.staging_key, part)
        if large is not None and large.size <= part.size_at_most:
            if large.size:
                self._went_on_at = entry.data_at
            entry.skip_to(large.size, crc32=large.crc32)
            return self._receive_rest(large)
        self.discard()
        upload = staging.begin_large(owner, part.size_at_most)
        if upload is None:
            return self._pass.stage.receive(part)
        self._note(upload.storage_key, entry.data_at)
        return self._receive_rest(LargeFile(upload, part))

    def discard(self) -> None:
        """Removes what came of the file that the row names, if it names one."""
        if self._row.staging_key:
            staging.discard_large(self._pass.archive_import.owner, self._row.staging_key)
            self._note("", 0)

    def _receive_rest(self, large: LargeFile) -> StoredUpload:
        """What comes of it stays, so it is progress."""
        before, counts = large.size, self._pass.counts
        try:
            return large.receive()
        finally:
            counts.checkpoints[self._row.number] = counts.checkpoints.get(self._row.number, 0) + large.size - before

    def _note(self, key: str, at: int) -> None:
        with transaction.atomic():
            self._pass.write()
            self._row.staging_key, self._row.staged_at = key, at
            self._row.save(update_fields=["staging_key", "staged_at"])
