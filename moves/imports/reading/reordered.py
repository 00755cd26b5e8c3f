"""Archives that somebody has packed again: their entries are in another order than exports have, some under other
names.

Each is gone through once for its documents, which wait in a catalogue, and once more for the bytes of its files, each
of which is placed with its document. Nothing else is kept, so that it doesn't matter whether an archive can be read at
any place or has to be read from its beginning each time.
"""

import hashlib
from array import array
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from django.conf import settings

from accounts import strict_json
from accounts.texts import kept_text
from importers.content.uploads import StoredUpload
from moves.archives.incoming import ArchiveError, ArchiveTally, EntryDamaged, EntryRefused, IncomingEntry, entries
from moves.imports.reading.archive import Reading, RereadPart
from moves.imports.reading.batch import Batch
from moves.imports.reading.catalogue import (
    FILE,
    VERSION,
    Catalogue,
    CataloguedContent,
    CataloguedDocument,
    DocumentState,
)
from moves.imports.reading.checks import NOT_LISTED, EntryChecks
from moves.imports.reading.facts import ExportFacts
from moves.imports.reading.inventory import Inventory
from moves.imports.reading.large_files import LargeFiles
from moves.imports.reading.pending import PendingFile
from moves.imports.reading.position import ReorderedPosition
from moves.imports.reading.reading_pass import ReadingPass
from moves.imports.sources.parts import ArchivePart, StreamInterrupted
from moves.imports.sources.seeking import Skipping
from moves.imports.sources.source import is_disk_usage
from moves.models import ImportPart

NO_DOCUMENT_THERE = kept_text("No document is there that tells which file it is.")
CHANGED_MEANWHILE = kept_text("The archive has changed while it was read.")

T = TypeVar("T")


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
        self._facts = ExportFacts(reading_pass, self._checks)
        self._large_files = LargeFiles(reading_pass, row)
        self._state = DocumentState.UNREAD  # of the document whose bytes come

    # The documents, and where the bytes are

    def look_through(self) -> None:
        """Writes down in the catalogue what stands in the archive. Raises `ArchiveRefused`, `StreamInterrupted`,
        `NoArchive`."""
        inventory = Inventory(self._pass, self._row, self._catalogue, self._steps, self._checks, self._facts)
        self.error = inventory.take(self._part)

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
                self._facts.note_used(document.raw)
            self._batch.add_document(document, is_new=True)
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
            self._batch.size += strict_json.weight(one.document.raw)
            self._steps.step += 1
        for content in self._left(self._catalogue.without_document(self._row.number)):
            sentence = NO_DOCUMENT_THERE
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
        """Yields the entries at these places, which ascend; one that has several names, so many times. Raises
        `StreamInterrupted` where there is none."""
        wanted, again = next(places, None), True
        while wanted is not None and again:
            again = False
            with Skipping(self._part, wanted if self._steps.resumes else 0, self._steps.etag, watch) as stream:
                found = entries(stream, offset=stream.begun_at, limits=self._pass.limits, tally=self._pass.tally)
                for entry in found:
                    self._pass.still_mine()
                    if entry.at < wanted:
                        continue
                    if entry.at > wanted:
                        break
                    yield entry
                    before, wanted = wanted, next(places, None)
                    if wanted is None:
                        return
                    if again := wanted == before:  # an entry is read once: it is gone to anew
                        break
        if wanted is None:
            return
        raise StreamInterrupted(CHANGED_MEANWHILE)
