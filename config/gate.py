"""Between the socket and the threads: who gets one, and that every answer is read.

A request holds a thread while its view runs, so no thread is given to a body that does not come: a body up to 1 MiB is
read first, larger ones share a bounded number of threads, and one that brings nothing for a minute is cut. An item that
waits for its turn has none either. An early answer (401, 413, ...) is held open until the client has written its whole
body, since most clients write first and read after, and a connection that is closed on them loses the answer.
"""

import asyncio
import io
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from config.bridge import BODY, WholeBody
from config.readable import with_readable_type
from config.stream import UploadStream
from importers.receiving.turn import TURN, ItemTurn

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("wharf.gate")

GIVEN_UP = 6  # seconds of silence after which an upload yields its thread to one that waits; exporters give up after 10


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


def without_body(receive: Receive) -> Receive:
    """A `receive` that passes over the body, which Django's ASGI handler would write to the disk, however large."""
    begun = False

    async def receive_end() -> Message:
        nonlocal begun
        if not begun:
            begun = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while (message := await receive())["type"] != "http.disconnect":
            pass
        return message

    return receive_end


class IncomingBody:
    """A request's body as it comes from the server.

    `whole`: its last byte is there. `ended`: whole, or no more will come. `gone`: the client has left.
    """

    def __init__(self, receive: Receive, silence: float) -> None:
        self._receive = receive
        self._silence = silence
        self._held = bytearray()
        self._patience: asyncio.Timeout | None = None  # while the client is waited for
        self._waiting_since = 0.0
        self._cut = False
        self.whole = self.ended = self.gone = False

    async def hold(self, size: int) -> None:
        """Waits until `size` bytes are held, or the body has ended."""
        while not self.ended and len(self._held) < size:
            self._held += await self._next()

    def held(self) -> bytes:
        """What is held, which is then the caller's."""
        held, self._held = bytes(self._held), bytearray()
        return held

    async def next(self) -> bytes:
        """What is held, or else the next bytes that come; empty at the end only."""
        if self._held:
            return self.held()
        while not self.ended:
            if chunk := await self._next():
                return chunk
        return b""

    async def drain(self) -> None:
        """Reads what is left and forgets it."""
        self._held.clear()
        while not self.ended:
            await self._next()

    def silent_for(self) -> float:
        """Seconds for which the client has been waited for in vain."""
        return 0.0 if self._patience is None else time.monotonic() - self._waiting_since

    def cut(self) -> None:
        """Ends the body here: its sender has given up, and somebody else waits for its thread."""
        self._cut = True
        if self._patience is not None:
            self._patience.reschedule(0)

    async def _next(self) -> bytes:
        message = await self._message()
        if message is None or message["type"] == "http.disconnect":
            self.ended = True
            self.gone = message is not None
            return b""
        self.whole = self.ended = not message.get("more_body", False)
        body: bytes = message.get("body", b"")
        return body

    async def _message(self) -> Message | None:
        """The server's next message, or None after a silence or a cut."""
        if self._cut:
            return None
        self._waiting_since = time.monotonic()
        try:
            async with asyncio.timeout(self._silence) as self._patience:
                return await self._receive()
        except TimeoutError:
            return None
        finally:
            self._patience = None


class UploadThreads:
    """The threads that uploads may take. When all are taken, uploads whose senders have given up make room."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.taken: set[UploadStream] = set()
        self._freed = asyncio.Condition()

    async def take(self, body: UploadStream) -> None:
        async with self._freed:
            while len(self.taken) >= self.number:
                quietest = max(self.taken, key=UploadStream.silent_for)
                left = GIVEN_UP - quietest.silent_for()
                if left <= 0:
                    quietest.cut()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._freed.wait(), timeout=max(left, 0.05))
            self.taken.add(body)

    async def free(self, body: UploadStream) -> None:
        async with self._freed:
            self.taken.discard(body)
            self._freed.notify()


class BodyGate:
    """ASGI middleware. `uploads`: how many large bodies have a thread at once; `read_first`: bytes that are read before
    a thread is taken; `silence`: seconds until a body is cut; `recorded`: the path below which the application is told
    of small bodies that were cut, too, and keeps a record."""

    def __init__(self, app: App, uploads: int, read_first: int, silence: float, recorded: str) -> None:
        self.app = app
        self.recorded = recorded
        self.threads = UploadThreads(uploads)
        self.read_first = read_first
        self.silence = silence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = IncomingBody(receive, self.silence)
        answer = HeldAnswer(body, send)
        await body.hold(self.read_first)
        if body.gone and not scope["path"].startswith(self.recorded):
            return
        try:
            if body.ended:
                await self._whole(scope, body, receive, answer.send)
            else:
                await self._stream({**scope, BODY: UploadStream(body)}, receive, answer.send)
        except Exception:
            if answer.begun:
                raise  # the server breaks the connection, so that half an answer is not taken for a whole one
            log.exception("a request failed before it was answered")
            await answer.fail()
        await body.drain()
        await answer.end()

    async def _whole(self, scope: Scope, body: IncomingBody, receive: Receive, send: Send) -> None:
        held = WholeBody(body.held()) if body.whole else io.BytesIO(body.held())
        scope = {**scope, BODY: held}
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

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream: UploadStream = scope[BODY]
        await self.threads.take(stream)
        filling = asyncio.create_task(stream.fill())
        try:
            if (turn := await self._first(scope, receive, send)).seconds:
                await self.threads.free(stream)
                await asyncio.sleep(turn.seconds)
                await self.threads.take(stream)
                await self._second(scope, receive, send, turn)
        finally:
            filling.cancel()
            await asyncio.wait([filling])
            await self.threads.free(stream)


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

    async def fail(self) -> None:
        """Answers for an application that could not."""
        body = b'{"error": "server_error", "error_description": "This server made a mistake. Its log has it."}'
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    async def end(self) -> None:
        if self._last is not None:
            await self._send(self._last)
