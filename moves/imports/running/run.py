"""One run of an import: every part is read and placed, and everything is compared at the end."""

from collections.abc import Callable
from typing import Any, Self

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from importers.documents.arriving import Outcome
from importers.merging.origin import Origin
from importers.text import keepable
from moves import jobs
from moves.archives.incoming import (
    ArchiveCut,
    ArchiveDamaged,
    ArchiveRefused,
    ArchiveTally,
    Limits,
    NotAnArchive,
)
from moves.imports.counts import Counts
from moves.imports.placing.placer import Placer
from moves.imports.proof import MOST_NAMED, Proof, prove
from moves.imports.reading.archive import read
from moves.imports.reading.reading_pass import ReadingPass
from moves.imports.reading.reordered import read_reordered
from moves.imports.running.ending import IMPORTING, end
from moves.imports.sources.manifest import Manifest
from moves.imports.sources.parts import StreamInterrupted
from moves.imports.sources.short_parts import short_parts
from moves.imports.sources.source import ArchiveSource, source_of
from moves.imports.sources.strangers import no_archive, no_export
from moves.jobs import Heart
from moves.models import ArchiveImport, Event, ImportPart

# What the report says of documents that are not here. A file whose bytes are damaged is refused, and counted so.
LOST = (
    "document_damaged",
    "document_too_large",
    "encrypted",
    "entry_swells",
    "link",
    "method_unknown",
    "name_empty",
    "name_too_deep",
    "name_too_long",
    "name_unreadable",
    "name_unsafe",
    "parent_missing",
    "sizes_lie",
    "sparse_file",
    "stray_content",
)

# What is only known when all archives have been read, and is said again by whoever has read them.
SAID_AT_THE_END = ("missing", "not_there", "parent_missing", "part_short")

ImportWatch = Callable[[ArchiveImport, Counts], None]  # is told now and then how far it has come


class Failed(Exception):
    """The import can't succeed. Its text is a sentence for the person."""


