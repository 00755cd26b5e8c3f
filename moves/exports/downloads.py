"""`GET /move/exports/data/<opaque>?cursor=`: the parts of an export, whole or any range of their bytes.

Answered by Django's ASGI handler (see config/asgi.py). No database connection is held while bytes flow, and nothing of
an archive is kept in memory but the piece that is on its way.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt

from accounts.throttles import client_address
from importers.content.asking import asked
from importers.content.outgoing import OutgoingBytes, SentBytes, outgoing_of
from importers.content.ranges import Span, Unsatisfiable, requested_span
from importers.content.sharing import written
from importers.errors import SERVICE_ERRORS
from moves import errors
from moves.archives.archive import FORMATS, Archive, Spools, read
from moves.archives.begun import BegunPieces
from moves.archives.entry import EntryMissing
from moves.errors import JsonApiRefusal
from moves.exports import fetches, links
from moves.exports.progress import DownloadProgress
from moves.models import Export, Part

log = logging.getLogger("wharf.exports")


class Revoked(Exception):
    """The link was revoked, or the export has expired, while it was fetched: the connection breaks."""


@dataclass(frozen=True)
class PartDownload:
    """A part that somebody may have. `part`: its key, where what is sent of it is noted, since the target of a move
    asks for it; else 0. `fetch`: the row that says who fetches it, once that is written."""

    export: Export
    number: int
    archive: Archive
    part: int
    fetch: int = 0

    @property
    def etag(self) -> str:
        """Strong: a run's spool never changes, and another run is another one."""
        return f'"{self.export.doc_id}-{self.export.epoch}-{self.number}-{self.archive.suffix}"'

    @property
    def headers(self) -> dict[str, str]:
        """What every answer about it says."""
        day = f"{self.export.snapshot_at or self.export.created_at:%Y-%m-%d}"
        which = f"{self.export.owner.username}-{day}-{self.export.short_id}"
        name = f"wharf-{which}-part-{self.number + 1}.{self.archive.suffix}"
        return {
            "Content-Type": self.archive.content_type,
            "ETag": self.etag,
            "Accept-Ranges": "bytes",
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-cache",
            "X-Accel-Buffering": "no",  # of what a proxy holds, nobody knows whether it was sent
        }


@csrf_exempt
async def data(request: HttpRequest, opaque: str) -> HttpResponseBase:
    """A part as a zip, or as a tar by `?format=tar` (RFC 9110, sections 13 and 14)."""
    try:
        download = await asked(_find, request, opaque)
        if request.method == "GET":
            agent = request.headers.get("User-Agent", "")
            fetch = await written(fetches.begin, download.export, download.number, client_address(request), agent)
            download = replace(download, fetch=fetch)
        response = get_conditional_response(request, etag=download.etag) or await _answer(request, download)
    except JsonApiRefusal as refused:
        return errors.refusal(refused)
    except (EntryMissing, *SERVICE_ERRORS) as gone:
        log.error("a part can't be opened", exc_info=gone)
        return errors.refusal(errors.unavailable("The storage or the database does not answer."))
    for name, value in download.headers.items():
        response[name] = value
    return response


def _find(request: HttpRequest, opaque: str) -> PartDownload:
    """Returns what the request may have."""
    if request.method not in ("GET", "HEAD"):
        raise JsonApiRefusal(405, "Method Not Allowed", "Only GET and HEAD.", headers={"Allow": "GET, HEAD"})
    export = links.export_of(opaque)
    if export is None:
        raise errors.not_found()
    kind = FORMATS.get(request.GET.get("format", "zip"))
    if kind is None:
        raise JsonApiRefusal(400, "Bad Request", f"There are {' and '.join(FORMATS)}.", parameter="format")
    if export.state != Export.State.DONE:
        raise JsonApiRefusal(409, "Conflict", f"This export is not ready: its state is {export.state}.")
    number = Part.number_of(request.GET.get("cursor", ""))
    part = None if number is None else export.parts.filter(number=number).first()
    if part is None:
        raise JsonApiRefusal(404, "Not Found", "There is no part with this cursor.", parameter="cursor")
    noted = part.pk if links.is_peers(opaque) else 0
    return PartDownload(export, part.number, kind(part, Spools.of(export)), noted)


