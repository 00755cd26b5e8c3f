"""Importing archives: fetched part by part, checked, placed, and proven; killed or cut off at any moment, it goes on.

What can't be fetched now is tried again, less and less often, for hours; each bit of progress begins that anew. In the
end an import is done or an error, with a sentence, and whoever waits for that is told.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from importers.errors import SERVICE_ERRORS, Refusal
from importers.text import keepable
from moves import jobs
from moves.archives.incoming import (
    ArchiveCut,
    ArchiveDamaged,
    ArchiveRefused,
    Limits,
    NotAnArchive,
    Tally,
)
from moves.imports import staging
from moves.imports.counts import Counts
from moves.imports.manifest import Manifest
from moves.imports.parts import Interrupted
from moves.imports.placing import Origin, Outcome, Placer
from moves.imports.proof import MOST_NAMED, Proof, prove
from moves.imports.reading import read
from moves.imports.remote import NoArchive
from moves.imports.short import short_parts
from moves.imports.sources import Source, source_of
from moves.imports.walk import Walk
from moves.jobs import WAKE_AGAIN, Fenced, Heart, tell
from moves.models import ArchiveImport, Event, ImportPart

log = logging.getLogger("wharf.imports")

PAUSES = (10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 3600, 3600, 3600)  # seconds between tries without any progress
MOST_TRIES = len(PAUSES) + 1
LONGEST = timedelta(days=14)  # that an import may take with all its pauses
IMPORTING = Q(state=ArchiveImport.State.IMPORTING)

# What the report says of documents that are not here. A file whose bytes are damaged is refused, and counted so.
LOST = (
    *("document_damaged", "document_too_large", "encrypted", "entry_swells", "link", "method_unknown", "name_empty"),
    *("name_too_deep", "name_too_long", "name_unreadable", "name_unsafe", "parent_missing", "sizes_lie"),
    *("sparse_file", "stray_content"),
)

# What is only known when all archives have been read, and is said again by whoever has read them.
SAID_AT_THE_END = ("missing", "not_there", "parent_missing", "part_short")

Watch = Callable[[ArchiveImport, Counts], None]  # is told now and then how far it has come

# Who waits for the end of an import: called with its row once it is done or an error, after that is written for good.
# Called again until it returns, so it must stand being called twice. An upper floor adds itself when it starts.
ENDED: list[Callable[[ArchiveImport], None]] = []


class Failed(Exception):
    """The import can't succeed. Its text is a sentence for the person."""


def run(pk: int, watch: Watch | None = None, *, at_once: bool = False) -> bool:
    """Imports, unless somebody else does, or it is not yet time to try again (but `at_once`).

    Gives whether this run has ended the import, as done or as error.
    """
    archive_import = _claim(pk, at_once=at_once)
    if archive_import is None:
        return False
    try:
        with _Run(archive_import, watch) as this:
            this.go()
    except Fenced:
        log.info("a run of import %s was overtaken", archive_import.doc_id)
        return False
    except (Interrupted, NoArchive) as cut:
        if isinstance(cut, NoArchive) and not cut.temporary:
            return end_as_error(pk, cut.sentence, epoch=archive_import.epoch)
        return _wait(archive_import, cut.sentence)
    except Failed as failed:
        return end_as_error(pk, str(failed), epoch=archive_import.epoch)
    except Refusal as refusal:
        if refusal.status == 503:
            return _wait(archive_import, refusal.description)
        return end_as_error(pk, _no_room(refusal), epoch=archive_import.epoch)
    except SERVICE_ERRORS as cause:
        log.error("import %s was interrupted", archive_import.doc_id, exc_info=cause)
        return _wait(archive_import, jobs.failure(cause))
    except Exception as fault:  # whatever it is, the import must not stay as if it were still going on
        log.error("import %s failed by a fault of this program", archive_import.doc_id, exc_info=fault)
        sentence = f"This server made a mistake ({type(fault).__name__}). Its operator can find it in the log."
        return end_as_error(pk, sentence, epoch=archive_import.epoch)
    return True