class ImportRun:
    """One run of an import, with its signs of life."""

    def __init__(self, archive_import: ArchiveImport, watch: ImportWatch | None) -> None:
        self._import = archive_import
        self._watch = watch
        self._counts = Counts.of(archive_import)
        self._before = self._counts.progress
        self._read_before = archive_import.bytes_read > 0
        self._expected = archive_import.bytes_expected
        self._steps = 0
        self._saw_all = True  # whether every entry was seen by this run, or stands where the manifest has it
        self._heart = Heart(self._beat, lambda: (self._counts.bytes_read, self._counts.documents, self._steps))

    def __enter__(self) -> Self:
        self._heart.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._heart.__exit__(*error)

    def go(self) -> None:
        """Does all of it. Raises `Failed`, and whatever else `job.run` answers."""
        source = source_of(self._import, Limits.configured(), self._still_mine, self._counts)
        try:
            self._expected = source.size_hint or self._expected
            self._import.source = source.facts
            self._write(source=source.facts, server=source.server, bytes_expected=self._expected)
            self._read_and_prove(source)
            self._finish(source)
        finally:
            source.close()

    def _read_and_prove(self, source: ArchiveSource) -> None:
        """Reads every archive that has not been read, and proves what came."""
        origin = Origin(source.server, source.product, self._import.doc_id)
        one_pass = self._new_pass(origin, source.manifest)
        try:
            cut, damaged = self._read_all(one_pass, source)
            if not cut and not damaged and one_pass.manifest is None and self._doubt_short_parts(one_pass, source):
                one_pass.begin_again()
                cut, damaged = self._read_all(one_pass, source)
            if not cut and not damaged:
                self._require_export(one_pass, source)
            if not cut:
                one_pass.finish()
            source.manifest = one_pass.manifest
        finally:
            one_pass.close()
        if cut:
            raise StreamInterrupted(cut[0])
        if damaged:
            rest = "Everything else is here. " if self._counts.documents else ""
            raise Failed(f"{' '.join(damaged)} {rest}Fetch the archive again, and import it again.")
        if source.manifest is not None:
            self._import.proof = self._prove(source, source.manifest, origin)
        else:
            self._import.proof = self._look_through(source)

    def _read_all(self, one_pass: ReadingPass, source: ArchiveSource) -> tuple[list[str], list[str]]:
        """Returns sentences about the parts that broke off and may come whole another time, and about those that can't
        be read to their end. Raises `Failed` for what is more than is allowed."""
        cut: list[str] = []
        damaged: list[str] = []
        for row, part in source.parts:
            if row.done_at is not None:
                if one_pass.manifest is not None:
                    one_pass.manifest.note_seen_before(row.number, row.entries)
                self._saw_all = self._saw_all and row.ordered_from is None
                continue
            try:
                read(one_pass, row, part)
            except ArchiveRefused as refused:
                raise Failed(refused.problem.sentence) from refused
            except NotAnArchive as bad:
                if not self._counts.documents:
                    raise Failed(no_archive(_what_comes_from(source), bad)) from bad
                damaged.append(f"{_named(row)}: {bad.problem.sentence}")
            except (ArchiveCut, ArchiveDamaged) as bad:
                again = isinstance(bad, ArchiveCut) and source.is_remote
                (cut if again else damaged).append(f"{_named(row)}: {bad.problem.sentence}")
            else:
                if row.ordered_from is None:
                    self._note_read(row)
        self._read_reordered(one_pass, source, cut, damaged)
        return cut, damaged

    def _require_export(self, one_pass: ReadingPass, source: ArchiveSource) -> None:
        """Raises `Failed` for archives of a link that are no export; those of this machine were looked at before."""
        if source.is_remote and not one_pass.is_export and not self._read_before:
            raise Failed(no_export(_what_comes_from(source), one_pass.first_names))

    def _read_reordered(self, one_pass: ReadingPass, source: ArchiveSource, cut: list[str], damaged: list[str]) -> None:
        """Reads the parts that are in another order than exports have, and adds sentences about those that break off or
        can't be read to their end."""
        left = [(row, part) for row, part in source.parts if row.ordered_from is not None and row.done_at is None]
        if not left:
            return
        try:
            beside = [] if source.is_remote else [one for one in source.parts if one not in left]
            found = read_reordered(one_pass, left, beside)
        except ArchiveRefused as refused:
            raise Failed(refused.problem.sentence) from refused
        for row, error in found:
            if error is None:
                self._note_read(row)
            else:
                again = isinstance(error, ArchiveCut) and source.is_remote
                (cut if again else damaged).append(f"{_named(row)}: {error.problem.sentence}")

    def _prove(self, source: ArchiveSource, manifest: Manifest, origin: Origin) -> dict[str, Any]:
        """Compares what is here now with what the other server's manifest lists, and fetches what is missing again,
        once. Returns what the receipt says."""
        named = manifest.head.get("with_doctypes")
        doctypes = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
        doctypes = [name for name in doctypes if keepable(name) == name]
        proof = prove(self._import.owner, manifest.lines(), manifest.root.rstrip("/"), doctypes, self._still_mine)
        try:
            if proof.doubtful:
                again = self._new_pass(origin, manifest, proof)
                try:
                    for row, part in source.parts:
                        read(again, row, part)
                    again.finish()
                finally:
                    again.close()
            for name in proof.missing():
                self._counts.say("missing", "It is in the manifest, but did not arrive.", entry=name)
            return proof.summary()
        finally:
            proof.close()

    def _doubt_short_parts(self, one_pass: ReadingPass, source: ArchiveSource) -> bool:
        """Lets parts that seem to have ended early be read once more, also those whose last entry is the document of a
        file that was refused without its content. Returns whether there are any."""
        if not source.is_remote:
            return False
        short = {one.row.number for one in short_parts(source)}
        with transaction.atomic():
            doubted = False
            for row, _ in source.parts:
                if row.fetched_again:
                    continue
                taken_back = self._take_back(one_pass, row.number)
                if row.number not in short and taken_back is None:
                    continue
                doubted = True
                row.offset = row.ends_at if taken_back is None else taken_back
                row.fetched_again, row.done_at, row.etag = True, None, ""
                row.save(update_fields=["fetched_again", "done_at", "etag", "offset"])
            self._write(**self._counts.columns())
        return doubted

    def _take_back(self, one_pass: ReadingPass, number: int) -> int | None:
        """Forgets that the document of a file was refused which is the last entry of a part, since its content may come
        now. Returns where that document is, None where there is none."""
        last = one_pass.last_without_content.pop(number, None)
        if last is None:
            return None
        document, at = last
        said = self._import.report.filter(code=Outcome.REFUSED, doctype=document.doctype, doc_id=document.id)
        if not said.delete()[0]:
            return None  # its bytes were here already
        self._counts.take_back(document.doctype, Outcome.REFUSED)
        return at

    def _look_through(self, source: ArchiveSource) -> dict[str, Any]:
        """Returns what can be said of archives without a manifest: of each file the size, MD5 and CRC were compared,
        and the directories and albums that others name were looked for. What failed that stands in the report.

        Nobody can prove that the other server sent everything. What speaks against it, is `unproven` and no more than
        that: parts that seem to end early, and more bytes in use there than came.
        """
        counts = self._counts
        short = short_parts(source)
        for one in short:
            counts.say("part_short", one.sentence, entry=one.name)
        rows_of_parts = [row for row, _ in source.parts]
        size = sum(row.files_size for row in rows_of_parts)
        used = self._import.source.get("used")
        missing = counts.outcomes[Outcome.REFUSED] + sum(counts.codes[code] for code in LOST)
        told = self._import.report.filter(code__in=[*LOST, Outcome.REFUSED]).order_by("pk")
        rows = told.values_list("entry", "doctype", "doc_id")[:MOST_NAMED]
        return {
            "kind": "cozy",
            "compared_at": timezone.now().isoformat(),
            "documents": counts.documents,
            "files": sum(row.files_count for row in rows_of_parts),
            "size": size,
            "used": used,
            "short_parts": len(short),
            "unproven": len(short) + (isinstance(used, int) and size < used),
            "missing": missing,
            "missing_names": [entry or f"{doctype}/{doc_id}" for entry, doctype, doc_id in rows],
        }

    def _finish(self, source: ArchiveSource) -> None:
        """In one transaction the import is done, or nothing has changed."""
        if source.manifest is not None and self._saw_all:
            for path in source.manifest.unseen():
                self._counts.say("not_there", "The manifest names it, but no archive brought it.", entry=path)
        missing = self._missing()
        state = ArchiveImport.State.INCOMPLETE if missing else ArchiveImport.State.DONE
        kind = Event.Kind.INCOMPLETE if missing else Event.Kind.DONE
        with transaction.atomic():
            columns = self._counts.columns() | {"missing": missing}
            self._write(**columns, source=self._import.source, proof=self._import.proof)
            self._counts.write_report(self._import)
            end(self._import, state, kind, _summary(self._counts, missing))

    def _missing(self) -> int:
        """Returns how much of what should have come is not here; a manifest that can't be read is not met."""
        missing: int = self._import.proof["missing"]
        return missing + bool(self._counts.codes["manifest_unreadable"])

    def _note_read(self, row: ImportPart) -> None:
        row.done_at = timezone.now()
        with transaction.atomic():
            self._write()
            row.save(update_fields=["done_at"])

    def _new_pass(self, origin: Origin, manifest: Manifest | None, doubts: Proof | None = None) -> ReadingPass:
        return ReadingPass(
            archive_import=self._import,
            placer=Placer(self._import.owner, origin),
            counts=self._counts,
            tally=ArchiveTally(**self._import.tally) if doubts is None else ArchiveTally(),
            limits=Limits.configured(),
            write=self._write,
            still_mine=self._still_mine,
            manifest=manifest,
            doubts=doubts,
        )

    def _write(self, **columns: Any) -> None:
        """Writes columns of the row. Any progress begins the count of tries anew. Raises `Fenced`."""
        if self._counts.progress != self._before:
            columns["tries"] = 0
        jobs.update(self._import, IMPORTING, **columns)

    def _still_mine(self) -> None:
        self._steps += 1
        self._heart.still_mine()

    def _beat(self) -> None:
        read_so_far = self._counts.bytes_read
        if self._watch is not None:
            self._import.bytes_expected = max(self._expected, read_so_far)
            self._watch(self._import, self._counts)
        jobs.update(self._import, IMPORTING, bytes_read=read_so_far, bytes_expected=max(self._expected, read_so_far))


def _what_comes_from(source: ArchiveSource) -> str:
    return gettext("What %(server)s sends") % {"server": source.server}


def _named(row: ImportPart) -> str:
    return row.path or f"Part {row.number + 1}"


def _summary(counts: Counts, missing: int) -> str:
    lacking = f", {missing} missing" if missing else ""
    return f"{counts.documents} documents, {counts.files_count} files, {counts.reported} reported{lacking}"
