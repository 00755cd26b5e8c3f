"""Archives that somebody has packed again: their entries are in another order than exports have, some under other
names.

Each is gone through once for its documents, which wait in a catalogue, and once more for the bytes of its files, each
of which is placed with its document. Nothing else is kept, so that it doesn't matter whether an archive can be read at
any place or has to be read from its beginning each time.
"""

import hashlib
import json
from array import array
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from django.conf import settings

from importers.content.uploads import StoredUpload
from importers.documents.doctypes import FILES, VERSIONS
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
from moves.archives.layout import EntryKind, EntryName, place_of
from moves.archives.rubbish import is_rubbish
from moves.imports.placing.document import RawDocument
from moves.imports.reading.archive import Reading, RereadPart
from moves.imports.reading.batch import LARGEST_BATCH, Batch
from moves.imports.reading.catalogue import (
    FILE,
    VERSION,
    Catalogue,
    CataloguedContent,
    CataloguedDocument,
    DocumentState,
)
from moves.imports.reading.checks import EntryChecks
from moves.imports.reading.large_files import LargeFiles
from moves.imports.reading.pending import PendingFile
from moves.imports.reading.position import ReorderedPosition
from moves.imports.reading.reading_pass import ReadingPass
from moves.imports.sources.manifest import Manifest
from moves.imports.sources.parts import ArchivePart, StreamInterrupted
from moves.imports.sources.seeking import Skipping
from moves.imports.sources.source import is_disk_usage
from moves.models import ImportPart

T = TypeVar("T")

CHECKED_TOGETHER = 200  # documents of files of which it is asked whether they are here


def read_reordered(
    reading_pass: ReadingPass,
    parts: Sequence[tuple[ImportPart, ArchivePart]],
    beside: Sequence[tuple[ImportPart, ArchivePart]] = (),
) -> list[tuple[ImportPart, ArchiveError | None]]:
    """Reads what is left of archives whose entries are in another order than exports have, all of them together: a file
    may stand in another one than its document, which may also be in one of those `beside` them, which have been read.
    Returns each with why it could not be read to its end, if so.

    What is placed stays, whatever is raised: `ArchiveRefused`, `StreamInterrupted`, `NoArchive`, `Refusal`, `Fenced`,
    and what the database and the storage raise.
    """
    catalogue = Catalogue(settings.WHARF_IMPORT_MOST_WAITING)
    try:
        readings = [ReorderedReading(reading_pass, row, part, catalogue) for row, part in parts]
        others = [ReorderedReading(reading_pass, row, part, catalogue) for row, part in beside]
        for one in (*readings, *others):
            one.look_through()
        catalogue.match_names(reading_pass.manifest)
        for one in readings:
            one.match_bytes()
        catalogue.match_rest()
        for one in readings:
            one.place_documents()
        for kind in (FILE, VERSION):
            for one in readings:
                one.place_contents(kind)
        for one in readings:
            one.place_rest()
    finally:
        catalogue.close()
    return [(one.row, one.error) for one in readings]


