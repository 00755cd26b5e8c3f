"""The end of calls to S3 that take too long as a whole, where somebody waits for them.

botocore's time-outs are for silence: of an answer that comes byte by byte it would read for ever. So a thread of the
process looks at the calls that are under way, and breaks off the connection of one whose time is over.
"""

import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any, Self

import botocore.awsrequest
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from accounts.answering import seconds_for_call

ANSWER = 7.0  # seconds that an answer may take once everything was sent, and that reading a piece may
SLOWEST = 64 * 1024  # bytes a second: what is sent or read may take that much longer
LOOK_EVERY = 0.25  # seconds, while a call is under way


class CallDeadline:
    """A context in which a call of this thread ends in time: `is_over` says afterwards that it was broken off. `size`:
    the bytes that it sends or reads; `sock`: the connection of what is read, where that is known already."""

    def __init__(self, size: int = 0, sock: socket.socket | None = None) -> None:
        self._ends = time.monotonic() + (seconds_for_call(ANSWER) or ANSWER) + size / SLOWEST
        self.sock = sock
        self.connection: Any = None  # that of urllib3, while it sends
        self.is_over = False

    def __enter__(self) -> Self:
        _calling.deadline = self
        _watch().add(self)
        return self

    def __exit__(self, *_: object) -> None:
        _calling.deadline = None
        _watch().remove(self)

    def is_sent(self, sock: socket.socket | None) -> None:
        """From here on the answer is waited for."""
        self.sock = sock
        self._ends = min(self._ends, time.monotonic() + (seconds_for_call(ANSWER) or ANSWER))

    def require(self, error: Exception | None = None) -> None:
        """Raises what botocore says of silence, where the call was broken off. `error`: what came of that."""
        if self.is_over:
            raise ReadTimeoutError(endpoint_url="S3", error=error) from error

    def look(self, now: float) -> bool:
        """Breaks the connection off where the time is over. Returns whether it is."""
        if now < self._ends:
            return False
        self.is_over = True
        if (sock := self.sock or getattr(self.connection, "sock", None)) is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of TLS, too, below whatever its own thread does there
        return True


class _Calling(threading.local):
    deadline: CallDeadline | None = None


_calling = _Calling()


class _Watch:
    """The calls of a process that are under way."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._calls: set[CallDeadline] = set()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="s3-deadlines", daemon=True).start()

    def add(self, call: CallDeadline) -> None:
        with self._changed:
            self._calls.add(call)
            if len(self._calls) == 1:
                self._changed.notify()

    def remove(self, call: CallDeadline) -> None:
        with self._changed:  # afterwards somebody else may have its connection
            self._calls.discard(call)

    def _run(self) -> None:
        with self._changed:
            while True:
                self._changed.wait(LOOK_EVERY if self._calls else None)
                now = time.monotonic()
                self._calls = {call for call in self._calls if not call.look(now)}


class _Watches:
    """The one of this process: a fork has no threads of the one before it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._watch: _Watch | None = None

    def __call__(self) -> _Watch:
        with self._guard:
            if self._watch is None or self._watch.process != os.getpid():
                self._watch = _Watch()
            return self._watch


_watch = _Watches()


class _Watched:
    """Says to the deadline of its thread which connection it is, and when all is sent."""

    sock: Any

    def request(self, *args: Any, **named: Any) -> Any:
        if (deadline := _calling.deadline) is not None:
            deadline.connection = self
        return super().request(*args, **named)  # type: ignore[misc]

    def getresponse(self, *args: Any, **named: Any) -> Any:
        if (deadline := _calling.deadline) is not None:
            deadline.is_sent(self.sock)
        return super().getresponse(*args, **named)  # type: ignore[misc]


class WatchedHttp(_Watched, botocore.awsrequest.AWSHTTPConnection):
    """A connection in clear."""


class WatchedHttps(_Watched, botocore.awsrequest.AWSHTTPSConnection):
    """One with TLS."""


class HttpPool(botocore.awsrequest.AWSHTTPConnectionPool):
    ConnectionCls = WatchedHttp


class HttpsPool(botocore.awsrequest.AWSHTTPSConnectionPool):
    ConnectionCls = WatchedHttps


def watch(client: Any) -> Any:
    """Returns a client of S3 that has not been used yet, whose connections can be broken off. botocore has no other
    door to them than these names of its own, which a test looks at."""
    session: URLLib3Session = client._endpoint.http_session
    session._pool_classes_by_scheme.update(http=HttpPool, https=HttpsPool)
    return client
