"""Reading one archive of an import: which entry is what, and whether its bytes are those that were promised."""

import hashlib
from dataclasses import dataclass

from django.db import transaction

from importers.content.uploads import StoredUpload
from importers.documents.doctypes import FILES, VERSIONS
from importers.errors import Refusal
from importers.models import Holding
from moves.archives.incoming import ArchiveError, ArchiveTally, EntryDamaged, EntryRefused, IncomingEntry, entries
from moves.archives.layout import EntryKind, EntryName, may_be_content, place_of
from moves.archives.manifest import ManifestLine, ManifestUnreadable
from moves.imports.placing import staging
from moves.imports.placing.document import RawDocument
from moves.imports.placing.staging import LargeFile
from moves.imports.reading.batch import Batch, ReadingPass
from moves.imports.reading.pending import PendingFile, _file_body, _sha256, _size
from moves.imports.sources.links import NoArchive
from moves.imports.sources.manifest import Manifest
from moves.imports.sources.parts import ArchivePart, StreamInterrupted
from moves.imports.sources.seeking import Skipping
from moves.imports.sources.source import LARGEST_FACTS, is_disk_usage, plain_facts, used_in
from moves.models import ImportPart


class RereadPart(Exception):
    """What was kept of a large file is of no use: the part is read again, from where everything is placed."""


def read(walk: ReadingPass, row: ImportPart, part: ArchivePart) -> None:
    """Reads an archive to its end, from where an earlier run stopped. What is placed stays, whatever is raised:
    `ArchiveError`, `StreamInterrupted`, `NoArchive`, `Refusal`, `Fenced`, and what the database and the storage
    raise."""
    while True:
        offset, etag = (row.offset, row.etag) if walk.doubts is None else (0, "")
        try:
            with Skipping(part, offset, etag, lambda at: _came(walk, row, at)) as stream:
                Reading(walk, row, stream).run()
        except RereadPart:
            row.refresh_from_db()
            continue
        return


def _came(walk: ReadingPass, row: ImportPart, at: int) -> None:
    if at > walk.counts.places.get(row.number, 0):
        walk.counts.places[row.number] = at


MEASURES = ("files_count", "files_size", "first_file", "ends_at")  # columns of a part's row
LARGEST_COLUMN = 2**63 - 1  # that a column takes


@dataclass
class _Files:
    """The files and earlier versions of a part so far, as their documents say: bytes, also of the first one."""

    count: int = 0
    size: int = 0
    first: int | None = None

    def add(self, size: int | None) -> None:
        """One more, of so many bytes if that is known."""
        known = min(size or 0, LARGEST_COLUMN)
        if self.first is None:
            self.first = known
        self.count += 1
        self.size = min(self.size + known, LARGEST_COLUMN)


