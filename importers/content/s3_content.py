"""Bytes that S3 sends, as they come."""

import socket
from typing import Any

from django.core.files.base import File

from importers.content.faults import READ, StorageCall
from importers.content.s3_deadlines import CallDeadline


class S3Content(File):
    """An object that is read from its beginning to its end as it comes. `sock`: its connection, where somebody waits
    for the bytes: then each piece comes in time, or reading it raises what botocore does."""

    def __init__(self, body: Any, name: str, sock: socket.socket | None = None) -> None:
        super().__init__(None, name)
        self._body = body
        self._sock = sock

    def read(self, size: int = -1) -> bytes:
        """Returns so many bytes, or fewer at the end."""
        with StorageCall(READ):
            return self._read(None if size < 0 else size)

    def _read(self, wanted: int | None) -> bytes:
        if self._sock is None or wanted is None:
            return bytes(self._body.read(wanted))
        with CallDeadline(wanted, self._sock) as deadline:
            try:
                found = bytes(self._body.read(wanted))
            except Exception as error:
                deadline.require(error)
                raise
        deadline.require()
        return found

    def close(self) -> None:
        self._body.close()
