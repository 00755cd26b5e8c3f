"""`GET /content/<sha256>`: stored bytes, for the person who holds them."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

from accounts.admin import opening
from accounts.entry.operators import led_elsewhere
from accounts.models import User
from accounts.not_just_now import not_just_now
from accounts.sessions import SendingSession
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record
from importers.content import stored
from importers.content.asking import asked
from importers.content.first_bytes import mime_of_stored
from importers.content.outgoing import SentBytes, outgoing_of
from importers.content.ranges import Span, Unsatisfiable, requested_span
from importers.content.suffixes import suffix_of
from importers.digests import is_sha256
from importers.errors import SERVICE_ERRORS
from importers.models import Content, Holding
from importers.models.content import WithFile
from importers.text import portable_name

log = logging.getLogger("wharf.download")

OPEN = "open"  # the deed of the admin by which auditors say why
PLAYED = {"video": "video/", "sound": "audio/"}  # what `?as=` may say, and how the type of such a file begins
MOST_TOLD = 20  # of those who hold the same bytes
SAVED_NOT_SHOWN = {
    "Content-Type": "application/octet-stream",  # whatever the exporter called it, it is saved, not shown
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-cache",
}


@dataclass(frozen=True)
class ContentDownload:
    """Bytes that somebody may have, and the name under which they are saved. `played_as`: the type of a video or sound
    that its page plays, whose bytes say themselves that they are one."""

    key: str
    size: int
    etag: str
    name: str
    played_as: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What every answer about them says."""
        if self.played_as:
            return SAVED_NOT_SHOWN | {"ETag": self.etag, "Accept-Ranges": "bytes", "Content-Type": self.played_as}
        disposition = content_disposition_header(as_attachment=True, filename=self.name) or "attachment"
        return SAVED_NOT_SHOWN | {
            "ETag": self.etag,
            "Accept-Ranges": "bytes",
            "Content-Disposition": disposition,  # RFC 6266
        }


async def content(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """The content of this SHA-256, whole or one range of it (RFC 9110, section 14).

    It is given to whoever holds it, and to staff who may view content, auditors among them with a reason. For anybody
    else there is no difference between content that is not theirs and content that is not there. `?doc=` names the
    record that the file is named after. With `?as=video` or `?as=sound`, what is one by its own bytes is answered as
    such, for the page that plays it.
    """
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        person, download = await sync_to_async(_find)(
            request, sha256, request.GET.get("doc", ""), request.GET.get("as", "")
        )
    except SERVICE_ERRORS as error:
        log.error("the database does not answer", exc_info=error)
        return not_just_now()
    if not person:
        return redirect_to_login(request.get_full_path())
    if isinstance(download, HttpResponseBase):
        return download
    if download is None:
        return await sync_to_async(render)(request, "404.html", status=404)
    try:
        response = get_conditional_response(request, etag=download.etag) or await _answer(request, download)
    except SERVICE_ERRORS as error:
        log.error("the storage does not have %s", download.key, exc_info=error)
        return not_just_now()
    for name, value in download.headers.items():
        response[name] = value
    return response


async def _answer(request: HttpRequest, download: ContentDownload) -> HttpResponseBase:
    """200, 206 or 416. Raises what the storage raises, as long as nothing has been said yet."""
    try:
        span = requested_span(
            request.headers.get("Range"), request.headers.get("If-Range"), download.etag, download.size
        )
    except Unsatisfiable as outside:
        return HttpResponse(status=416, headers={"Content-Range": outside.content_range})
    status, headers = 200, {}
    if span is None:
        span = Span(0, download.size, download.size)
    else:
        status, headers = 206, {"Content-Range": span.content_range}
    headers["Content-Length"] = str(len(span))
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    opened = await asyncio.to_thread(stored.open_at, download.key, span.start, span.stop)
    outgoing = outgoing_of(request)
    chunks = _while_open(stored.chunks(opened, len(span), outgoing), SendingSession(request))
    return SentBytes(chunks, outgoing, status=status, headers=headers)


async def _while_open(chunks: AsyncGenerator[bytes], session: SendingSession) -> AsyncGenerator[bytes]:
    """The chunks, as long as the session lasts by which they were asked for. Raises `SessionOver`, and what they
    raise."""
    async with aclosing(chunks):
        async for chunk in chunks:
            held = [chunk]
            del chunk  # nobody holds what was given away
            if session.is_due:
                await asked(session.look)
            yield held.pop()


def _find(
    request: HttpRequest, sha256: str, doc_id: str, wanted: str
) -> tuple[User | None, ContentDownload | HttpResponseBase | None]:
    """Who asks, and what they may have. Returns the connection to its pool: none is held while bytes flow."""
    try:
        person = request.user
        if not isinstance(person, User):
            return None, None
        return person, _download(request, person, sha256, doc_id, wanted)
    finally:
        connection.close()


def _download(
    request: HttpRequest, person: User, sha256: str, doc_id: str, wanted: str
) -> ContentDownload | HttpResponseBase | None:
    found = Content.objects.filter(sha256=sha256).first() if is_sha256(sha256) else None
    if found is None:
        return None
    holds = Holding.objects.filter(owner=person, content=found).exists()
    if not holds and not (person.is_staff and person.has_perm("importers.view_content")):
        return None
    if not holds and (elsewhere := led_elsewhere(request)) is not None:
        return elsewhere
    if not holds and opening.must_ask(request, found):
        return redirect("admin:importers_content_do", found.pk, OPEN)
    if not holds and request.method == "GET":
        _tell(request, found)
    name = file_name(found, {"owner": person} if holds else {}, doc_id)
    begins = PLAYED.get(wanted)
    played_as = mime_of_stored("", found.storage_key, found.size) if begins else ""
    return ContentDownload(
        found.storage_key,
        found.size,
        f'"{found.sha256}"',
        portable_name(name),
        played_as if begins and played_as.startswith(begins) else "",
    )


def _tell(request: HttpRequest, found: Content) -> None:
    """Tells the trail of those whose content it is that an operator fetches it; of the same bytes, the first ones."""
    what = f"{found._meta.label_lower}:{found.pk}"
    owners = Holding.objects.filter(content=found).order_by("pk").values_list("owner_id", flat=True)
    for pk in owners[:MOST_TOLD]:
        record(AuditKind.STAFF_FETCHED, subject=subjects.person(pk), request=request, cause=what, what=what)


def file_name(content: Content, among: dict[str, Any], doc_id: str = "") -> str:
    """The name of a record that this content belongs to: the one with `doc_id`, or one that came first. Where none has
    a name, its SHA-256 with the suffix of its type."""
    mime = ""
    if doc_id:
        among = among | {"doc_id": doc_id}
    for relation in content._meta.related_objects:
        model: Any = relation.related_model
        if issubclass(model, WithFile):
            record = model._default_manager.filter(content=content, **among).defer("payload").order_by("pk").first()
            if record is not None and record.file_name:
                return str(record.file_name)
            mime = mime or getattr(record, "mime", "")
    return content.sha256 + suffix_of(mime_of_stored(mime, content.storage_key, content.size))
