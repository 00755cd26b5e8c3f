"""Going through the archives of an import: what came gets its records in batches, and how far that is stands in the
same transactions.

So a kill at any moment loses nothing: the next run begins at an entry before which everything is placed, and repeats at
most one batch, of which nothing was written.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from django.db import transaction

from accounts.texts import kept_text
from importers.documents.arriving import Outcome
from moves.archives.incoming import ArchiveTally, Limits
from moves.archives.layout import EntryKind
from moves.archives.roots import Roots
from moves.imports.counts import Counts
from moves.imports.placing.document import RawDocument
from moves.imports.placing.never_imported import never_kind
from moves.imports.placing.placer import Placement, Placer, discard
from moves.imports.placing.staging import Staging
from moves.imports.proof import Proof
from moves.imports.reading.batch import Batch
from moves.imports.reading.lost import UNREAD, Lost
from moves.imports.sources.links import NoArchive
from moves.imports.sources.manifest import Manifest
from moves.imports.sources.seen_names import SeenNames
from moves.imports.sources.strangers import note_telling
from moves.models import ArchiveImport, ImportPart

NONE_READABLE = kept_text(
    "No document in it could be read. Of the first one, %(entry)s, is said: %(why)s", sentences=["why"]
)

Write = Callable[..., None]  # writes columns of the import's row, in the caller's transaction; raises `Fenced`


@dataclass
class ReadingPass:
    """One way through the archives of an import. `write` writes the row; `still_mine` raises when this run must end.
    `roots`: the folders in them that exports are in.

    Where there are `doubts`, only documents in doubt are looked at: those that are here after all are settled, and the
    others placed again. Nothing is counted then, and the archives are read from their beginnings.
    """

    archive_import: ArchiveImport
    placer: Placer
    counts: Counts
    tally: ArchiveTally
    limits: Limits
    write: Write
    still_mine: Callable[[], None]
    roots: Roots
    manifest: Manifest | None = None
    doubts: Proof | None = None

    def __post_init__(self) -> None:
        self.stage = Staging(self.archive_import.owner)
        self.names = SeenNames()
        self.lost = Lost(self.archive_import, self.counts)
        self._ignored: set[tuple[str, str]] = set()  # kinds of documents that are never imported, and why
        self.is_export = False  # whether anything came that only exports have
        self.first_names: list[str] = []  # until then: those by which it may be recognised
        # By part: the document of a file that was its last entry, and where that is
        self.last_without_content: dict[int, tuple[RawDocument, int]] = {}

    def note_kind(self, name: str, kind: EntryKind) -> None:
        """An entry of this name came, which is of this kind."""
        if not self.is_export:
            self.is_export = kind in (EntryKind.DOCUMENT, EntryKind.INSTANCE)
            note_telling(self.first_names, name)

    def begin_again(self) -> None:
        """Something that was read comes again: its names have not been seen."""
        self.names.close()
        self.names = SeenNames()
        self.lost = Lost(self.archive_import, self.counts)

    def close(self) -> None:
        """Lets go of what nothing became of."""
        self.names.close()
        self.stage.close()

    def place(self, batch: Batch, row: ImportPart, **columns: object) -> None:
        """Makes the records of everything in a batch, and writes down how far the part was read, `columns` of its row.

        Raises `Refusal` where there is no room, `Fenced`, and what the database raises; then nothing of it was written.
        """
        self.stage.sync()  # outside of the transaction, which nobody else should wait for
        self._may_be_committed = False
        try:
            self._place(batch, row, columns)
        except BaseException:
            if not self._may_be_committed:
                # Whatever the placer let go of inside was rolled back with the rest.
                discard(received for _, received, _ in batch.files)
            raise
        self.counts.report_is_written()
        self.stage.forget()

    @transaction.atomic
    def _place(self, batch: Batch, row: ImportPart, columns: dict[str, object]) -> None:
        self.stage.let_go()
        self._take_back(batch.taken_back)
        self.lost.came(batch.came)
        if self.doubts is not None:
            self._place_doubtful(batch, self.doubts)
        else:
            if batch.documents:
                placed = self.placer.documents([document for document, _ in batch.documents])
                self._note(placed, [counts for _, counts in batch.documents])
            if batch.files:
                placed = self.placer.files([(document, received) for document, received, _ in batch.files])
                self._note(placed, [counts for _, _, counts in batch.files])
            for _, received, counts in batch.files:
                if counts and received is not None:
                    self.counts.files_count += 1
                    self.counts.files_size += received.size
        self.write(**self.counts.columns(), tally=self._tally)
        self.counts.write_report(self.archive_import)
        if self.doubts is None and columns:
            ImportPart.objects.filter(pk=row.pk).update(**columns)
        self._may_be_committed = True  # an error of the commit tells nothing about the outcome

    def _take_back(self, documents: Sequence[RawDocument]) -> None:
        """Forgets that the documents of files were refused without their bytes."""
        for document in documents:
            said = self.archive_import.report.filter(code=Outcome.REFUSED)
            said.filter(doctype=document.doctype[:255], doc_id=document.id[:255]).delete()
            self.counts.take_back(document.doctype, Outcome.REFUSED)

    def _place_doubtful(self, batch: Batch, doubts: Proof) -> None:
        """What is not here is placed; what is, before or after that, is settled."""
        missing = self._settle([document for document, _ in batch.documents], doubts)
        if missing:
            self._make_good(self.placer.documents(missing))
            self._settle(missing, doubts)
        if batch.files:
            files = [(document, received) for document, received, _ in batch.files]
            self._make_good(self.placer.files(files))
            self._settle([document for document, _ in files], doubts)

    def _make_good(self, placed: Sequence[Placement]) -> None:
        """Counts what was refused at first, and is placed by now."""
        self._note(placed, [False] * len(placed))

    def _settle(self, batch: Sequence[RawDocument], doubts: Proof) -> list[RawDocument]:
        """Settles the doubts about those documents that are here, and returns the others."""
        missing = []
        for document, here in zip(batch, self.placer.check(batch) if batch else [], strict=True):
            if here:
                doubts.settle(document.doctype, document.id)
            else:
                missing.append(document)
        return missing

    def is_here(self, document: RawDocument) -> bool:
        """Whether a document that was in doubt is here; then it is so no more."""
        return self.doubts is not None and not self._settle([document], self.doubts)

    def finish(self) -> None:
        """Says what others referred to, and no archive had. Raises `NoArchive` where no document at all could be
        read."""
        if self.doubts is None and not self.counts.documents and (why := self._why_nothing()):
            raise NoArchive(why)
        while self._decide():
            self.still_mine()
        for one in self.placer.finish():
            if self.doubts is None and one.note:
                self.counts.say("parent_missing", one.note, doctype=one.doctype, doc_id=one.id)
        with transaction.atomic():
            self.write(**self.counts.columns())
            self.counts.write_report(self.archive_import)
        self.counts.report_is_written()

    @transaction.atomic
    def _decide_some(self) -> bool:
        settled = self.placer.settle()
        if settled is None:
            return False
        for one in settled:
            if self.doubts is None and one.job == self.archive_import.doc_id:
                self.counts.change(one.before, one.outcome)
                if one.note:
                    self.counts.say(one.outcome, one.note, doctype=one.doctype, doc_id=one.id)
        self.write(**self.counts.columns())
        self.counts.write_report(self.archive_import)
        return True

    def _decide(self) -> bool:
        """Decides some of what is only known by now, and says what became of it. Returns whether anything may be left:
        whoever is stopped here is gone on from by the next run."""
        try:
            is_left = self._decide_some()
        except BaseException:
            self.placer.forget()
            raise
        self.counts.report_is_written()
        return is_left

    def _why_nothing(self) -> str:
        """Returns why nothing came, empty where there was nothing to come."""
        said = self.archive_import.report.filter(code__in=UNREAD).order_by("pk").first()
        if said is None:
            return ""
        return NONE_READABLE % {"entry": said.entry, "why": said.sentence}

    def _note(self, placed: Sequence[Placement], counted: Sequence[bool]) -> None:
        for one, counts in zip(placed, counted, strict=True):
            if one.outcome is not Outcome.REFUSED and self.lost.has_document(one.doctype, one.id):
                self.lost.was_placed(one.doctype, one.id)
            elif not counts:
                continue
            self.counts.count(one.doctype, one.outcome)
            if one.outcome is Outcome.IGNORED:
                self._say_ignored(one)
            elif one.note:
                self.counts.say(one.outcome, one.note, doctype=one.doctype, doc_id=one.id)

    def _say_ignored(self, one: Placement) -> None:
        """Counts what is never imported, and names the first of each kind and reason; the others mean nothing to
        anybody."""
        kind = never_kind(one.doctype), one.note
        if kind not in self._ignored:
            self._ignored.add(kind)
            said = self.archive_import.report.filter(code=one.outcome, sentence=one.note)
            if not said.filter(doctype__startswith=kind[0]).exists():  # nor by an earlier run
                self.counts.say(one.outcome, one.note, doctype=one.doctype, doc_id=one.id)
                return
        self.counts.say_no_more(one.outcome)

    @property
    def _tally(self) -> dict[str, int]:
        return asdict(self.tally)