def _claim(pk: int, *, at_once: bool) -> ArchiveImport | None:
    """Begins a run, if no other one lives. Gives the row with the run's epoch, or None."""
    with transaction.atomic():
        row = ArchiveImport.objects.select_for_update().filter(IMPORTING, pk=pk).first()
        if row is None or not jobs.is_free(row):
            return None
        if row.retry_at is not None and row.retry_at > timezone.now() and not at_once:
            return None
        if row.tries >= MOST_TRIES:
            sentence = f"{row.tries} workers died while they read it. The operator of this server can find out why."
            _end(row, ArchiveImport.State.ERROR, Event.Kind.FAILED, sentence)
            return None
        jobs.take(
            row,
            tries=F("tries") + 1,
            retry_at=None,
            waiting_for="",
            started_at=Coalesce("started_at", Now()),
        )
        Event.objects.create(
            archive_import=row,
            kind=Event.Kind.RESTARTED if row.epoch else Event.Kind.STARTED,
            detail=f"run {row.epoch + 1}" if row.epoch else "",
        )
        return ArchiveImport.objects.select_related("owner", "move").get(pk=pk)


class _Run:
    """One run of an import, with its signs of life."""

    def __init__(self, archive_import: ArchiveImport, watch: Watch | None) -> None:
        self._import = archive_import
        self._watch = watch
        self._counts = Counts.of(archive_import)
        self._before = self._counts.progress
        self._expected = archive_import.bytes_expected
        self._steps = 0
        self._heart = Heart(self._beat, lambda: (self._counts.bytes_read, self._counts.documents, self._steps))

    def __enter__(self) -> Self:
        self._heart.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._heart.__exit__(*error)

    def go(self) -> None:
        """Everything, to the end. Raises `Failed` and whatever `run` knows."""
        source = source_of(self._import, Limits.configured(), self._still_mine, self._counts)
        try:
            self._expected = source.size_hint or self._expected
            self._import.source = source.facts
            self._write(source=source.facts, server=source.server, bytes_expected=self._expected)
            self._walk(source)
            self._finish(source)
        finally:
            source.close()

    def _walk(self, source: Source) -> None:
        """Every archive that has not been read, and then the proof."""
        origin = Origin(source.server, source.product, self._import.doc_id)
        walk = self._new_walk(origin, source.manifest)
        try:
            cut, damaged = self._read_all(walk, source)
            if not cut and not damaged and walk.manifest is None and self._doubt_short_parts(walk, source):
                walk.begin_again()
                cut, damaged = self._read_all(walk, source)
            if not cut:
                walk.finish()
            source.manifest = walk.manifest
        finally:
            walk.close()
        if cut:
            raise Interrupted(cut[0])
        if damaged:
            rest = "Everything else is here. " if self._counts.documents else ""
            raise Failed(f"{' '.join(damaged)} {rest}Fetch the archive again, and import it again.")
        if source.manifest is not None:
            self._import.proof = self._prove(source, source.manifest, origin)
        else:
            self._import.proof = self._look_through(source)

    def _read_all(self, walk: Walk, source: Source) -> tuple[list[str], list[str]]:
        """Gives sentences about the parts that broke off and may come whole another time, and about those that can't be
        read to their end. Raises `Failed` for what is more than is allowed."""
        cut: list[str] = []
        damaged: list[str] = []
        for row, part in source.parts:
            if row.done_at is not None:
                if walk.manifest is not None:
                    walk.manifest.note_seen_before(row.number, row.entries)
                continue
            try:
                read(walk, row, part)
            except ArchiveRefused as refused:
                raise Failed(refused.problem.sentence) from refused
            except (ArchiveCut, ArchiveDamaged, NotAnArchive) as bad:
                again = isinstance(bad, ArchiveCut) and source.is_remote
                (cut if again else damaged).append(f"{_named(row)}: {bad.problem.sentence}")
            else:
                self._note_read(row)
        return cut, damaged

    def _prove(self, source: Source, manifest: Manifest, origin: Origin) -> dict[str, Any]:
        """Compares what is here now with what the other server's manifest lists, and fetches what is missing again,
        once. Gives what the receipt says."""
        named = manifest.head.get("with_doctypes")
        doctypes = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
        doctypes = [name for name in doctypes if keepable(name) == name]
        proof = prove(self._import.owner, manifest.lines(), manifest.root.rstrip("/"), doctypes, self._still_mine)
        try:
            if proof.doubtful:
                again = self._new_walk(origin, manifest, proof)
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

    def _doubt_short_parts(self, walk: Walk, source: Source) -> bool:
        """Lets parts that seem to have ended early be read once more, also those whose last entry is the document of a
        file that was refused without its content. Gives whether there are any."""
        if not source.is_remote:
            return False
        short = {one.row.number for one in short_parts(source)}
        with transaction.atomic():
            doubted = False
            for row, _ in source.parts:
                if row.fetched_again:
                    continue
                taken_back = self._take_back(walk, row.number)
                if row.number not in short and taken_back is None:
                    continue
                doubted = True
                row.offset = row.ends_at if taken_back is None else taken_back
                row.fetched_again, row.done_at, row.etag = True, None, ""
                row.save(update_fields=["fetched_again", "done_at", "etag", "offset"])
            self._write(**self._counts.columns())
        return doubted

    def _take_back(self, walk: Walk, number: int) -> int | None:
        """Forgets that the document of a file was refused which is the last entry of a part, since its content may come
        now. Gives where that document is, None where there is none."""
        last = walk.last_without_content.pop(number, None)
        if last is None:
            return None
        document, at = last
        said = self._import.report.filter(code=Outcome.REFUSED, doctype=document.doctype, doc_id=document.id)
        if not said.delete()[0]:
            return None  # its bytes were here already
        self._counts.take_back(document.doctype, Outcome.REFUSED)
        return at

    def _look_through(self, source: Source) -> dict[str, Any]:
        """What can be said of archives without a manifest: of each file the size, MD5 and CRC were compared, and the
        directories and albums that others name were looked for. What failed that stands in the report.

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

    def _finish(self, source: Source) -> None:
        """In one transaction the import is done, or nothing has changed."""
        if source.manifest is not None:
            for path in source.manifest.unseen():
                self._counts.say("not_there", "The manifest names it, but no archive brought it.", entry=path)
        with transaction.atomic():
            self._write(**self._counts.columns(), source=self._import.source, proof=self._import.proof)
            self._counts.write_report(self._import)
            _end(self._import, ArchiveImport.State.DONE, Event.Kind.DONE, _summary(self._counts))

    def _note_read(self, row: ImportPart) -> None:
        row.done_at = timezone.now()
        with transaction.atomic():
            self._write()
            row.save(update_fields=["done_at"])

    def _new_walk(self, origin: Origin, manifest: Manifest | None, doubts: Proof | None = None) -> Walk:
        return Walk(
            archive_import=self._import,
            placer=Placer(self._import.owner, origin),
            counts=self._counts,
            tally=Tally(**self._import.tally) if doubts is None else Tally(),
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


def _named(row: ImportPart) -> str:
    return row.path or f"Part {row.number + 1}"


def _summary(counts: Counts) -> str:
    return f"{counts.documents} documents, {counts.files_count} files, {counts.reported} reported"


def _no_room(refusal: Refusal) -> str:
    return (
        f"{refusal.description.rstrip('.')}. What has arrived stays. Make room, or ask the operator for more, and "
        "import it again: it goes on from here."
    )


# Ends


def _wait(archive_import: ArchiveImport, sentence: str) -> bool:
    """Puts the import off after an interruption, or gives it up after too many. Gives whether it has ended."""
    with transaction.atomic():
        mine = ArchiveImport.objects.select_for_update().filter(
            IMPORTING, pk=archive_import.pk, epoch=archive_import.epoch
        )
        row = mine.first()
        if row is None:
            return False
        too_long = row.created_at < timezone.now() - LONGEST
        if row.tries >= MOST_TRIES or too_long:
            given_up = f"{sentence} It was tried again and again, and given up. What has arrived stays."
            _end(row, ArchiveImport.State.ERROR, Event.Kind.FAILED, given_up)
            return True
        pause = PAUSES[max(0, row.tries - 1)]
        mine.update(
            heartbeat_at=None,
            process="",
            retry_at=timezone.now() + timedelta(seconds=pause),
            waiting_for=sentence,
            tries=max(1, row.tries),
        )
        Event.objects.create(archive_import=row, kind=Event.Kind.INTERRUPTED, detail=f"{sentence} Again in {pause} s.")
    return False


def end_as_error(pk: int, sentence: str, kind: Event.Kind = Event.Kind.FAILED, *, epoch: int | None = None) -> bool:
    """Ends an import as error; with an `epoch`, only if no other run has taken over. Gives whether it did."""
    with transaction.atomic():
        rows = ArchiveImport.objects.select_for_update().filter(IMPORTING, pk=pk)
        row = (rows if epoch is None else rows.filter(epoch=epoch)).first()
        if row is None:
            return False
        _end(row, ArchiveImport.State.ERROR, kind, sentence)
    return True


def _end(row: ArchiveImport, state: ArchiveImport.State, kind: Event.Kind, sentence: str) -> None:
    """The end, in the caller's transaction: the link is forgotten, and what nothing became of is removed."""
    error = sentence if state == ArchiveImport.State.ERROR else ""
    ArchiveImport.objects.filter(pk=row.pk).update(
        state=state, error=error, link="", finished_at=timezone.now(), retry_at=None, waiting_for=""
    )
    Event.objects.create(archive_import=row, kind=kind, detail=sentence)
    kept = list(row.parts.exclude(staging_key="").values_list("staging_key", flat=True))
    row.parts.exclude(staging_key="").update(staging_key="", staged_at=0)
    transaction.on_commit(lambda: _after(row, kept))


