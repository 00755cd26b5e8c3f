"""From the server's loop to a view's thread and back, with as few switches between them as can be.

A switch costs more than most of what a small request does otherwise. a2wsgi switches for each piece of a body and of
an answer, and waits for each; here a body is there before the view asks, and an answer crosses in one piece.
"""

import io
from typing import Any

from a2wsgi.wsgi import WSGIMiddleware, WSGIResponder

from importers.receiving.turn import TURN, ItemTurn

LARGE_ANSWER = 1024 * 1024  # bytes of an answer from which on it crosses piece by piece
BODY = "wharf.body"  # where the body stands in the ASGI scope, as a file


class WholeBody(io.BytesIO):
    """A body whose last byte is there. `size` in bytes."""

    @property
    def size(self) -> int:
        return self.getbuffer().nbytes


class Threads(WSGIMiddleware):
    """Runs a WSGI application in threads, below ASGI. A body may stand in the scope."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        app = _reading(scope[BODY], scope[TURN], self.app)
        await _Responder(app, self.executor, self.send_queue_size)(scope, receive, send)


def _reading(body: Any, turn: ItemTurn, app: Any) -> Any:
    """The application, with the body as its input, and the request's turn.

    Without a length WSGI takes a body for empty, so one that came in chunks (RFC 9112, section 7.1) and is there whole
    gets its own.
    """

    def read(environ: Any, start_response: Any) -> Any:
        environ = environ | {"wsgi.input": body, TURN: turn}
        if "HTTP_TRANSFER_ENCODING" in environ and isinstance(body, WholeBody):
            environ["CONTENT_LENGTH"] = str(body.size)
        return app(environ, start_response)

    return read


class _Responder(WSGIResponder):
    """Holds an answer until it is whole, or large."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._held: list[Any] = []
        self._size = 0

    def send(self, message: Any) -> None:
        """In the thread: the head of the answer, or a piece of its body. The last one does not say `more_body`."""
        if self._size > LARGE_ANSWER:
            super().send(message)
            return
        self._held.append(message)
        self._size += len(message.get("body", b""))
        if self._size > LARGE_ANSWER:
            for held in self._held:
                super().send(held)
        elif message["type"] == "http.response.body" and not message.get("more_body"):
            self.loop.call_soon_threadsafe(self._pass_on)

    def _pass_on(self) -> None:
        """In the loop: the whole answer, which comes before the word that the thread has ended."""
        start, *pieces = self._held
        self.send_queue.put_nowait(start)
        self.send_queue.put_nowait({"type": "http.response.body", "body": b"".join(piece["body"] for piece in pieces)})
