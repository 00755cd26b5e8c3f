"""The line to a service (a database, a broker, a cache, a storage), in a test's hand: it falls silent, slow, is cut,
refuses, or answers nonsense, at any moment, and is well again."""

import ctypes
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Self

PIECE = 64 * 1024
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27  # of Linux
RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER


class FaultProxy:
    """Used as `with FaultProxy("127.0.0.1", 5432) as line`; whoever connects to `line.host`, `line.port` is handed on
    to that service. Each of `silence`, `slow`, `cut`, `refuse` and `answer` holds until another one, or `heal`."""

    host = "127.0.0.1"

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        with socket.create_server((self.host, 0)) as any_free:
            self.port: int = any_free.getsockname()[1]
        # Bound to a port that was named, the socket keeps it while nobody listens.
        self._listening = socket.create_server((self.host, self.port))
        self._lines: list[FaultLine] = []
        self._rate: float | None = None
        self._answer: bytes | None = None
        self._listen()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._listening.close()

    @property
    def connections(self) -> int:
        """How many connections there are now, the silent ones among them."""
        return sum(line.is_open for line in self._lines)

    def silence(self) -> None:
        """As behind a firewall, or a NAT that forgot: no packet comes through, in neither direction, not even an
        acknowledgement or a reset. Connections stay silent for ever, also after `heal`; connecting takes for ever."""
        self._begin()
        drop_everything(self._listening)
        for line in self._lines:
            line.fall_silent()

    def slow(self, rate: float) -> None:
        """So many bytes a second, in each connection and direction."""
        self._begin(rate=rate)

    def cut(self) -> None:
        """Every connection is reset, and each new one as soon as it is there."""
        self._begin(answer=b"")
        self._end_all()

    def answer(self, answer: bytes) -> None:
        """Each new connection is told this, whatever it asks, and closed; those that stand are reset."""
        self._begin(answer=answer)
        self._end_all()

    def refuse(self) -> None:
        """Nobody listens; what stands is reset."""
        self._begin()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._accepting.join(timeout=10)
        self._end_all()

    def heal(self) -> None:
        """Everything is well for those who connect now, and for those whom nothing has cut off."""
        self._begin()

    def _begin(self, rate: float | None = None, answer: bytes | None = None) -> None:
        self._rate, self._answer = rate, answer
        with suppress(OSError):
            self._listening.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
        if not self._accepting.is_alive():
            self._listen()

    def _listen(self) -> None:
        self._listening.listen(256)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:  # nobody listens any more
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if (answer := self._answer) is not None:
            with suppress(OSError):
                if answer:
                    client.recv(PIECE)
                    client.sendall(answer)
                else:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            client.close()
            return
        try:
            server = socket.create_connection(self._to, timeout=10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = FaultLine(client, server)
        self._lines.append(line)
        for sender, taker in ((client, server), (server, client)):
            threading.Thread(target=self._hand_on, args=(line, sender, taker), daemon=True).start()

    def _hand_on(self, line: "FaultLine", sender: socket.socket, taker: socket.socket) -> None:
        with suppress(OSError):
            while piece := sender.recv(PIECE):
                while piece and not line.is_silent:
                    rate = self._rate
                    some = piece if rate is None else piece[: max(1, int(rate / 10))]
                    if rate is not None:
                        time.sleep(len(some) / rate)
                    taker.sendall(some)
                    piece = piece[len(some) :]
        if not line.is_silent:
            line.end()
        line.leave()

    def _end_all(self) -> None:
        for line in self._lines:
            line.end(reset=True)


class FaultLine:
    """One connection through the proxy: of the client, and to the service."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self._ends = (client, server)
        self.is_silent = False
        self.is_open = True
        self._readers = len(self._ends)
        self._guard = threading.Lock()

    def fall_silent(self) -> None:
        if self.is_open:
            self.is_silent = True
            for end in self._ends:
                with suppress(OSError):
                    drop_everything(end)

    def end(self, reset: bool = False) -> None:
        self.is_open = False
        for end in self._ends:
            with suppress(OSError):
                if reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
                end.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)  # whoever reads here is woken
        self._close_unread()

    def leave(self) -> None:
        """Nobody reads one of the ends any more."""
        with self._guard:
            self._readers -= 1
        if not self.is_open:
            self._close_unread()

    def _close_unread(self) -> None:
        """Closes both ends where nobody reads any more: closed under somebody who is about to, a descriptor may be the
        next connection's by then."""
        with self._guard:
            if self._readers == 0:
                for end in self._ends:
                    end.close()


def drop_everything(end: socket.socket) -> None:
    """The kernel takes no packet for this socket any more, and acknowledges none (RET 0)."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    end.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(program)))
