"""`GET /formats/<kind of data>/<format>`: one kind of a person's data in a standard format, written as it is fetched;
`GET /formats/chosen` and `/formats/chosen/<key>`: files that they have chosen (moves/formats/chosen.py).

Answered by Django's ASGI handler (see config/asgi.py). A download holds a connection to the database for as long as it
lasts, since its snapshot must stay open; so there are few at once, and each must end within a bounded time. It holds
no thread but while a piece of it is made.
"""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Self

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from accounts.entry.identity import is_recent
from accounts.models import User
from accounts.sessions import SendingSession
from importers.documents.snapshot import Snapshot
from importers.errors import SERVICE_ERRORS
from importers.formats.format import FormatBytes
from importers.text import portable_name
from moves.archives.begun import BegunPieces
from moves.archives.entry import EntryMissing
from moves.exports.snapshot import OpenSnapshot
from moves.formats.chosen import ChosenFiles, found
from moves.formats.offered import SEVERAL, OfferedFormat, files_of, first_names, named
from moves.formats.stored_files import bytes_of_one, gathered
from moves.formats.zip_stream import zipped
from moves.told import tell_of_format

log = logging.getLogger("wharf.formats")

WriteFiles = Callable[[Iterator[tuple[str, FormatBytes]]], Generator[bytes]]
ZIP = "application/zip"
TRY_AGAIN = 30  # seconds


class TookTooLong(Exception):
    """A download has had its time. The connection breaks, so that nobody takes what came for the whole."""


class NothingOfIt(Exception):
    """There is no file of this format in the account."""


class FormatPlaces:
    """How many downloads there are in this process, and whose."""

    def __init__(self) -> None:
        self._taken: Counter[int] = Counter()
        self._lock = threading.Lock()

    def take(self, person: int) -> bool:
        """Takes a place, if there is one."""
        with self._lock:
            of_one, of_all = self._taken[person], self._taken.total()
            if of_one >= settings.WHARF_FORMATS_PER_PERSON or of_all >= settings.WHARF_FORMATS_AT_ONCE:
                return False
            self._taken[person] += 1
            return True

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._taken.total()

    def leave(self, person: int) -> None:
        """Gives a place back."""
        with self._lock:
            self._taken -= Counter([person])


places = FormatPlaces()


@dataclass(frozen=True)
class WrittenDownload:
    """What is sent. `name`: what it is saved as; `told`: what the audit trail is told that it was."""

    name: str
    media_type: str
    pieces: Generator[bytes]
    told: str


# Says of the snapshot of a person what is sent. Raises `NothingOfIt`.
Written = Callable[[Snapshot], WrittenDownload]


def of_format(offered: OfferedFormat) -> Written:
    """Returns how a format is sent: one file as itself, several as a zip."""

    def written(snapshot: Snapshot) -> WrittenDownload:
        names = first_names([offered], snapshot)
        if not names:
            raise NothingOfIt
        told = f"{offered.vertical.path}/{offered.format.name}"
        if len(names) == 1:
            pieces = _pieces(files_of([offered], snapshot), bytes_of_one)
            return WrittenDownload(names[0].rpartition("/")[2], offered.format.media_type, pieces, told)
        name = f"{snapshot.owner.username}-{offered.vertical.path}-{offered.format.name}{SEVERAL}"
        return WrittenDownload(name, ZIP, _pieces(files_of([offered], snapshot), zipped), told)

    return written


def of_files(chosen: ChosenFiles) -> Written:
    """Returns how chosen files are sent: as a zip, whose name is in the language that is active now."""
    name = chosen.name

    def written(snapshot: Snapshot) -> WrittenDownload:
        with closing(chosen.files(snapshot)) as files:
            if next(files, None) is None:
                raise NothingOfIt
        return WrittenDownload(name, ZIP, _pieces(chosen.files(snapshot), zipped), "chosen files")

    return written


