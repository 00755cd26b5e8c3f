"""A server that has an export: its document, and its parts as good and bad servers send them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.answers import json_api
from tests.support.fake_server import FakeCall, FakeReply, FakeServer


def export_document(**attributes: Any) -> dict[str, Any]:
    """The document of an export that is done, as a Cozy writes it."""
    named = {
        "parts_size": 10240,
        "parts_cursors": ["AAA", "BBB"],
        "with_doctypes": [],
        "state": "done",
        "created_at": "2018-05-04T08:59:37.530693972+02:00",
        "expires_at": "2999-05-11T08:59:37.530693972+02:00",
        "total_size": 1123,
        "creation_duration": 62978511,
        "error": "",
    }
    return {"data": {"type": "io.cozy.exports", "id": "86db", "meta": {"rev": "2-x"}, "attributes": named | attributes}}


@dataclass
class ServedPart:
    """A part as a server sends it. Without `ranges`, it is as a Cozy's: made anew for each request, of no known length
    (unless `chunked` says otherwise); `forgetful`, it announces ranges and sends none. The first answers break off
    after `breaks` bytes each, or have what is `shortened` instead; `pause`: seconds after each 64 KiB."""

    content: bytes
    ranges: bool = True
    chunked: bool | None = None
    forgetful: bool = False
    etag: str = '"one"'
    breaks: Sequence[int] = ()
    shortened: Sequence[bytes] = ()
    pause: float = 0.0
    answers: int = 0

    def __call__(self, call: FakeCall) -> None:
        content = self.shortened[self.answers] if self.answers < len(self.shortened) else self.content
        most = self.breaks[self.answers] if self.answers < len(self.breaks) else len(content)
        self.answers += 1
        status, start, headers = self._what_is_asked_for(call, len(content))
        chunked = not self.ranges if self.chunked is None else self.chunked
        headers |= {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(content) - start)}
        lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        call.send("\r\n".join(lines).encode())
        sent = content[start:][:most]
        for at in range(0, len(sent), 65536):
            piece = sent[at : at + 65536]
            call.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if self.pause:
                time.sleep(self.pause)
        if chunked and len(sent) == len(content) - start:
            call.send(b"0\r\n\r\n")

    def _what_is_asked_for(self, call: FakeCall, size: int) -> tuple[int, int, dict[str, str]]:
        """Status, first byte, and headers (RFC 9110, section 14)."""
        headers = {"Content-Type": "application/zip", "Connection": "close"}
        if not self.ranges:
            return 200, 0, headers
        headers |= {"ETag": self.etag, "Accept-Ranges": "bytes"}
        asked = call.header("Range")
        if not asked or self.forgetful or call.header("If-Range") not in ("", self.etag):
            return 200, 0, headers
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= size:
            return 416, size, headers | {"Content-Range": f"bytes */{size}"}
        return 206, start, headers | {"Content-Range": f"bytes {start}-{size - 1}/{size}"}


class ExportingServer(FakeServer):
    """Has one export of these parts; `attributes` are said in its document."""

    def __init__(self, *parts: ServedPart, **attributes: Any) -> None:
        super().__init__()
        self.parts = list(parts)
        self.asked: list[tuple[int, str]] = []  # the part, and the range
        self.link = f"{self.url}/#/exports/OPAQUE"
        cursors = [str(number) for number in range(1, len(parts))]
        self.says("GET /move/exports/OPAQUE", json_api(export_document(**{"parts_cursors": cursors} | attributes)))
        self.says("GET /move/exports/data/OPAQUE", self._part)

    def _part(self, call: FakeCall) -> FakeReply | None:
        number = int(call.query.get("cursor", "0"))
        self.asked.append((number, call.header("Range")))
        self.parts[number](call)
        return None


def everything(stream: Any, size: int = 100_000) -> bytes:
    """The bytes of a part that is read, in pieces of this size."""
    return b"".join(iter(lambda: stream.read(size), b""))
