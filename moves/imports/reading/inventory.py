"""What stands in an archive whose entries are in another order than exports have."""

from contextlib import suppress

from accounts import strict_json
from importers.documents.doctypes import FILES, VERSIONS
from importers.text import keepable
from moves.archives.incoming import (
    ArchiveError,
    ArchiveRefused,
    ArchiveTally,
    EntryDamaged,
    EntryRefused,
    IncomingEntry,
    entries,
)
from moves.archives.incoming.zipped import SWELLS
from moves.archives.layout import EntryKind, EntryName
from moves.imports.placing.document import RawDocument
from moves.imports.reading.batch import LARGEST_BATCH
from moves.imports.reading.catalogue import Catalogue, DocumentState
from moves.imports.reading.checks import SECOND_LEFT_OUT, EntryChecks
from moves.imports.reading.facts import ExportFacts
from moves.imports.reading.pending import PendingFile
from moves.imports.reading.position import ReorderedPosition
from moves.imports.reading.reading_pass import ReadingPass
from moves.imports.sources.parts import ArchivePart
from moves.imports.sources.seeking import Skipping
from moves.models import ImportPart

CHECKED_TOGETHER = 200  # documents of files of which it is asked whether they are here


class Inventory:
    """Goes through one archive, and writes down its documents, and where bytes are, in the catalogue.

    From `row.ordered_from` on, everything is new. What stands before that, or in an archive that has no such place, was
    read in the order of exports: of it, only documents of files whose bytes did not follow are of interest.
    """

    def __init__(
        self,
        reading_pass: ReadingPass,
        row: ImportPart,
        catalogue: Catalogue,
        steps: ReorderedPosition,
        checks: EntryChecks,
        facts: ExportFacts,
    ) -> None:
        self._pass = reading_pass
        self._row = row
        self._catalogue = catalogue
        self._steps = steps
        self._checks = checks
        self._facts = facts
        self._to_check: list[PendingFile] = []
        self._size_to_check = 0  # bytes
        self._linked = 0  # bytes that links stand for

    def take(self, part: ArchivePart) -> ArchiveError | None:
        """Returns why the archive can't be read to its end, if so. Raises `ArchiveRefused`, `StreamInterrupted`,
        `NoArchive`."""
        problem: ArchiveError | None = None
        before: PendingFile | None = None
        try:
            if not self._pass.roots.are_known:
                self._find_roots(part)
            self._pass.tally = ArchiveTally()  # what is read again counts once
            with Skipping(part) as stream:
                self._note_version(stream)
                for entry in entries(stream, limits=self._pass.limits, tally=self._pass.tally):
                    self._pass.still_mine()
                    self._steps.resumes = self._steps.resumes and entry.next_at is not None
                    if not entry.has_crc32 and entry.problem is None:  # of a tar, which may have links to it
                        self._catalogue.note_place(self._row.number, entry.name, entry.at, entry.size)
                    before = self._look_at(entry, before)
        except ArchiveRefused:
            raise
        except ArchiveError as error:
            problem = error
        self._hold_back(before)
        self._check_held_back()
        return problem

    def _find_roots(self, part: ArchivePart) -> None:
        """Lets every name in the archive tell where its export is, before it is asked what each of them is."""
        with Skipping(part) as stream:
            for entry in entries(stream, limits=self._pass.limits, tally=ArchiveTally()):
                self._pass.still_mine()
                self._pass.roots.place_of(entry.name)

    def _note_version(self, stream: Skipping) -> None:
        steps, row = self._steps, self._row
        if row.etag and stream.etag and row.etag != stream.etag:  # it has become another archive
            row.offset = row.ordered_from = 0
            steps.begin_again()
        steps.resumes, steps.etag, steps.size = stream.resumes, stream.etag, stream.size

    def _look_at(self, entry: IncomingEntry, before: PendingFile | None) -> PendingFile | None:
        """Looks at one entry; `before` is the document of a file that stood directly before it and was read earlier.
        Returns this one, if it is such a document."""
        begin = self._row.ordered_from
        place, is_new = self._pass.roots.place_of(entry.name), begin is not None and entry.at >= begin
        self._pass.note_kind(entry.name, place.kind)
        if place.kind is EntryKind.RUBBISH or (entry.folder and entry.problem is None):
            return before
        if not is_new:
            self._checks.note_seen(entry.name)
        swells = place.kind is EntryKind.CONTENT and entry.problem is not None and entry.problem.code == SWELLS
        if before is not None and (entry.problem is None or swells) and before.may_be_followed_by(entry):
            return None
        self._hold_back(before)
        if entry.problem is not None and not swells:  # which no document has announced yet
            if is_new and not (place.kind is EntryKind.CONTENT and self._is_known_by_another_name(entry, place)):
                self._checks.say(entry, entry.problem.code, entry.problem.sentence)
        elif place.kind is EntryKind.CONTENT:
            if is_new:
                entry.finish()  # which may tell its size
                self._catalogue.add_content(self._row.number, entry.at, entry.name, place.root, entry.size)
        elif place.kind is EntryKind.DOCUMENT:
            return self._look_at_document(entry, place, is_new=is_new)
        elif is_new:
            self._look_at_other(entry, place)
        return None

    def _is_known_by_another_name(self, entry: IncomingEntry, place: EntryName) -> bool:
        """Whether an entry is a link to one before it, whose bytes are then taken for both: as long as all that links
        stand for is no more than so many bytes of an archive may be packed into."""
        found = self._catalogue.place_named(self._row.number, entry.same_as) if entry.same_as else None
        if found is None:
            return False
        at, size = found
        self._linked += size or 0
        if self._pass.limits.swells(entry.at, self._linked, free=0):
            return False
        self._catalogue.note_place(self._row.number, entry.name, at, size)
        self._catalogue.add_content(self._row.number, at, entry.name, place.root, size)
        return True

    def _look_at_other(self, entry: IncomingEntry, place: EntryName) -> None:
        if place.kind is EntryKind.MANIFEST:
            if (manifest := self._facts.take_manifest(entry, place.root)) is not None:
                manifest.note_seen_among(self._pass.names, place.root)
        elif place.kind is not EntryKind.READABLE and self._note_new(entry):
            self._facts.take(entry, place)

    def _look_at_document(self, entry: IncomingEntry, place: EntryName, *, is_new: bool) -> PendingFile | None:
        part = self._row.number
        if not is_new and place.doctype not in (FILES, VERSIONS):
            return None
        if is_new and not self._note_new(entry):
            return None
        raw = self._whole(entry, is_new=is_new)
        if raw is None:
            return None
        document = RawDocument(place.doctype, place.doc_id, raw)
        pending = PendingFile.of(document, entry, place.root)
        if pending is not None:
            self._pass.tally.announced += pending.size or 0
        if pending is None:
            path = _path_of_directory(document)
            if path:
                self._catalogue.note_directory(document.id, path)
            if is_new:
                self._catalogue.add_document(
                    part, entry.at, entry.name, place.root, document, None, depth=path.count("/")
                )
            return None
        if not is_new:
            return pending
        self._catalogue.add_document(part, entry.at, entry.name, place.root, document, pending)
        return None

    def _note_new(self, entry: IncomingEntry) -> bool:
        return self._checks.note_name(entry, SECOND_LEFT_OUT)

    def _whole(self, entry: IncomingEntry, *, is_new: bool) -> bytes | None:
        if is_new:
            return self._checks.whole(entry, self._pass.limits.largest_document)
        with suppress(EntryDamaged, EntryRefused):  # which was said when it was read
            return entry.whole(self._pass.limits.largest_document)
        return None

    def _hold_back(self, pending: PendingFile | None) -> None:
        """The document of a file was placed before, without its bytes."""
        if pending is not None:
            self._to_check.append(pending)
            self._size_to_check += strict_json.weight(pending.document.raw)
        if len(self._to_check) >= CHECKED_TOGETHER or self._size_to_check >= LARGEST_BATCH:
            self._check_held_back()

    def _check_held_back(self) -> None:
        """Those that are not here were refused, and wait for their bytes."""
        held, self._to_check, self._size_to_check = self._to_check, [], 0
        here = self._pass.placer.check([one.document for one in held]) if held else []
        for one, is_here in zip(held, here, strict=True):
            state = DocumentState.HERE if is_here else DocumentState.REFUSED
            self._catalogue.add_document(self._row.number, one.at, one.entry, one.root, one.document, one, state=state)


def _path_of_directory(document: RawDocument) -> str:
    """Returns the path that the document of a directory says; empty where it is none."""
    if document.doctype != FILES:
        return ""
    path = (strict_json.object_in(document.raw) or {}).get("path")
    return keepable(path) if isinstance(path, str) else ""
