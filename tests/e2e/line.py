"""The line to a server, in a test's hand: it holds calls or answers on their way, or loses them.

It stands where the server is said to be, takes one call per connection, and looks at who it is about: a rule names an
account by the tokens and links that the servers use for it.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.support.listening import stop_listening

PIECE = 64 * 1024
PATIENCE = 120.0  # seconds that anything may stand still
SOME = 512  # bytes of an answer that come before it is held or lost, where it is to break in the middle


@dataclass
class Rule:
    """What happens to certain calls: those that begin with `call` (method and path) and hold one of `names`.

    `answer`: not the call is held or lost, but its answer: the server has done what it says. `hold`: until `release`;
    then a call goes on its way, late, and an answer is lost. Without it, everything is lost until `release`. `broken`:
    the answer's first bytes come through.
    """

    call: str
    names: set[str]
    answer: bool = False
    hold: bool = True
    broken: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def matches(self, request: bytes) -> bool:
        if self.released.is_set() or not request.startswith(self.call.encode()):
            return False
        return any(name.encode() in request for name in self.names)

    def release(self) -> None:
        self.released.set()

    def stand(self) -> None:
        """Somebody is held here, until the release."""
        self.reached.set()
        if self.hold:
            self.released.wait(PATIENCE)


class TcpLine:
    """Listens at `host`, and hands everything on to the port `to` of that host.

    `hear` is told of every POST: when it comes, and once more with its answer.
    """

    def __init__(self, host: str, to: int) -> None:
        self.host = host
        self.to = to
        self.rules: list[Rule] = []
        self.hear: list[Callable[[bytes, bytes], None]] = []
        self._listening = socket.create_server((host, 0), backlog=128)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        for rule in self.rules:
            rule.release()
        stop_listening(self._listening, self._thread)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:  # it was closed
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        # Whoever was killed, at either end, closes the other end as well.
        with connection, contextlib.suppress(OSError):
            request = _request(connection)
            if not request:
                return
            self._tell(request)
            rule = next((rule for rule in list(self.rules) if rule.matches(request)), None)
            if rule and not rule.answer:
                rule.stand()
                if not rule.hold:
                    return
                rule = None
            with socket.create_connection((self.host, self.to), timeout=PATIENCE) as server:
                server.sendall(_for_one_call(request))
                pieces = _pieces(server)
                if request.startswith(b"POST "):
                    answer = b"".join(pieces)
                    self._tell(request, answer)
                    pieces = iter([answer])
                _hand_back(pieces, connection, rule)

    def _tell(self, request: bytes, answer: bytes = b"") -> None:
        if request.startswith(b"POST "):
            for hear in list(self.hear):
                hear(request, answer)


def _hand_back(pieces: Iterator[bytes], connection: socket.socket, rule: Rule | None) -> None:
    for piece in pieces:
        if rule is None:
            connection.sendall(piece)
        elif rule.broken:
            connection.sendall(piece[:SOME])
            break
    if rule is not None:
        rule.stand()


def _pieces(sender: socket.socket) -> Iterator[bytes]:
    while piece := sender.recv(PIECE):
        yield piece


def _request(connection: socket.socket) -> bytes:
    """One whole request, by its Content-Length; nothing where it breaks off."""
    request = b""
    while b"\r\n\r\n" not in request:
        piece = connection.recv(PIECE)
        if not piece:
            return b""
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        piece = connection.recv(PIECE)
        if not piece:
            return b""
        body += piece
    return head + b"\r\n\r\n" + body


def _for_one_call(request: bytes) -> bytes:
    """The same, for a connection that ends with the answer: so the next call is seen as well."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body
