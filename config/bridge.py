"""From the server's loop to a view's thread and back, with as few switches between them as can be.

A switch costs more than most of what a small request does otherwise. A body is there before the view asks for it, and
an answer crosses in one piece, when its thread has done with it.
"""

import asyncio
import contextvars
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, cast

from a2wsgi.wsgi import WSGIMiddleware, build_environ

from importers.receiving.turn import TURN
from importers.receiving.whole_body import WholeBody

THREADS_ASIDE = 2
LARGE_ANSWER = 8 * 1024 * 1024  # bytes of an answer from which on it crosses piece by piece, and holds its thread
BODY = "wharf.body"  # where the body stands in the ASGI scope, as a file
TOO_LARGE = "wharf.too_large"  # in the scope and in the WSGI environment: the body is, and has not been read
STOPPED = "wharf.stopped"  # likewise: the body is not whole, since the server stops

Environ = MutableMapping[str, Any]
Message = dict[str, Any]
Failure = tuple[type[BaseException], BaseException, TracebackType]


class Threads(WSGIMiddleware):
    """Runs a WSGI application in threads, below ASGI. A body may stand in the scope.

    `aside`: paths each of which has threads of its own, so that it is answered when all others are taken.
    """

    def __init__(self, app: Any, workers: int, aside: Sequence[str]) -> None:
        super().__init__(app, workers=workers)
        self.aside = {path: ThreadPoolExecutor(THREADS_ASIDE, thread_name_prefix="aside") for path in aside}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        loop = asyncio.get_running_loop()

        def send_now(message: Message) -> None:
            asyncio.run_coroutine_threadsafe(send(message), loop).result()

        answer = _WsgiAnswer(send_now)
        run = contextvars.copy_context().run
        threads = self.aside.get(scope["path"], self.executor)
        await loop.run_in_executor(threads, run, answer.make, self.app, _environ(scope))
        for message in answer.held():
            await send(message)


def _environ(scope: Any) -> Environ:
    """What PEP 3333 gives an application, with the body as its input, and the request's turn. Without a length WSGI
    takes a body for empty, so one that came in chunks (RFC 9112, section 7.1) and is there whole gets its own."""
    body = scope[BODY]
    environ: Any = build_environ(scope, body)
    environ[TURN] = scope[TURN]
    environ[TOO_LARGE] = scope.get(TOO_LARGE, False)
    environ[STOPPED] = scope.get(STOPPED, False)
    if "HTTP_TRANSFER_ENCODING" in environ and isinstance(body, WholeBody):
        environ["CONTENT_LENGTH"] = str(body.size)
    return cast(Environ, environ)


class _WsgiAnswer:
    """The answer of a WSGI application: held until it is whole, or sent on from its thread where it is large."""

    def __init__(self, send_now: Callable[[Message], None]) -> None:
        self._send_now = send_now
        self._start: Message | None = None
        self._pieces: list[bytes] = []
        self._size = 0

    def make(self, app: Callable[..., Iterable[bytes]], environ: Environ) -> None:
        """In the thread: runs the application to its end."""
        pieces = app(environ, self._start_response)
        try:
            for piece in pieces:
                self._write(piece)
        finally:
            getattr(pieces, "close", lambda: None)()

    def held(self) -> list[Message]:
        """In the loop, after that: what has not been sent."""
        last = {"type": "http.response.body", "body": b"".join(self._pieces)}
        return [last] if self._start is None else [self._start, last]

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], failure: Failure | None = None
    ) -> Callable[[bytes], None]:
        if failure is not None:
            raise failure[1].with_traceback(failure[2])
        self._start = {
            "type": "http.response.start",
            "status": int(status.partition(" ")[0]),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        }
        return self._write

    def _write(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size <= LARGE_ANSWER:
            return
        if self._start is not None:
            self._send_now(self._start)
            self._start = None
        self._send_now({"type": "http.response.body", "body": b"".join(self._pieces), "more_body": True})
        self._pieces.clear()