def _after(row: ArchiveImport, kept: list[str]) -> None:
    for key in kept:
        staging.discard_large(row.owner, key)
    wake_after(row.pk)


def settle(pk: int) -> None:
    """Tells everybody who waits for the end of an import. Raises what they raise, and is then called again."""
    row = (
        ArchiveImport.objects.select_related("owner", "move").filter(pk=pk, settled_at=None).exclude(IMPORTING).first()
    )
    if row is None:
        return
    for ended in ENDED:
        ended(row)
    ArchiveImport.objects.filter(pk=pk, settled_at=None).update(settled_at=timezone.now())


# Waking workers


def wake(pk: int) -> None:
    """Tells a worker, if any listens. If none does, `revive` finds the row later."""
    tell("moves.tasks.import_archive", pk)


def wake_after(pk: int) -> None:
    """Tells a worker that an import has ended: somebody waits for a mail, and perhaps a move."""
    tell("moves.tasks.settle_import", pk)
    tell("moves.tasks.send_import_mail", pk)


def revive() -> int:
    """Wakes a worker for every import that nobody works on and whose time has come. Gives their number."""
    ended = ArchiveImport.objects.exclude(IMPORTING).filter(Q(settled_at=None) | Q(mailed_at=None))
    late = ended.filter(finished_at__lt=_some_time_ago(), woken_at__lt=_some_time_ago())
    for pk in list(late.values_list("pk", flat=True)):
        ArchiveImport.objects.filter(pk=pk).update(woken_at=Now())
        wake_after(pk)
    importing = ArchiveImport.objects.filter(IMPORTING)
    rows = jobs.left_alone(importing.filter(retry_at=None))
    due = importing.filter(retry_at__lte=timezone.now()).filter(
        Q(woken_at__lt=F("retry_at")) | Q(woken_at__lt=_some_time_ago())
    )
    rows |= set(due.values_list("pk", flat=True))
    for pk in rows:
        ArchiveImport.objects.filter(pk=pk).update(woken_at=Now())
        wake(pk)
    return len(rows)


def _some_time_ago() -> datetime:
    return timezone.now() - WAKE_AGAIN
