"""One run of an import: every part is read and placed, and everything is compared at the end."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.texts import in_english, kept_text
from importers.merging.origin import Origin
from importers.text import keepable
from moves import counted, jobs
from moves.archives.incoming import ArchiveTally, Limits
from moves.archives.layout import EntryKind, place_of
from moves.imports.counts import Counts
from moves.imports.placing.placer import Placer
from moves.imports.proof import MOST_NAMED, Proof, prove
from moves.imports.reading.archive import read
from moves.imports.reading.reading_pass import ReadingPass
from moves.imports.running.all_parts import AllParts
from moves.imports.running.ending import IMPORTING, Failed, end
from moves.imports.running.evidence import evidence
from moves.imports.running.pace import Pace
from moves.imports.sources.manifest import Manifest
from moves.imports.sources.parts import StreamInterrupted
from moves.imports.sources.source import ArchiveSource, source_of
from moves.jobs import Heart
from moves.models import ArchiveImport, Event
from moves.shares import should_make_room
from moves.watch import watched

# What is only known when all archives have been read, and is said again by whoever has read them.
SAID_AT_THE_END = ("missing", "not_there", "parent_missing", "part_short")

AGAIN_FROM_FILES = kept_text("Fetch the archive again, and import it again.")
AGAIN_FROM_LINK = kept_text("Import it again by the same link; if that fails as well, ask for a new export there.")
REST_IS_HERE = kept_text("Everything else is here.")
NOT_ARRIVED = kept_text("It is in the manifest, but did not arrive.")
NOT_BROUGHT = kept_text("The manifest names it, but no archive brought it.")
BROUGHT = kept_text("%(documents)s, %(files)s, %(reported)s", sentences=counted.KEPT)
BROUGHT_BUT = kept_text("%(documents)s, %(files)s, %(reported)s, %(missing)s", sentences=counted.KEPT)

COMPARED = (EntryKind.DOCUMENT, EntryKind.CONTENT)  # by the proof
MOST_DOUBLED = 6  # times that a turn is twice as long as the one before
ASK_EVERY = 5.0  # seconds between two looks whether others wait

ImportWatch = Callable[[ArchiveImport, Counts], None]  # is told now and then how far it has come


class ImportRun:
    """One run of an import, with its signs of life."""

    def __init__(self, archive_import: ArchiveImport, watch: ImportWatch | None) -> None:
        self._import = archive_import
        self._watch = watch
        self._counts = Counts.of(archive_import)
        self._before = self._counts.progress
        self._read_before = archive_import.bytes_read > 0
        self._expected = archive_import.bytes_expected
        self._waiting_for = archive_import.waiting_for  # why the run before was interrupted, until this one goes on
        self._steps = 0
        self._saw_all = True  # whether every entry was seen by this run, or stands where the manifest has it
        self._heart = Heart(self._beat, lambda: (self._counts.bytes_read, self._counts.documents, self._steps))
        before = max(archive_import.tally.get("unpacked", 0), archive_import.bytes_read)
        self._pace = Pace(self._heart.still_mine, archive_import.started_at or timezone.now(), before)
        turn: timedelta = settings.WHARF_IMPORT_TURN
        self._turn = turn * 2 ** min(archive_import.epoch - 1, MOST_DOUBLED)
        self._began = time.monotonic()
        self._asked_at = self._began - ASK_EVERY

    def __enter__(self) -> Self:
        self._heart.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._heart.__exit__(*error)

    def go(self) -> None:
        """Does all of it. Raises `Failed`, and whatever else `job.run` answers."""
        with watched(self._pace):
            self._go()

    def _go(self) -> None:
        source = source_of(self._import, Limits.configured(), self._still_mine, self._counts)
        try:
            self._expected = source.size_hint or self._expected
            self._import.source = source.facts
            self._write(source=source.facts, server=source.server, bytes_expected=self._still_expected)
            self._read_and_prove(source)
            self._finish(source)
        finally:
            source.close()

    def _read_and_prove(self, source: ArchiveSource) -> None:
        """Reads every archive that has not been read, and proves what came."""
        origin = Origin(source.server, source.product, self._import.doc_id)
        one_pass = self._new_pass(origin, source)
        parts = AllParts(source, one_pass)
        try:
            parts.read()
            if parts.are_whole and one_pass.manifest is None and parts.doubt_short_ones():
                one_pass.begin_again()
                parts.read()
            if parts.are_whole and not self._read_before:
                parts.require_export()
            if not parts.cut:
                one_pass.finish()
            source.manifest = one_pass.manifest
        finally:
            one_pass.close()
        self._saw_all = parts.saw_all
        if parts.cut:
            raise StreamInterrupted(parts.cut[0])
        if parts.damaged:
            rest = f"{REST_IS_HERE} " if self._counts.documents else ""
            again = AGAIN_FROM_LINK if source.is_remote else AGAIN_FROM_FILES
            raise Failed(f"{' '.join(parts.damaged)} {rest}{again}")
        if source.manifest is not None:
            self._import.proof = self._prove(source, source.manifest, origin)
        else:
            self._import.proof = evidence(self._import, self._counts, source)

    def _prove(self, source: ArchiveSource, manifest: Manifest, origin: Origin) -> dict[str, Any]:
        """Compares what is here now with what the other server's manifest lists, and fetches what is missing again,
        once. Returns what the receipt says."""
        named = manifest.head.get("with_doctypes")
        doctypes = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
        doctypes = [name for name in doctypes if keepable(name) == name]
        proof = prove(self._import.owner, manifest.lines(), manifest.root.rstrip("/"), doctypes, self._still_mine)
        try:
            if proof.doubtful:
                again = self._new_pass(origin, source, proof)
                try:
                    for row, part in source.parts:
                        read(again, row, part)
                    again.finish()
                finally:
                    again.close()
            for name in proof.missing():
                self._counts.say("missing", NOT_ARRIVED, entry=name)
            return proof.summary()
        finally:
            proof.close()

    def _finish(self, source: ArchiveSource) -> None:
        """In one transaction the import is done, or nothing has changed."""
        if source.manifest is not None and self._saw_all:
            self._note_unseen(source.manifest)
        missing = self._missing()
        state = ArchiveImport.State.INCOMPLETE if missing else ArchiveImport.State.DONE
        kind = Event.Kind.INCOMPLETE if missing else Event.Kind.DONE
        with transaction.atomic():
            columns = self._counts.columns() | {"missing": missing}
            self._write(**columns, source=self._import.source, proof=self._import.proof)
            self._counts.write_report(self._import)
            end(self._import, state, kind, _summary(self._counts, missing))

    def _note_unseen(self, manifest: Manifest) -> None:
        """Says what no archive brought. Documents and their bytes were compared with what is here; anything else is
        missing, since only an archive could bring it."""
        proof = self._import.proof
        for path in manifest.unseen():
            self._counts.say("not_there", NOT_BROUGHT, entry=path)
            if place_of(path).kind not in COMPARED:
                proof["missing"] += 1
                if len(proof["missing_names"]) < MOST_NAMED:
                    proof["missing_names"].append(path)

    def _missing(self) -> int:
        """Returns how much of what should have come is not here; a manifest that can't be read is not met."""
        missing: int = self._import.proof["missing"]
        return missing + bool(self._counts.codes["manifest_unreadable"])

    def _new_pass(self, origin: Origin, source: ArchiveSource, doubts: Proof | None = None) -> ReadingPass:
        return ReadingPass(
            archive_import=self._import,
            placer=Placer(self._import.owner, origin),
            counts=self._counts,
            tally=ArchiveTally(**self._import.tally) if doubts is None else ArchiveTally(),
            limits=Limits.configured(),
            write=self._write,
            still_mine=self._still_mine,
            roots=source.roots,
            manifest=source.manifest,
            doubts=doubts,
        )

    def _write(self, **columns: Any) -> None:
        """Writes columns of the row. Any progress begins the count of tries anew. Raises `Fenced`."""
        if self._counts.progress != self._before:
            columns["tries"] = 0
            columns["waiting_for"] = self._waiting_for = ""
        jobs.update(self._import, IMPORTING, **columns)

    def _still_mine(self) -> None:
        self._steps += 1
        self._heart.still_mine()

    def _beat(self) -> None:
        read_so_far = self._counts.bytes_read
        if self._watch is not None:
            self._import.bytes_expected = max(self._expected, read_so_far)
            self._watch(self._import, self._counts)
        jobs.update(
            self._import,
            IMPORTING,
            bytes_read=read_so_far,
            bytes_expected=self._still_expected,
            waiting_for=self._pace.trouble or self._waiting_for,
        )
        if self._watch is None:
            self._make_room()

    @property
    def _still_expected(self) -> int:
        """About how many bytes there are in all; 0 where more has come than was expected, so that nobody knows."""
        return self._expected if self._counts.bytes_read <= self._expected else 0

    def _make_room(self) -> None:
        """Ends the turn of a run that has been at it for long, where others wait. Each turn is twice as long as the one
        before, so that an archive comes to its end that can only be read from its beginning."""
        now = time.monotonic()
        if now - self._began >= self._turn.total_seconds() and now - self._asked_at >= ASK_EVERY:
            self._asked_at = now
            self._pace.is_over = self._pace.is_over or should_make_room()


@in_english()
def _summary(counts: Counts, missing: int) -> str:
    return (BROUGHT_BUT if missing else BROUGHT) % {
        "documents": counted.things(counts.documents),
        "files": counted.files(counts.files_count),
        "reported": counted.reported(counts.reported),
        "missing": counted.missing(missing),
    }
