"""Between the socket and the threads: who gets one, and that every answer is read.

A request holds a thread while its view runs, so no thread is given to a body that does not come: one up to 64 KiB is
read first. Only an upload with a good token may have more; up to 1 MiB of it is read first, too, and larger ones share
a bounded number of threads. An item that waits for its turn has none either. An early answer (401, 413, ...) is held
open until the client has written its whole body, since most clients write first and read after, and a connection that
is closed on them loses the answer.
"""

import asyncio
import io
import json
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from django.conf import settings

from config.body import IncomingBody, Message, Receive, Scope, without_body
from config.bridge import BODY, STOPPED, TOO_LARGE
from config.readable import with_readable_type
from config.stream import UploadStream
from config.upload_threads import UploadThreads
from importers.receiving.turn import TURN, ItemTurn
from importers.receiving.upload_sender import UploadSender
from importers.receiving.whole_body import WholeBody

if TYPE_CHECKING:
    from importers.errors import Refusal  # it knows models, and Django is not set up when this file is imported

Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
FindSender = Callable[[str, str], Awaitable[UploadSender | None]]
RefusalOf = Callable[[Exception], "Refusal"]

log = logging.getLogger("wharf.gate")

UPLOADS_SHARE = 4  # a person has one in so many of the threads for uploads; who has more yields to who has less


class Router:
    """Sends WebSockets to one application, `GET` and `HEAD` below some paths to that for downloads, and all else to the
    other one."""

    def __init__(self, sockets: App, downloads: App, below: tuple[str, ...], otherwise: App) -> None:
        self.sockets = sockets
        self.downloads = downloads
        self.below = below
        self.otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.sockets(scope, receive, send)
            return
        if scope["type"] == "http":
            scope["headers"] = with_readable_type(scope["headers"])
        if scope.get("method") in ("GET", "HEAD") and scope["path"].startswith(self.below):
            await self.downloads(scope, without_body(receive), send)
        else:
            await self.otherwise(scope, receive, send)