async def _answer(request: HttpRequest, download: PartDownload) -> HttpResponseBase:
    """200, 206 or 416. Raises what reading its first bytes raises and may pass, since nothing has been said yet."""
    size = download.archive.size
    try:
        span = requested_span(request.headers.get("Range"), request.headers.get("If-Range"), download.etag, size)
    except Unsatisfiable as outside:
        return HttpResponse(status=416, headers={"Content-Range": outside.content_range})
    status, headers = 200, {}
    if span is None:
        span = Span(0, size, size)
    else:
        status, headers = 206, {"Content-Range": span.content_range}
    headers["Content-Length"] = str(len(span))
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    outgoing = outgoing_of(request)
    chunks = _Chunks(download, span, outgoing)
    await asyncio.to_thread(chunks.begin)
    return SentBytes(_bytes(download, span, chunks, outgoing), outgoing, status=status, headers=headers)


class _Chunks:
    """The chunks of a span, read one at a time in whatever thread asks; closed only when nobody reads."""

    def __init__(self, download: PartDownload, span: Span, outgoing: OutgoingBytes) -> None:
        self._chunks = BegunPieces(read(download.archive, span.start, span.stop, chunk_size=lambda: outgoing.chunk))
        self._reading = threading.Lock()

    def begin(self) -> None:
        """Reads the first chunk. Raises what may pass."""
        with self._reading:
            self._chunks.begin()

    def next(self) -> bytes:
        """The next chunk, empty at the end. Raises `EntryMissing`."""
        with self._reading:
            return self._chunks.next()

    def close(self) -> None:
        with self._reading:
            self._chunks.close()


async def _bytes(download: PartDownload, span: Span, chunks: _Chunks, outgoing: OutgoingBytes) -> AsyncGenerator[bytes]:
    """The bytes of a span. Each chunk is read when the one before is written: what the kernel still has of that is on
    its way meanwhile.

    Before the last byte goes, all others have arrived, and it is written down that all have: whoever has them all may
    say so at once. Where that can't be written, the connection breaks off there, and whoever fetches goes on.

    Raises `EntryMissing` and `Revoked`: the server then closes the connection before the announced length is there.
    """
    progress = DownloadProgress(download.part, download.archive.suffix, span, outgoing)
    looked = time.monotonic()
    try:
        while chunk := await asyncio.to_thread(chunks.next):
            if time.monotonic() - looked > settings.WHARF_DOWNLOAD_LOOKS_AGAIN:
                await asked(_require_link, download.export)
                looked = time.monotonic()
            last = b""
            if progress.handed_over + len(chunk) == len(span):
                chunk, last = chunk[:-1], chunk[-1:]
            if size := len(chunk):
                given = [chunk]
                del chunk  # nobody holds what was given away
                yield given.pop()
                if not await progress.took(size):
                    return
            if last:
                if not await progress.end():
                    return
                reached_end = span.stop == download.archive.size
                await written(fetches.end, download.fetch, len(span), reached_end=reached_end)
                yield last
    except EntryMissing as missing:
        log.error("an entry of export %s is missing", download.export.doc_id, exc_info=missing)
        if not missing.may_pass:
            await asked(fetches.note_missing, download.export, missing.name)
        raise
    finally:
        # Whoever finds that the client has gone may cancel this while it ends: it ends all the same.
        await asyncio.shield(asyncio.ensure_future(_end(chunks, progress)))


async def _end(chunks: _Chunks, progress: DownloadProgress) -> None:
    try:
        await progress.break_off()
    finally:
        await asyncio.to_thread(chunks.close)


def _require_link(export: Export) -> None:
    """Raises `Revoked` where the link that the download began with is not good any more."""
    if not Export.objects.filter(pk=export.pk, link=export.link, removed_at=None).exists():
        raise Revoked
    fetches.watch(export)
