"""Asking for an import: what is looked at before it begins, and one at a time."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.sizes import human_size
from accounts.texts import in_english, kept_text
from accounts.web_address import WebAddress
from importers.content import quota
from moves.errors import JsonApiRefusal
from moves.imports.running import job
from moves.imports.running.ending import end_as_error
from moves.imports.running.run import SAID_AT_THE_END
from moves.imports.sources.export import RemoteExport
from moves.imports.sources.links import NoArchive, PlainLink
from moves.models import ArchiveImport, Event, ImportPart, Move, ReportEntry
from moves.peers.site import site_of

TOO_LITTLE_ROOM = kept_text(
    "The archive brings %(least)s and more, but there is room for %(room)s. Make room, or ask the operator for more.",
    measures=["least", "room"],
)
ANOTHER_IS_RUNNING = kept_text("Another import into this account is running. Wait until it has ended.")
ASKED_FOR_LINK = kept_text("from %(server)s, by %(origin)s")
ASKED_FOR_FILES = kept_text("%(files)s, by %(origin)s")

GOES_ON = timedelta(days=30)  # how long an import that failed is gone on with, when it is asked for again

# What an import that goes on has of the one before it.
TAKEN_OVER = (
    "documents",
    "files_count",
    "files_size",
    "doctypes",
    "outcomes",
    "bytes_read",
    "bytes_expected",
    "tally",
)


def precheck(owner: User, link: str) -> RemoteExport:
    """Returns the export that a link leads to, if it can be imported into this account.

    Raises `JsonApiRefusal`: 412 where no archive can be had there, 422 where there is no room for it, or where the
    link is not encrypted.
    """
    try:
        remote = RemoteExport.find(link)
    except PlainLink as plain:
        raise JsonApiRefusal(422, "Unprocessable Content", plain.sentence, pointer="/data/attributes/url") from plain
    except NoArchive as none:
        raise JsonApiRefusal(412, "Precondition Failed", none.sentence, pointer="/data/attributes/url") from none
    _require_room(owner, remote)
    return remote


def _require_room(owner: User, remote: RemoteExport) -> None:
    """Raises `JsonApiRefusal` (422) where the files certainly don't fit. What nobody can know now, the import finds
    out."""
    if owner.quota_bytes is None:
        return
    room = owner.quota_bytes - owner.used_bytes
    if owner.archive_imports.filter(server=remote.host).exists():
        room = owner.quota_bytes  # what is in use may be what came from there before, and is not charged again
    least = _least_size(remote)
    if least > room:
        raise JsonApiRefusal(
            422,
            "Entity Too Large",
            _too_little_room(least, room),
            pointer="/data/attributes/url",
        )


@in_english()
def _too_little_room(least: int, room: int) -> str:
    return TOO_LITTLE_ROOM % {"least": human_size(least), "room": human_size(max(0, room))}


def _least_size(remote: RemoteExport) -> int:
    """Returns the bytes of files that there are at least.

    A server that doesn't say it has parts that hold up to `parts_size`: each ends where the next file would not have
    fitted in, so two that follow each other have more than that together.
    """
    if remote.files_size is not None:
        return remote.files_size
    return (len(remote.cursors) + 1) // 2 * remote.parts_size


def begin(
    owner: User,
    *,
    link: str = "",
    paths: Sequence[str | Path] = (),
    origin: str,
    move: Move | None = None,
) -> ArchiveImport:
    """Begins an import of the export at a link, or of archives on this machine, and tells a worker when the row is
    there for good (but the command, which runs it by itself). Returns its row.

    Asked for again while it runs, it is the same one. Asked for again after it failed, it goes on where it was. Raises
    `JsonApiRefusal` (409) while another one of this account runs, or where nothing can be added to it.
    """
    found = sorted(str(Path(path).resolve()) for path in paths)
    address = WebAddress.parse(link.strip())
    whence = hashlib.sha256("\n".join([link.strip(), *found]).encode()).hexdigest()
    with transaction.atomic():
        owner = quota.lock(owner)  # so that two requests at once are one after the other
        if owner.blocked:
            raise JsonApiRefusal(409, "Conflict", owner.why_blocked)
        running = owner.archive_imports.filter(state=ArchiveImport.State.IMPORTING).first()
        if running is not None:
            if running.whence == whence and running.move_id == (move.pk if move else None):
                return running
            raise JsonApiRefusal(409, "Conflict", ANOTHER_IS_RUNNING)
        archive_import = ArchiveImport.objects.create(
            owner=owner,
            origin=origin,
            move=move,
            link=link.strip(),
            paths=found,
            whence=whence,
            server=address.hostname[:255] if address else "",
            site=site_of(link)[:255],
        )
        _go_on(archive_import)
        what = {"server": archive_import.server, "files": ", ".join(found), "origin": origin}
        detail = (ASKED_FOR_LINK if link else ASKED_FOR_FILES) % what
        Event.objects.create(archive_import=archive_import, kind=Event.Kind.REQUESTED, detail=detail)
        if origin != "command":
            transaction.on_commit(lambda: job.wake(archive_import.pk))
    return archive_import


def _go_on(archive_import: ArchiveImport) -> None:
    """Takes over how far the last import of the same archives came that failed, and what was to be said of that, so
    that the report at the end tells of all of it. Whether they are still the same is seen when they are opened."""
    earlier = (
        ArchiveImport.objects.filter(owner=archive_import.owner, whence=archive_import.whence)
        .exclude(pk=archive_import.pk)
        .order_by("pk")
        .last()
    )
    if earlier is None or earlier.state != ArchiveImport.State.ERROR:
        return
    if earlier.finished_at is None or earlier.finished_at < timezone.now() - GOES_ON:
        return
    for part in earlier.parts.all():
        ImportPart.objects.create(
            archive_import=archive_import,
            number=part.number,
            cursor=part.cursor,
            path=part.path,
            etag=part.etag,
            size=part.size,
            offset=part.offset,
            entries=part.entries,
            files_count=part.files_count,
            files_size=part.files_size,
            first_file=part.first_file,
            ends_at=part.ends_at,
            fetched_again=part.fetched_again,
            ordered_from=part.ordered_from,
            ordered_by=part.ordered_by,
            done_at=part.done_at,
        )
    codes = {code: number for code, number in earlier.codes.items() if code not in SAID_AT_THE_END}
    ArchiveImport.objects.filter(pk=archive_import.pk).update(
        **{name: getattr(earlier, name) for name in TAKEN_OVER}, codes=codes, reported=sum(codes.values())
    )
    said = list(earlier.report.exclude(code__in=SAID_AT_THE_END))
    for entry in said:
        entry.pk, entry.archive_import = None, archive_import
    ReportEntry.objects.bulk_create(said, batch_size=500)


def cancel(archive_import: ArchiveImport, why: str, *, stopped: bool = True) -> bool:
    """Ends an import that has not ended; what has arrived stays. `stopped`: somebody wanted that. Returns whether there
    was anything to end."""
    return end_as_error(archive_import.pk, why, Event.Kind.CANCELLED, stopped=stopped)


def try_now(archive_import: ArchiveImport) -> bool:
    """Makes an import that waits after an interruption go on at once. Returns whether it did wait."""
    waiting = ArchiveImport.objects.filter(pk=archive_import.pk, state=ArchiveImport.State.IMPORTING)
    if not waiting.filter(heartbeat_at=None).update(retry_at=None, waiting_for="", tries=0):
        return False
    job.wake(archive_import.pk)
    return True


def begin_again(archive_import: ArchiveImport) -> bool:
    """Goes on with a failed import of files of this machine. Returns whether it could: a link is forgotten at the end,
    so that one can't be gone on with."""
    if archive_import.state != ArchiveImport.State.ERROR or not archive_import.paths:
        return False
    try:
        begin(archive_import.owner, paths=archive_import.paths, origin="admin")
    except JsonApiRefusal:
        return False
    return True
