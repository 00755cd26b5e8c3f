"""The requests of a real worker's job (July 2026), byte for byte, as it sends them to any server."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.checkout import EXAMPLES
from tests.support.exporter import Exporter, read_answer

PAYLOAD_TYPE = re.compile(rb'(?<="payload":\{"@type":")\w+(?=")')
LENGTH = re.compile(rb"(?<=\r\nContent-Length: )\d+")


@dataclass(frozen=True)
class RecordedRequest:
    """One request: the file's name says its place in the job, its path and its type."""

    name: str
    head: bytes
    body: bytes

    @property
    def content_type(self) -> str:
        [found] = re.findall(rb"\r\nContent-Type: ([^\r]+)", self.head)
        return str(found.decode())

    @property
    def has_file(self) -> bool:
        return self.content_type.startswith("multipart/related")

    def named(self, name_of: Callable[[str], str]) -> "RecordedRequest":
        """Returns the same request with another name of its item's type."""
        [was] = PAYLOAD_TYPE.findall(self.body)
        now = name_of(was.decode()).encode()
        longer = len(now) - len(was)
        body = PAYLOAD_TYPE.sub(now, self.body)
        if self.has_file:  # the first part is the item
            body = LENGTH.sub(lambda found: b"%d" % (int(found[0]) + longer), body, count=1)
        head = LENGTH.sub(lambda found: b"%d" % (int(found[0]) + longer), self.head)
        return RecordedRequest(self.name, head, body)

    def sent(self, exporter: Exporter) -> str:
        """Sends it in the exporter's job, and returns what became of the item."""
        head = self.head.replace(b"ACCESS_TOKEN", exporter.tokens["access_token"].encode())
        head = head.replace(b"Host: wharf.example", b"Host: 127.0.0.1")
        head = re.sub(rb"(?<=\r\nX-DTP-Job-Id: )[^\r]+", exporter.job.encode(), head)
        with exporter.connect() as connection:
            connection.sendall(head + b"\r\n\r\n" + self.body)
            status, answer = read_answer(connection)
        assert status == 201, answer
        return str(answer["status"])


def recorded_requests() -> list[RecordedRequest]:
    """Returns the requests of the job, in their order."""
    found = []
    for path in sorted((EXAMPLES / "worker").glob("*.http")):
        head, _, body = path.read_bytes().partition(b"\r\n\r\n")
        found.append(RecordedRequest(path.stem, head, body))
    return found