class ReorderedReading(Reading):
    """One archive whose entries are in another order from some place on. `error`: why it can't be read to its end.

    What is done is a list of steps that is the same in every run: documents, the bytes of files, those of versions, and
    what belongs to nothing. The row says how many were taken.
    """

    def __init__(self, reading_pass: ReadingPass, row: ImportPart, part: ArchivePart, catalogue: Catalogue) -> None:
        self.row = self._row = row
        self.error: ArchiveError | None = None
        self._pass = reading_pass
        self._part = part
        self._catalogue = catalogue
        self._batch = Batch()
        self._unplaced = False
        self._steps = ReorderedPosition(row, catalogue.order)
        self._position = self._steps  # type: ignore[assignment]  # which tells the same of steps instead of places
        self._checks = EntryChecks(reading_pass, self._steps)
        self._large_files = LargeFiles(reading_pass, row)
        self._state = DocumentState.UNREAD  # of the document whose bytes come
        self._to_check: list[tuple[PendingFile, EntryName]] = []
        self._size_to_check = 0

    # The documents, and where the bytes are

    def look_through(self) -> None:
        """Writes down what stands in the archive. Raises `ArchiveRefused`, `StreamInterrupted`, `NoArchive`."""
        before: PendingFile | None = None
        self._pass.tally = ArchiveTally()  # what is read again counts once
        try:
            with Skipping(self._part) as stream:
                self._note_version(stream)
                for entry in entries(stream, limits=self._pass.limits, tally=self._pass.tally):
                    self._pass.still_mine()
                    self._steps.resumes = self._steps.resumes and entry.next_at is not None
                    before = self._look_at(entry, before)
        except ArchiveRefused:
            raise
        except ArchiveError as error:
            self.error = error
        self._hold_back(before)
        self._check_held_back()

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
        place, is_new = place_of(entry.name), begin is not None and entry.at >= begin
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
            if is_new:
                self._checks.say(entry, entry.problem.code, entry.problem.sentence)
        elif place.kind is EntryKind.CONTENT:
            if is_new or is_rubbish(entry.name):
                entry.finish()  # which may tell its size
                self._catalogue.add_content(self._row.number, entry.at, entry.name, entry.size)
        elif place.kind is EntryKind.DOCUMENT:
            return self._look_at_document(entry, place, is_new=is_new)
        elif is_new:
            self._look_at_other(entry, place)
        return None

    def _look_at_other(self, entry: IncomingEntry, place: EntryName) -> None:
        if place.kind is EntryKind.MANIFEST:
            self._manifest(entry)
        elif place.kind is not EntryKind.READABLE and self._note_new(entry):
            self._named(entry, place)

    def _look_at_document(self, entry: IncomingEntry, place: EntryName, *, is_new: bool) -> PendingFile | None:
        self._catalogue.note_root(self._row.number, place.root)
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
                self._add(entry.name, entry.at, place, document, None, depth=path.count("/"))
            return None
        if not is_new:
            return pending
        self._add(entry.name, entry.at, place, document, pending)
        return None

    def _note_new(self, entry: IncomingEntry) -> bool:
        return self._checks.note_name(entry, "The archive has two entries of this name; the second one was left out.")

    def _whole(self, entry: IncomingEntry, *, is_new: bool) -> bytes | None:
        if is_new:
            return self._checks.whole(entry, self._pass.limits.largest_document)
        with suppress(EntryDamaged, EntryRefused):  # which was said when it was read
            return entry.whole(self._pass.limits.largest_document)
        return None

    def _hold_back(self, pending: PendingFile | None) -> None:
        """The document of a file was placed before, without its bytes."""
        if pending is not None:
            self._to_check.append((pending, EntryName(EntryKind.DOCUMENT, pending.root)))
            self._size_to_check += len(pending.document.raw)
        if len(self._to_check) >= CHECKED_TOGETHER or self._size_to_check >= LARGEST_BATCH:
            self._check_held_back()

    def _check_held_back(self) -> None:
        """Those that are not here were refused, and wait for their bytes."""
        held, self._to_check, self._size_to_check = self._to_check, [], 0
        here = self._pass.placer.check([pending.document for pending, _ in held]) if held else []
        for (pending, place), is_here in zip(held, here, strict=True):
            state = DocumentState.HERE if is_here else DocumentState.REFUSED
            self._add(pending.entry, pending.at, place, pending.document, pending, state=state)

    def _add(
        self,
        name: str,
        at: int,
        place: EntryName,
        document: RawDocument,
        file: PendingFile | None,
        *,
        depth: int = 0,
        state: DocumentState = DocumentState.UNREAD,
    ) -> None:
        self._catalogue.add_document(self._row.number, at, name, place.root, document, file, depth=depth, state=state)

    def _note_seen_before(self, manifest: Manifest, entry: IncomingEntry) -> None:
        manifest.note_seen_among(self._pass.names, place_of(entry.name).root)

    def match_bytes(self) -> None:
        """Reads the bytes that no name has told the document of, so that they tell it themselves."""
        places = array("Q", self._catalogue.unmatched(self._row.number))
        for entry in self._entries_at(iter(places)):
            sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
            entry.announce(entry.size or 0)
            with suppress(EntryDamaged, EntryRefused):
                for piece in entry.chunks():
                    sha256.update(piece)
                    md5.update(piece)
                    size += len(piece)
                found = sha256.hexdigest(), b64encode(md5.digest()).decode()
                self._catalogue.match_bytes(self._row.number, entry.at, size, *found)

    # Placing them

    def place_documents(self) -> None:
        """Documents that have no bytes get their records."""
        for one in self._left(self._catalogue.documents(self._row.number)):
            if self._batch.is_full:
                self._flush()
            document = one.document
            if is_disk_usage(document.doctype, document.id):
                self._note_used(document.raw)
            self._batch.documents.append((document, True))
            self._batch.size += len(document.raw)
            self._steps.step += 1
        self._flush()

    def place_contents(self, kind: int) -> None:
        """The documents of files, or of versions, get their records with their bytes."""
        self._pass.tally = ArchiveTally()  # what is read again counts once
        begin = self._steps.step
        while True:
            try:
                self._place_contents(kind)
            except RereadPart:
                self._flush()
                self._steps.done, self._steps.step = max(self._steps.done, self._steps.step), begin
                continue
            self._flush()
            return

    def _place_contents(self, kind: int) -> None:
        at_hand: list[CataloguedContent] = []

        def places() -> Iterator[int]:
            for content in self._left(self._catalogue.contents(self._row.number, kind), self._note_seen):
                at_hand[:] = [content]
                yield content.at

        for entry in self._entries_at(places(), self._note_place):
            self._place_content(entry, at_hand[0])

    def _place_content(self, entry: IncomingEntry, content: CataloguedContent) -> None:
        if self._batch.is_full:
            self._flush()
        one = self._note_seen(content)
        pending = PendingFile.of(one.document, entry, one.root) if one is not None else None
        if one is not None and pending is not None and one.state is not DocumentState.HERE:
            if self._pass.manifest is not None and not one.listed:
                self._checks.say(entry, *NOT_LISTED)
            self._state = one.state
            entry.announce(pending.size or 0)
            self._content(entry, replace(pending, listed=one.listed))
        self._steps.step += 1

    def _add_file(self, pending: PendingFile, received: StoredUpload | None) -> None:
        if self._state is DocumentState.REFUSED:
            self._batch.taken_back.append(pending.document)  # its size is counted already
        else:
            known = pending.size if pending.size is not None or received is None else received.size
            self._steps.files.add(known)
        self._batch.files.append((pending.document, received, True))

    def place_rest(self) -> None:
        """Documents whose bytes are nowhere, and bytes whose document is nowhere, are told of."""
        lonely = self._catalogue.without_content(self._row.number)
        for one in self._left(one for one in lonely if one.state is DocumentState.UNREAD):
            if self._batch.is_full:
                self._flush()
            self._steps.files.add(None)
            self._batch.files.append((one.document, None, True))
            self._batch.size += len(one.document.raw)
            self._steps.step += 1
        for content in self._left(self._catalogue.without_document(self._row.number)):
            sentence = "No document is there that tells which file it is."
            self._pass.counts.say("stray_content", sentence, entry=content.name)
            self._steps.step += 1
        self._note_place(self._steps.size or 0)
        self._flush()

    # Steps and places

    def _left(self, items: Iterable[T], passed: Callable[[T], object] = lambda item: None) -> Iterator[T]:
        """Yields the items whose step is left, and hands over those that an earlier run has taken."""
        for item in items:
            if self._steps.is_done:
                passed(item)
                self._steps.step += 1
            else:
                yield item

    def _note_seen(self, content: CataloguedContent) -> CataloguedDocument | None:
        """Returns the document of a content, which is no longer missing in the archives."""
        if content.document is None:
            return None
        one, manifest = self._catalogue.document(content.document), self._pass.manifest
        if manifest is not None and (line := manifest.content_of(one.name)) is not None:
            manifest.note_seen(line.number)
        return one

    def _note_place(self, at: int) -> None:
        places = self._pass.counts.places
        places[self._row.number] = max(at, places.get(self._row.number, 0))

    def _entries_at(
        self, places: Iterator[int], watch: Callable[[int], None] = lambda at: None
    ) -> Iterator[IncomingEntry]:
        """Yields the entries at these places, which ascend. Raises `StreamInterrupted` where there is none."""
        wanted = next(places, None)
        if wanted is None:
            return
        with Skipping(self._part, wanted if self._steps.resumes else 0, self._steps.etag, watch) as stream:
            found = entries(stream, offset=stream.begun_at, limits=self._pass.limits, tally=self._pass.tally)
            for entry in found:
                self._pass.still_mine()
                if entry.at < wanted:
                    continue
                if entry.at > wanted:
                    break
                yield entry
                wanted = next(places, None)
                if wanted is None:
                    return
        raise StreamInterrupted("The archive has changed while it was read.")


NOT_LISTED = "not_in_manifest", "The manifest doesn't name it, so nothing proves that it is whole."


def _path_of_directory(document: RawDocument) -> str:
    """Returns the path that the document of a directory says; empty where it is none."""
    if document.doctype != FILES:
        return ""
    with suppress(ValueError, RecursionError):
        body = json.loads(document.raw)
        if isinstance(body, dict) and isinstance(path := body.get("path"), str):
            return path
    return ""