class BodyGate:
    """ASGI middleware. `sender`: asks for whom an upload comes, by its path and `Authorization`, and gets None where
    that is nobody; `uploads_below`: the path below which uploads come; `uploads`: how many large ones at once;
    `refusal_of`: what is answered for an application that raised an exception. Below that path the application is told
    of bodies that were cut, too, and keeps a record."""

    def __init__(self, app: App, uploads_below: str, sender: FindSender, uploads: int, refusal_of: RefusalOf) -> None:
        self.app = app
        self.uploads_below = uploads_below
        self.sender = sender
        self.refusal_of = refusal_of
        self.threads = UploadThreads(uploads, max(1, uploads // UPLOADS_SHARE))
        self._reading = 0  # bytes that known senders may have read before they get a thread

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = IncomingBody(scope, receive)
        answer = HeldAnswer(body, send)
        length = _content_length(scope)
        await body.hold(1 if length > settings.WHARF_READ_FIRST else settings.WHARF_READ_FIRST + 1)
        if body.gone and not scope["path"].startswith(self.uploads_below):
            return
        try:
            await self._answer(scope, body, length, receive, answer.send)
        except Exception as error:
            if answer.begun:
                raise  # the server breaks the connection, so that half an answer is not taken for a whole one
            log.exception("a request failed before it was answered")
            await answer.fail(self.refusal_of(error))
        await body.drain()
        await answer.end()

    async def _answer(self, scope: Scope, body: IncomingBody, length: int, receive: Receive, send: Send) -> None:
        is_upload = scope["method"] == "POST" and scope["path"].startswith(self.uploads_below)
        sender = None
        if length and is_upload and not body.ended:
            sender = await self.sender(scope["path"], _authorization(scope))
        if sender is not None and sender.may_bring:
            await self._take_from(sender.person, scope, body, length, receive, send)
            return
        if sender is not None:  # what is refused of it is kept: as much as is read of anybody, however it comes
            await body.hold(settings.WHARF_READ_FIRST)
        if body.ended or is_upload:  # which tells who is not known, and why
            await self._whole(scope, body, receive, send)
        else:
            await self._whole({**scope, TOO_LARGE: True}, body, receive, send)

    async def _take_from(
        self, person: int, scope: Scope, body: IncomingBody, length: int, receive: Receive, send: Send
    ) -> None:
        """Reads what a known sender may have read before it gets a thread: all of it, if it is not large, and there is
        memory for it."""
        body.allow()
        room = settings.WHARF_READ_KNOWN_TOGETHER - self._reading
        size = length if length <= min(settings.WHARF_READ_KNOWN, room) else settings.WHARF_READ_FIRST
        self._reading += size
        try:
            await body.hold(size)
            if body.ended:
                await self._whole(scope, body, receive, send)
            else:
                await self._stream({**scope, BODY: UploadStream(body)}, person, receive, send)
        finally:
            self._reading -= size

    async def _whole(self, scope: Scope, body: IncomingBody, receive: Receive, send: Send) -> None:
        if body.is_stopped:
            scope = {**scope, STOPPED: True, BODY: (stream := UploadStream(body))}
            await stream.fill()
        else:
            scope = {**scope, BODY: WholeBody(body.held()) if body.whole else io.BytesIO(body.held())}
        if (turn := await self._first(scope, receive, send)).seconds:
            await asyncio.sleep(turn.seconds)
            await self._second(scope, receive, send, turn)

    async def _first(self, scope: Scope, receive: Receive, send: Send) -> ItemTurn:
        """Runs the application. Returns the request's turn: if it must wait for that, it has not been answered, and
        nothing of its body was read."""
        turn = ItemTurn()

        async def send_if_taken(message: Message) -> None:
            if not turn.seconds:
                await send(message)

        await self.app({**scope, TURN: turn}, receive, send_if_taken)
        return turn

    async def _second(self, scope: Scope, receive: Receive, send: Send, turn: ItemTurn) -> None:
        """Runs the application for a request that has waited."""
        await self.app({**scope, TURN: ItemTurn(taken=True, since=turn.since)}, receive, send)

    async def _stream(self, scope: Scope, person: int, receive: Receive, send: Send) -> None:
        stream: UploadStream = scope[BODY]
        await self.threads.take(stream, person)
        filling = asyncio.create_task(stream.fill())
        try:
            if (turn := await self._first(scope, receive, send)).seconds:
                await self.threads.free(stream)
                await asyncio.sleep(turn.seconds)
                await self.threads.take(stream, person)
                await self._second(scope, receive, send, turn)
        finally:
            filling.cancel()
            await asyncio.wait([filling])
            await self.threads.free(stream)


def _content_length(scope: Scope) -> int:
    """Bytes that a body is said to have; 0 where nothing is said, as for one that comes in chunks."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)


def _authorization(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), "")


class HeldAnswer:
    """An answer whose last word waits until the client has written everything.

    All of it is sent at once but for its end: after that the server would close the connection, or take what still
    comes for the next request.
    """

    def __init__(self, body: IncomingBody, send: Send) -> None:
        self._body = body
        self._send = send
        self._last: Message | None = None
        self.begun = False

    async def send(self, message: Message) -> None:
        self.begun = True
        if self._body.ended or message["type"] != "http.response.body" or message.get("more_body", False):
            await self._send(message)
            return
        if message.get("body"):
            await self._send({**message, "more_body": True})
        self._last = {"type": "http.response.body", "body": b"", "more_body": False}

    async def fail(self, refusal: "Refusal") -> None:
        """Answers for an application that could not."""
        body = json.dumps({"error": refusal.code, "error_description": refusal.description}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        headers += [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
        await self.send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    async def end(self) -> None:
        if self._last is not None:
            await self._send(self._last)
