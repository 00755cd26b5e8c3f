"""Reading one archive of an import, entry by entry: each document, and the bytes of each file behind its own."""

from accounts.texts import kept_text
from importers.content.uploads import StoredUpload
from importers.errors import Refusal
from importers.models import Holding
from moves.archives.incoming import ArchiveError, ArchiveTally, EntryDamaged, EntryRefused, IncomingEntry, entries
from moves.archives.layout import EntryKind, EntryName
from moves.imports.placing import staging
from moves.imports.placing.document import RawDocument
from moves.imports.placing.staging import EntryBytes
from moves.imports.reading.batch import Batch
from moves.imports.reading.checks import SECOND_LEFT_OUT, EntryChecks
from moves.imports.reading.facts import ExportFacts
from moves.imports.reading.large_files import LargeFiles
from moves.imports.reading.pending import PendingFile
from moves.imports.reading.position import PartPosition
from moves.imports.reading.reading_pass import ReadingPass
from moves.imports.sources.links import NoArchive
from moves.imports.sources.parts import ArchivePart, StreamInterrupted
from moves.imports.sources.seeking import Skipping
from moves.imports.sources.source import is_disk_usage
from moves.models import ImportPart

EACH_TAKEN = kept_text("The archive has two entries of this name; each was taken with its document.")
NO_DOCUMENT_BEFORE = kept_text("No document stands before it, so nobody knows which file it is.")
SIZE_UNKNOWN = kept_text("Neither the archive nor its document says how large it is.")


