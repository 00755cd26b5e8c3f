"""uvicorn's HTTP protocol, but what is not HTTP is answered in JSON, and who has stopped writing may still read."""

import json

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WAITING = 512 * 1024  # bytes of a body that may wait before the socket is no longer read


class HttpProtocol(HttpToolsProtocol):
    """For `uvicorn --http config.protocol:HttpProtocol`."""

    def on_body(self, body: bytes) -> None:
        """Takes a piece of a body; stops reading the socket where more of it waits than uvicorn would let wait.

        Each stop costs two system calls and a turn of the loop, and uvicorn's limit of 64 KiB would stop at each piece.
        """
        if self.cycle.response_complete:
            return
        self.cycle.body = self.cycle.body + body if self.cycle.body else body  # type: ignore[assignment]  # a copy less
        if len(self.cycle.body) > WAITING:
            self.flow.pause_reading()
        self.cycle.message_event.set()

    def send_400_response(self, msg: str) -> None:
        """Answers a request that can't be parsed in the form that exporters read, and closes."""
        body = json.dumps({"error": "invalid_request", "error_description": msg}).encode()
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        self.transport.close()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keeps a connection whose client has closed its writing side after a whole request, until it is answered."""
        waiting = self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete
        if waiting:
            self.cycle.keep_alive = False
        return waiting