class FormatDownload:
    """The bytes of a download, made piece by piece in whatever thread asks. `name`: what they are saved as."""

    def __init__(self, person: User, written: Written, session: SendingSession) -> None:
        """Raises `NothingOfIt`, and what the database raises. The place that whoever calls this has taken is left when
        this is closed, or raises."""
        self._ends_at = time.monotonic() + settings.WHARF_FORMAT_LONGEST.total_seconds()
        self._reading = threading.Lock()
        self._session = session
        with ExitStack() as ending:
            ending.callback(places.leave, person.pk)
            self._snapshot = OpenSnapshot(person)
            ending.callback(self._snapshot.close)
            with self._snapshot.here() as snapshot:
                sent = written(snapshot)
            self._pieces, self.name, self.media_type = BegunPieces(sent.pieces), sent.name, sent.media_type
            self._tell(person, sent.told)
            self._ending = ending.pop_all()

    def _tell(self, person: User, kind: str) -> None:
        try:
            tell_of_format(person, kind, self.name)
        finally:
            connection.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """Raises what `next` raises."""
        if piece := await asyncio.to_thread(self.next):
            return piece
        raise StopAsyncIteration

    def begin(self) -> None:
        """Reads the first piece. Raises what that raises and may pass; then this is closed."""
        try:
            with self._reading, self._snapshot.here():
                self._pieces.begin()
        except BaseException:
            self.close()
            raise

    def next(self) -> bytes:
        """Returns the next piece, empty at the end. Raises `EntryMissing`, `TookTooLong`, `SessionOver`, and what the
        database and the storage raise."""
        piece = b""
        try:
            self._require_session()
            with self._reading, self._snapshot.here():
                if time.monotonic() > self._ends_at:
                    raise TookTooLong
                piece = self._pieces.next()
        finally:
            if not piece:
                self.close()
        return piece

    def _require_session(self) -> None:
        """Asks by another connection than the snapshot's, which sees nothing of what has changed since."""
        if not self._session.is_due:
            return
        try:
            self._session.look()
        finally:
            connection.close()

    def close(self) -> None:
        """Ends the snapshot and leaves the place. May be called twice."""
        with self._reading:
            with self._snapshot.here():
                self._pieces.close()  # what reads rows ends before its transaction does
            self._ending.close()


def _pieces(found: Generator[tuple[str, FormatBytes]], written: WriteFiles) -> Generator[bytes]:
    with closing(found) as files, closing(written(files)) as pieces:
        yield from gathered(pieces)


async def download(request: HttpRequest, kind: str, name: str) -> HttpResponseBase:
    """One file as itself, several as a zip, to the person alone, who has typed the password a short while ago: an open
    browser must not give away everything at once."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    person, has_proved = await sync_to_async(_asking)(request)
    if person is None:
        return redirect_to_login(request.get_full_path())
    offered = next((one for one in named(f"{kind}/{name}")), None)
    if offered is None:
        return await sync_to_async(render)(request, "404.html", status=404)
    if not has_proved:
        return redirect("formats")
    return await _sent(request, person, of_format(offered))


async def chosen_files(request: HttpRequest, key: str = "") -> HttpResponseBase:
    """The files that a person has chosen, as a zip, to them alone. It wants no password: each of them can be saved
    without one, and all of them at once can't be chosen."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    person, meant = await sync_to_async(_chosen)(request, key)
    if person is None:
        return redirect_to_login(request.get_full_path())
    if meant is None:
        return await sync_to_async(render)(request, "404.html", status=404)
    return await _sent(request, person, of_files(meant))


def _chosen(request: HttpRequest, key: str) -> tuple[User | None, ChosenFiles | None]:
    """Who asks, and what they have chosen. Returns the connection to its pool."""
    person = None
    try:
        person = request.user if isinstance(request.user, User) else None
        return person, found(request, person, key) if person is not None else None
    except Http404:
        return person, None
    finally:
        connection.close()


async def _sent(request: HttpRequest, person: User, written: Written) -> HttpResponseBase:
    if not places.take(person.pk):
        return await _not_now(request)
    try:
        opened = await _opened(person, written, SendingSession(request), whole=request.method != "HEAD")
    except NothingOfIt:
        return await sync_to_async(render)(request, "404.html", status=404)
    except (EntryMissing, *SERVICE_ERRORS) as error:
        log.error("a format can't be written", exc_info=error)
        return await _not_now(request)
    return await _answer(request, opened)


def _asking(request: HttpRequest) -> tuple[User | None, bool]:
    """Who asks, and whether the password was typed. Returns the connection to its pool."""
    try:
        person = request.user
        return (person, is_recent(request)) if isinstance(person, User) else (None, False)
    finally:
        connection.close()


async def _opened(person: User, written: Written, session: SendingSession, whole: bool) -> FormatDownload:
    """Opens it in a thread, and reads its first bytes if the `whole` of it is wanted; closes it where the client has
    left meanwhile. Raises what may pass."""

    def opened() -> FormatDownload:
        download = FormatDownload(person, written, session)
        if whole:
            download.begin()
        return download

    opening = asyncio.ensure_future(asyncio.to_thread(opened))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_late)
        raise


def _close_late(opening: "asyncio.Future[FormatDownload]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        asyncio.get_running_loop().run_in_executor(None, opening.result().close)


async def _answer(request: HttpRequest, opened: FormatDownload) -> HttpResponseBase:
    response: HttpResponseBase
    if request.method == "HEAD":
        await asyncio.to_thread(opened.close)
        response = HttpResponse()
    else:
        response = StreamingHttpResponse(opened)  # which closes it, however it ends
    response["Content-Type"] = opened.media_type
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=portable_name(opened.name)) or "attachment"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _not_now(request: HttpRequest) -> HttpResponse:
    page = await sync_to_async(render)(request, "moves/formats_busy.html", status=503)
    page["Retry-After"] = str(TRY_AGAIN)
    return page