class OutOfOrder(Exception):
    """Bytes of a file stand where its document does not precede them, or an entry where nobody knows what it is, from
    the one at `at` on: somebody has packed the archive again. What comes before was taken."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class RereadPart(Exception):
    """What an earlier run has left of a large file is of no use: the part is read again, from where everything is
    placed."""


def read(reading_pass: ReadingPass, row: ImportPart, part: ArchivePart) -> None:
    """Reads an archive to its end, from where an earlier run stopped; or up to where its entries are in another order
    than exports have, which its row says then (`read_reordered` does the rest).

    What is placed stays, whatever is raised: `ArchiveError`, `StreamInterrupted`, `NoArchive`, `Refusal`, `Fenced`, and
    what the database and the storage raise.
    """
    places = reading_pass.counts.places

    def note_place(at: int) -> None:
        if at > places.get(row.number, 0):
            places[row.number] = at

    while row.ordered_from is None or reading_pass.doubts is not None:
        offset, etag = (row.offset, row.etag) if reading_pass.doubts is None else (0, "")
        try:
            with Skipping(part, offset, etag, note_place) as stream:
                Reading(reading_pass, row, stream).run()
        except RereadPart:
            row.refresh_from_db()
            continue
        return


class Reading:
    """One archive, from where its stream begins."""

    def __init__(self, reading_pass: ReadingPass, row: ImportPart, stream: Skipping) -> None:
        self._pass = reading_pass
        self._row = row
        self._stream = stream
        self._position = PartPosition(row, stream)
        self._checks = EntryChecks(reading_pass, self._position)
        self._facts = ExportFacts(reading_pass, self._checks)
        self._large_files = LargeFiles(reading_pass, row)
        self._pending: PendingFile | None = None
        self._batch = Batch()
        self._unplaced = False  # whether what was in a batch could not get its records
        self._left_out = False  # whether the last entry was a document that was left out, and whose bytes may follow
        if row.offset and not stream.begun_at:
            reading_pass.tally = ArchiveTally()  # what is read again counts once
        if reading_pass.manifest is not None and stream.begun_at:
            reading_pass.manifest.note_seen_before(row.number, self._position.entries)

    def run(self) -> None:
        """Reads to the end. Raises what `read` says; what came before gets its records."""
        one_pass, stream, position, before = self._pass, self._stream, self._position, None
        try:
            for entry in entries(stream, offset=stream.begun_at, limits=one_pass.limits, tally=one_pass.tally):
                one_pass.still_mine()
                if before is not None and before.next_at is None:
                    position.resumes = False  # it is in a packed tar, where no place can be gone back to
                before = entry
                self._next(entry)
                position.ends_at = stream.at if entry.next_at is None else entry.next_at
        except OutOfOrder as found:
            position.go_on_at(found.at)
            self._flush(ordered_from=found.at)
            return
        except (ArchiveError, StreamInterrupted, NoArchive):
            self._flush()
            raise
        if self._pending is not None:
            one_pass.last_without_content[self._row.number] = self._pending.document, self._pending.at
        # Not the end of the archive: whoever goes on here reads what stands behind the entries again.
        end = stream.begun_at if before is None else before.at + 1
        if before is not None and before.next_at is not None:
            end = position.ends_at = before.next_at
        self._add_pending(end)
        position.go_on_at(end)
        self._flush()

    def _next(self, entry: IncomingEntry) -> None:
        """One entry after the other."""
        position = self._position
        if self._pending is None:
            position.go_on_at(entry.at)
        if self._batch.is_full:
            self._flush()
        pending = self._pending
        if pending is not None and pending.size is not None and pending.may_be_followed_by(entry):
            entry.announce(pending.size)
        if entry.problem is not None:
            self._add_pending(entry.at)
            place, is_guessed = self._place_of(entry)
            if is_guessed:
                raise OutOfOrder(entry.at)
            if entry.same_as and place.kind is EntryKind.CONTENT and self._is_out_of_order():
                raise OutOfOrder(entry.at)
            self._checks.say(entry, entry.problem.code, entry.problem.sentence)
        elif not entry.folder:
            self._take(entry)
        position.entries += 1
        if self._pending is None and entry.next_at is not None:
            position.go_on_at(entry.next_at)

    def _flush(self, ordered_from: int | None = None) -> None:
        """What is in the batch gets its records."""
        batch, self._batch = self._batch, Batch()
        row, checkpoints = self._row, self._pass.counts.checkpoints
        columns = self._position.update_row()
        if ordered_from is not None:
            # Not before the place of an earlier run, by which what was counted is told from the rest.
            row.ordered_from = max(ordered_from, row.offset)
            columns["ordered_from"] = row.ordered_from
        checkpoints[row.number] = max(row.offset, checkpoints.get(row.number, 0))
        if batch.files:
            row.staging_key = ""  # the large file has its record with them
        self._unplaced = True  # until it is placed, nothing may be written of how far it is
        self._pass.place(batch, row, staging_key=row.staging_key, **columns)
        self._unplaced = False

    def _take(self, entry: IncomingEntry) -> None:
        pending, checks = self._pending, self._checks
        if pending is not None and pending.may_be_followed_by(entry):
            self._pending = None
            checks.note_name(entry, EACH_TAKEN)
            self._content(entry, pending)
            return
        place, is_guessed = self._place_of(entry)
        if place.kind is EntryKind.RUBBISH:
            return
        self._add_pending(entry.at)
        if is_guessed or (place.kind is EntryKind.CONTENT and self._is_out_of_order()):
            raise OutOfOrder(entry.at)
        self._left_out = False
        if place.kind is EntryKind.MANIFEST:
            if (manifest := self._facts.take_manifest(entry, place.root)) is not None:
                manifest.note_seen_before(self._row.number, self._position.entries)
        elif place.kind is not EntryKind.READABLE and checks.note_name(entry, SECOND_LEFT_OUT):
            self._named(entry, place)
        else:
            self._left_out = place.kind is EntryKind.DOCUMENT

    def _place_of(self, entry: IncomingEntry) -> tuple[EntryName, bool]:
        """Returns what an entry is, and whether names that are still to come may tell that it is something else."""
        roots, guessed = self._pass.roots, self._pass.roots.guessed
        place = roots.place_of(entry.name)
        self._pass.note_kind(entry.name, place.kind)
        return place, self._pass.doubts is None and roots.guessed > guessed

    def _is_out_of_order(self) -> bool:
        """Whether bytes that belong to no document before them belong to one elsewhere, as far as anybody can know."""
        return self._pass.doubts is None and not self._left_out

    def _named(self, entry: IncomingEntry, place: EntryName) -> None:
        """An entry whose name is new, and says all that there is to know."""
        if place.kind is EntryKind.DOCUMENT:
            self._document(entry, place)
        elif place.kind is EntryKind.CONTENT:
            self._checks.say(entry, "stray_content", NO_DOCUMENT_BEFORE)
        else:
            self._facts.take(entry, place)

    # Documents

    def _document(self, entry: IncomingEntry, place: EntryName) -> None:
        doubts = self._pass.doubts
        if doubts is not None and not doubts.doubts(place.doctype, place.doc_id):
            return
        raw = self._checks.whole(entry, self._pass.limits.largest_document)
        if raw is None:
            self._left_out = True
            return
        if is_disk_usage(place.doctype, place.doc_id):
            self._facts.note_used(raw)
        document = RawDocument(place.doctype, place.doc_id, raw)
        self._pending = PendingFile.of(document, entry, place.root)
        if self._pending is None:
            is_new = self._came_again(entry.name) or not self._position.is_counted(entry.at)
            self._batch.add_document(document, is_new=is_new)

    def _came_again(self, name: str) -> bool:
        """Notes that an entry came whole. Returns whether it was damaged before."""
        was_lost = self._pass.lost.has(name)
        if was_lost:
            self._batch.came.append(name)
        return was_lost

    # Files

    def _add_pending(self, at: int) -> None:
        """No content followed the document of the file that is pending, if one is: at `at` is something else."""
        pending, self._pending = self._pending, None
        if pending is not None:
            self._add_file(pending, None)
            self._position.go_on_at(at)

    def _content(self, entry: IncomingEntry, pending: PendingFile) -> None:
        """The bytes that follow the document of a file."""
        one_pass, document = self._pass, pending.document
        if one_pass.doubts is not None and one_pass.is_here(document):
            return
        if self._may_be_here(pending) and not one_pass.placer.wants_content(document):
            self._came_again(entry.name)
            self._add_file(pending, None)
            return
        received = None
        try:
            received = self._receive_patiently(entry, pending)
        except (EntryDamaged, EntryRefused) as bad:
            if self._large_files.went_on_with(entry):
                self._large_files.discard()
                for name in (pending.entry, entry.name):
                    self._checks.forget_name(name)
                raise RereadPart from bad
            self._checks.say(entry, bad.problem.code, bad.problem.sentence)
        if received is not None:
            self._came_again(entry.name)
        self._add_file(pending, received)

    def _may_be_here(self, pending: PendingFile) -> bool:
        """Whether the bytes of a file may be here already: one question instead of many, for each file that is new."""
        if not pending.sha256:
            return True
        owner = self._pass.archive_import.owner
        return Holding.objects.filter(owner=owner, content__sha256=pending.sha256).exists()

    def _add_file(self, pending: PendingFile, received: StoredUpload | None) -> None:
        if self._batch.documents:
            self._flush()  # directories first
        size = pending.size if pending.size is not None or received is None else received.size
        self._position.files.add(size)
        document = pending.document
        is_new = self._came_again(pending.entry) or not self._position.is_counted(pending.at)
        is_new |= received is not None and self._pass.lost.has_document(document.doctype, document.id)
        self._batch.files.append((document, received, is_new))

    def _receive_patiently(self, entry: IncomingEntry, pending: PendingFile) -> StoredUpload:
        """Where there is no room, what came before gets its records, and then it is asked again: what they reserved
        may have been more than they took, and who is told of the room is told what is true."""
        try:
            return self._receive(entry, pending)
        except Refusal:
            if self._unplaced:
                raise
            self._flush()
            return self._receive(entry, pending)

    def _receive(self, entry: IncomingEntry, pending: PendingFile) -> StoredUpload:
        """Streams the bytes of a file into the storage, and checks them. Raises `EntryDamaged`, `EntryRefused`, and
        `Refusal` where there is no room."""
        stage = self._pass.stage
        size = entry.size if entry.size is not None else pending.size
        if size is None:
            raise EntryRefused("size_unknown", SIZE_UNKNOWN)
        part = EntryBytes(entry, size, len(pending.document.raw))
        if size > staging.SMALL_FILE or stage.is_full:
            self._flush()
        if size >= staging.LARGE_FILE and not entry.compressed and self._position.resumes and staging.can_go_on():
            received = self._large_files.receive(entry, part)
        else:
            received = stage.receive(part)
        try:
            self._checks.confirm(entry, pending, received)
        except EntryDamaged:
            if received.upload is not None:
                stage.take_back(received.upload)
            raise
        self._batch.size += received.size if received.size <= staging.SMALL_FILE else 0
        return received
