"""Django's ASGI handler, as it answers downloads: of what a reader does not take one chunk is in memory, once."""

from contextlib import aclosing
from typing import Any

from django.core.handlers.asgi import ASGIHandler
from django.http.response import HttpResponseBase

from importers.content.outgoing import LARGEST_CHUNK, SentBytes


class Downloads(ASGIHandler):
    """Sends each chunk of a download as it is: cut into Django's pieces of 64 KiB, it would take a third longer.

    The next chunk is read when the socket has taken the one before. Meanwhile the transport has what is left of that,
    in a copy up to Python 3.11, which counts in `WHARF_UNREAD_BYTES`; since nobody names the chunk any more, that is
    all that is held.
    """

    chunk_size = LARGEST_CHUNK  # of what is no `SentBytes`

    async def send_response(self, response: HttpResponseBase, send: Any) -> None:
        """Sends it. Raises what its chunks raise: the server then breaks the connection off. It does so without a word
        where they end too early: whoever makes them has found it lost, which the server may not know yet."""
        if not isinstance(response, SentBytes):
            await super().send_response(response, send)
            return
        await send({"type": "http.response.start", "status": response.status_code, "headers": _headers(response)})
        left = int(response["Content-Length"])
        async with aclosing(response.chunks) as chunks:
            async for chunk in chunks:
                size = len(chunk)
                left -= size
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                del chunk
                if not await response.outgoing.taken(size):
                    return
        if left:
            await response.outgoing.break_off()
        await send({"type": "http.response.body"})


def _headers(response: SentBytes) -> list[tuple[bytes, bytes]]:
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    cookies = [cookie.OutputString().encode("ascii") for cookie in response.cookies.values()]
    return headers + [(b"Set-Cookie", cookie) for cookie in cookies]
