"""The archives of one import, read one after the other."""

from django.db import transaction
from django.utils import timezone

from accounts.texts import kept_text
from importers.documents.arriving import Outcome
from moves.archives.incoming import ArchiveCut, ArchiveDamaged, ArchiveError, ArchiveRefused, NotAnArchive
from moves.imports.reading.archive import read
from moves.imports.reading.reading_pass import ReadingPass
from moves.imports.reading.reordered import read_reordered
from moves.imports.running.ending import Failed
from moves.imports.sources.recognition import archive_by_names
from moves.imports.sources.short_parts import short_parts
from moves.imports.sources.source import ArchiveSource
from moves.imports.sources.strangers import no_archive, no_export
from moves.models import ImportPart

WHAT_COMES = kept_text("What %(server)s sends")
PART_OF_IT = kept_text("Part %(number)s")
OF_PART = kept_text("%(part)s: %(why)s", sentences=["part", "why"])


class AllParts:
    """Reads the archives of an import, and knows of which it could not.

    After `read`, `cut` has sentences about those that broke off and may come whole another time, `damaged` about those
    that can't be read to their end. `saw_all`: whether every entry was seen by this run, or stands where the manifest
    has it.
    """

    def __init__(self, source: ArchiveSource, reading_pass: ReadingPass) -> None:
        self._source = source
        self._pass = reading_pass
        self.cut: list[str] = []
        self.damaged: list[str] = []
        self.saw_all = True

    @property
    def are_whole(self) -> bool:
        """Whether each was read to its end."""
        return not self.cut and not self.damaged

    def read(self) -> None:
        """Reads those that have not been read. Raises `Failed` for what is more than is allowed, or no archive, and
        what reading one raises besides `ArchiveError`."""
        self.cut, self.damaged = [], []
        one_pass = self._pass
        for row, part in self._source.parts:
            if row.done_at is not None:
                if one_pass.manifest is not None:
                    one_pass.manifest.note_seen_before(row.number, row.entries)
                self.saw_all = self.saw_all and row.ordered_from is None
                continue
            try:
                read(one_pass, row, part)
            except ArchiveRefused as refused:
                raise Failed(refused.problem.sentence) from refused
            except NotAnArchive as bad:
                if not one_pass.counts.documents:
                    raise Failed(no_archive(self._called, bad)) from bad
                self.damaged.append(OF_PART % {"part": _named(row), "why": bad.problem.sentence})
            except (ArchiveCut, ArchiveDamaged) as bad:
                self._require_no_other()
                self._note_unread(row, bad)
            else:
                if row.ordered_from is None:
                    self._note_read(row)
        self._read_reordered()

    def _read_reordered(self) -> None:
        """Reads those that are in another order than exports have."""
        source = self._source
        left = [(row, part) for row, part in source.parts if row.ordered_from is not None and row.done_at is None]
        if not left:
            return
        try:
            beside = [] if source.is_remote else [one for one in source.parts if one not in left]
            found = read_reordered(self._pass, left, beside)
        except ArchiveRefused as refused:
            raise Failed(refused.problem.sentence) from refused
        for row, error in found:
            if error is None:
                self._note_read(row)
            else:
                self._note_unread(row, error)

    def require_export(self) -> None:
        """Raises `Failed` for archives of a link that are no export; those of this machine were looked at before."""
        if self._source.is_remote and not self._pass.is_export:
            raise Failed(no_export(self._called, self._pass.first_names))

    def _require_no_other(self) -> None:
        """Raises `Failed` where an archive of a link can't be read to its end, but what came of it tells that it is
        none of an export: however often it is fetched again, it would not become one."""
        one = self._pass
        if self._source.is_remote and not one.is_export and archive_by_names(self._called, one.first_names):
            raise Failed(no_export(self._called, one.first_names))

    def doubt_short_ones(self) -> bool:
        """Lets those that seem to have ended early be read once more, also those whose last entry is the document of a
        file that was refused without its content. Returns whether there are any."""
        if not self._source.is_remote:
            return False
        short = {one.row.number for one in short_parts(self._source)}
        with transaction.atomic():
            doubted = False
            for row, _ in self._source.parts:
                if row.fetched_again:
                    continue
                taken_back = self._take_back(row.number)
                if row.number not in short and taken_back is None:
                    continue
                doubted = True
                row.offset = row.ends_at if taken_back is None else taken_back
                row.fetched_again, row.done_at, row.etag = True, None, ""
                row.save(update_fields=["fetched_again", "done_at", "etag", "offset"])
            self._pass.write(**self._pass.counts.columns())
        return doubted

    def _take_back(self, number: int) -> int | None:
        """Forgets that the document of a file was refused which is the last entry of a part, since its content may come
        now. Returns where that document is, None where there is none."""
        last = self._pass.last_without_content.pop(number, None)
        if last is None:
            return None
        document, at = last
        report = self._pass.archive_import.report
        said = report.filter(code=Outcome.REFUSED, doctype=document.doctype, doc_id=document.id)
        if not said.delete()[0]:
            return None  # its bytes were here already
        self._pass.counts.take_back(document.doctype, Outcome.REFUSED)
        return at

    @property
    def _called(self) -> str:
        """How they are called in sentences."""
        return WHAT_COMES % {"server": self._source.server}

    def _note_unread(self, row: ImportPart, error: ArchiveError) -> None:
        again = isinstance(error, ArchiveCut) and self._source.is_remote
        (self.cut if again else self.damaged).append(OF_PART % {"part": _named(row), "why": error.problem.sentence})

    def _note_read(self, row: ImportPart) -> None:
        row.done_at = timezone.now()
        with transaction.atomic():
            self._pass.write()
            row.save(update_fields=["done_at"])


def _named(row: ImportPart) -> str:
    return row.path or PART_OF_IT % {"number": row.number + 1}