class Reading:
    """One archive, from where its stream begins."""

    def __init__(self, walk: ReadingPass, row: ImportPart, stream: Skipping) -> None:
        self._walk = walk
        self._row = row
        self._stream = stream
        self._held: PendingFile | None = None
        self._batch = Batch()
        self._unplaced = False  # whether what was in a batch could not get its records
        self._resumed = False  # whether the entry that is being read was gone on with
        self._resumes = stream.resumes
        self._looked_up: tuple[str, ManifestLine | None] = "", None
        self._entries = row.entries if stream.begun_at == row.offset else 0
        self._safe = stream.begun_at, self._entries  # place and number of the first entry that is not in the batch yet
        # Where an archive can only be read from its beginning again, or was sent so, what comes before this place was
        # counted. One that has become another archive, as its etag tells, is counted anew.
        another = row.etag and stream.etag and stream.etag != row.etag
        same = stream.begun_at == row.offset or not another or row.fetched_again
        self._counted_until = row.offset if same else 0
        goes_on = 0 < stream.begun_at == row.offset
        self._files = _Files(row.files_count, row.files_size, row.first_file) if goes_on else _Files()
        self._ends_at = stream.begun_at
        if row.offset and not stream.begun_at:
            walk.tally = ArchiveTally()  # what is read again counts once
        if walk.manifest is not None and stream.begun_at:
            walk.manifest.note_seen_before(row.number, self._entries)

    def run(self) -> None:
        """To the end. Raises what `read` says; what came before gets its records."""
        walk, stream, before = self._walk, self._stream, None
        try:
            for entry in entries(stream, offset=stream.begun_at, limits=walk.limits, tally=walk.tally):
                walk.still_mine()
                if before is not None and before.next_at is None:
                    self._resumes = False  # it is in a gzip, where no place can be gone back to
                before = entry
                self._next(entry)
                self._ends_at = stream.at if entry.next_at is None else entry.next_at
        except (ArchiveError, StreamInterrupted, NoArchive):
            self._flush()
            raise
        if self._held is not None:
            walk.last_without_content[self._row.number] = self._held.incoming, self._held.at
        # Not the end of the archive: whoever goes on here reads what stands behind the entries again.
        end = stream.begun_at if before is None else before.at + 1
        if before is not None and before.next_at is not None:
            end = self._ends_at = before.next_at
        self._resolve_held(end)
        self._safe = end, self._entries
        self._flush()

    def _next(self, entry: IncomingEntry) -> None:
        """One entry after the other."""
        if self._held is None:
            self._safe = entry.at, self._entries
        if self._batch.is_full:
            self._flush()
        if entry.problem is not None:
            self._resolve_held(entry.at)
            self._say(entry, entry.problem.code, entry.problem.sentence)
        elif not entry.folder:
            self._take(entry)
        self._entries += 1
        if self._held is None and entry.next_at is not None:
            self._safe = entry.next_at, self._entries

    def _flush(self) -> None:
        """What is in the batch gets its records."""
        row, stream = self._row, self._stream
        at, number = self._safe
        row.offset = max(at, self._counted_until)
        kept = self._walk.counts.kept
        kept[row.number] = max(row.offset, kept.get(row.number, 0))
        row.etag, row.size = (stream.etag if self._resumes else ""), stream.size
        if self._batch.files:
            row.staging_key = ""  # the large file has its record with them
        if at >= self._counted_until:  # before that, the row tells of more
            row.files_count, row.files_size, row.first_file = self._files.count, self._files.size, self._files.first
            row.ends_at, row.entries = self._ends_at, number
        batch, self._batch = self._batch, Batch()
        names = ("offset", "entries", "etag", "size", "staging_key", *MEASURES)
        self._unplaced = True  # until it is placed, nothing may be written of how far it is
        self._walk.place(batch, row, **{name: getattr(row, name) for name in names})
        self._unplaced = False

    # One entry

    def _take(self, entry: IncomingEntry) -> None:
        held = self._held
        if held is not None and self._is_content(entry, held):
            self._held = None
            self._note_name(entry, "The archive has two entries of this name; each was taken with its document.")
            self._content(entry, held)
            return
        self._resolve_held(entry.at)
        place = place_of(entry.name)
        if place.kind is EntryKind.MANIFEST:
            self._manifest(entry, place)
        elif place.kind is not EntryKind.READABLE and self._note_name(
            entry, "The archive has two entries of this name; the second one was left out."
        ):
            self._named(entry, place)

    def _named(self, entry: IncomingEntry, place: EntryName) -> None:
        if place.kind is EntryKind.DOCUMENT:
            self._document(entry, place)
        elif place.kind is EntryKind.INSTANCE:
            if (raw := self._whole(entry, LARGEST_FACTS)) is not None:
                self._walk.archive_import.source["instance"] = plain_facts(raw)
                self._note_used(raw)
        elif place.kind is EntryKind.CONTENT:
            self._say(entry, "stray_content", "No document stands before it, so nobody knows which file it is.")
        else:
            self._say(entry, "unknown_entry", "Nothing of an export has such a name, so it was left out.")

    def _document(self, entry: IncomingEntry, place: EntryName) -> None:
        walk = self._walk
        if walk.doubts is not None and not walk.doubts.doubts(place.doctype, place.doc_id):
            return
        raw = self._whole(entry, walk.limits.largest_document)
        if raw is None:
            return
        if is_disk_usage(place.doctype, place.doc_id):
            self._note_used(raw)
        incoming = RawDocument(place.doctype, place.doc_id, raw)
        if place.doctype in (FILES, VERSIONS) and (body := _file_body(raw, place.doctype)) is not None:
            name, md5, sha256 = body.get("name"), body.get("md5sum"), _sha256(body)
            self._held = PendingFile(
                incoming,
                entry.name,
                entry.at,
                place.root,
                name if isinstance(name, str) else "",
                _size(body.get("size")),
                md5 if isinstance(md5, str) and not sha256 else "",
                sha256,
            )
            return
        self._batch.documents.append((incoming, entry.at >= self._counted_until))
        self._batch.size += len(raw)

    def _note_used(self, raw: bytes) -> None:
        """What the other server says of the bytes in use there, if it does: compared with what came at the end."""
        used = used_in(raw)
        if used is not None and self._walk.doubts is None:
            source = self._walk.archive_import.source
            source["used"] = used
            with transaction.atomic():
                self._walk.write(source=source)

    def _resolve_held(self, at: int) -> None:
        """No content followed the document that is held: at `at` is something else."""
        held, self._held = self._held, None
        if held is not None:
            self._add_file(held, None)
            self._safe = at, self._entries

    def _content(self, entry: IncomingEntry, held: PendingFile) -> None:
        """The bytes that follow the document of a file."""
        walk = self._walk
        if walk.doubts is not None and walk.is_here(held.incoming):
            return
        if self._may_be_here(held) and not walk.placer.wants_content(held.incoming):
            self._add_file(held, None)
            return
        received = None
        try:
            received = self._receive_patiently(entry, held)
        except (EntryDamaged, EntryRefused) as bad:
            if self._resumed:
                self._forget_large()
                for name in (held.entry, entry.name):
                    self._forget_name(name)
                raise RereadPart from bad
            self._say(entry, bad.problem.code, bad.problem.sentence)
        self._add_file(held, received)

    def _may_be_here(self, held: PendingFile) -> bool:
        """Whether the bytes of a file may be here already: one question instead of many, for each file that is new."""
        if not held.sha256:
            return True
        owner = self._walk.archive_import.owner
        return Holding.objects.filter(owner=owner, content__sha256=held.sha256).exists()

    def _add_file(self, held: PendingFile, received: StoredUpload | None) -> None:
        if self._batch.documents:
            self._flush()  # directories first
        self._files.add(held.size if held.size is not None or received is None else received.size)
        self._batch.files.append((held.incoming, received, held.at >= self._counted_until))

    def _manifest(self, entry: IncomingEntry, place: EntryName) -> None:
        """One that could not be fetched before counts from here on."""
        walk = self._walk
        if walk.manifest is None and walk.doubts is None and "manifest_unreadable" not in walk.counts.codes:
            try:
                walk.manifest = Manifest(place.root, entry.chunks(), walk.limits)
                walk.manifest.note_seen_before(self._row.number, self._entries)
            except ManifestUnreadable as bad:
                self._say(entry, "manifest_unreadable", str(bad))
            except (EntryDamaged, EntryRefused) as bad:
                self._say(entry, "manifest_unreadable", bad.problem.sentence)

    # What is checked

    def _is_content(self, entry: IncomingEntry, held: PendingFile) -> bool:
        doctype, doc_id = held.incoming.doctype, held.incoming.id
        return may_be_content(entry.name, held.root, doctype, doc_id, held.name) and (
            held.size is None or entry.size is None or entry.size == held.size
        )

    def _whole(self, entry: IncomingEntry, most: int) -> bytes | None:
        """All bytes of a small entry, checked. None where they are not those that were promised; that is said."""
        try:
            raw = entry.whole(most)
        except (EntryDamaged, EntryRefused) as bad:
            code = bad.problem.code if isinstance(bad, EntryRefused) else "document_damaged"
            self._say(entry, code, bad.problem.sentence)
            return None
        listed = self._listed(entry)
        if listed is not None and (listed.size != len(raw) or hashlib.sha256(raw).hexdigest() != listed.sha256):
            self._say(entry, "document_damaged", OTHER_BYTES)
            return None
        return raw

    def _check(self, entry: IncomingEntry, held: PendingFile, received: StoredUpload, md5: str) -> None:
        """Raises `EntryDamaged` unless the bytes of a file are those that were promised."""
        entry.confirm(received.crc32)
        if held.size is not None and received.size != held.size:
            sentence = f"It has {received.size} bytes, but its document says {held.size}."
            raise EntryDamaged("size_differs", sentence)
        listed = self._listed(entry)
        if listed is not None and listed.sha256 != received.sha256:
            raise EntryDamaged("other_bytes", OTHER_BYTES)
        if held.md5 and held.md5 != md5:
            raise EntryDamaged("md5_differs", "Its MD5 is another one than its document says: it is damaged.")

    def _listed(self, entry: IncomingEntry) -> ManifestLine | None:
        manifest = self._walk.manifest
        if manifest is None:
            return None
        if self._looked_up[0] != entry.name:
            self._looked_up = entry.name, manifest.find(entry.name)
        return self._looked_up[1]

    def _note_name(self, entry: IncomingEntry, twice: str) -> bool:
        """Gives whether this name has not been there before. Says that it has, or that the manifest lacks it."""
        walk = self._walk
        if walk.doubts is not None:
            return True
        listed = self._listed(entry)
        new = walk.manifest.note_seen(listed.number) if listed and walk.manifest else walk.names.add(entry.name)
        if not new:
            self._say(entry, "twice", twice)
        elif walk.manifest is not None and listed is None:
            self._say(entry, "not_in_manifest", "The manifest doesn't name it, so nothing proves that it is whole.")
        return new

    def _forget_name(self, name: str) -> None:
        """It comes again, since it is read again."""
        self._walk.names.forget(name)
        if self._walk.manifest is not None:
            self._walk.manifest.forget_seen(name)

    def _say(self, entry: IncomingEntry, code: str, sentence: str) -> None:
        if self._walk.doubts is None and entry.at >= self._counted_until:
            self._walk.counts.say(code, sentence, entry=entry.name)

    # Files

    def _receive_patiently(self, entry: IncomingEntry, held: PendingFile) -> StoredUpload:
        """Where there is no room, what came before gets its records, and then it is asked again: what they reserved
        may have been more than they took, and who is told of the room is told what is true."""
        try:
            return self._receive(entry, held)
        except Refusal:
            if self._unplaced:
                raise
            self._flush()
            return self._receive(entry, held)

    def _receive(self, entry: IncomingEntry, held: PendingFile) -> StoredUpload:
        """Streams the bytes of a file into the storage, and checks them. Raises `EntryDamaged`, `EntryRefused`, and
        `Refusal` where there is no room."""
        size = entry.size if entry.size is not None else held.size
        if size is None:
            raise EntryRefused("size_unknown", "Neither the archive nor its document says how large it is.")
        incoming = staging.EntryBytes(entry, size, with_md5=bool(held.md5))
        self._resumed = False
        if size > staging.SMALL_FILE or self._walk.stage.is_full:
            self._flush()
        if size >= staging.LARGE_FILE and not entry.compressed and self._resumes and staging.can_go_on():
            received = self._receive_large(entry, incoming)
        else:
            received = self._walk.stage.receive(incoming)
        try:
            self._check(entry, held, received, incoming.md5)
        except EntryDamaged:
            if received.upload is not None:
                self._walk.stage.take_back(received.upload)
            raise
        self._batch.size += received.size if received.size <= staging.SMALL_FILE else 0
        return received

    def _receive_large(self, entry: IncomingEntry, incoming: staging.EntryBytes) -> StoredUpload:
        """A file that the next run goes on with where this one is cut off."""
        owner, row, large = self._walk.archive_import.owner, self._row, None
        if row.staging_key and row.staged_at == entry.data_at:
            large = LargeFile.found(owner, row.staging_key, incoming)
        if large is not None and large.size <= incoming.size_at_most:
            self._resumed = large.size > 0
            entry.skip_to(large.size, crc32=large.crc32)
            return self._go_on_with(large)
        self._forget_large()
        upload = staging.begin_large(owner, incoming.size_at_most)
        if upload is None:
            return self._walk.stage.receive(incoming)
        self._note_large(upload.storage_key, entry.data_at)
        return self._go_on_with(LargeFile(upload, incoming))

    def _go_on_with(self, large: LargeFile) -> StoredUpload:
        """What comes of it stays, so it is progress."""
        before, kept = large.size, self._walk.counts.kept
        try:
            return large.receive()
        finally:
            kept[self._row.number] = kept.get(self._row.number, 0) + large.size - before

    def _forget_large(self) -> None:
        if self._row.staging_key:
            staging.discard_large(self._walk.archive_import.owner, self._row.staging_key)
            self._note_large("", 0)

    def _note_large(self, key: str, at: int) -> None:
        with transaction.atomic():
            self._walk.write()
            self._row.staging_key, self._row.staged_at = key, at
            self._row.save(update_fields=["staging_key", "staged_at"])


OTHER_BYTES = "Its bytes are others than the manifest says: it is damaged."
