"""A server that says nothing."""

import socket
import threading
from typing import Self

from tests.support.listening import stop_listening


class SilentServer:
    """Accepts every connection, and says nothing until it ends."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.url = f"http://{self.host}"
        self.link = f"{self.url}/#/exports/OPAQUE"
        self.connections: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                self.connections.append(self._listening.accept()[0])
            except OSError:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        stop_listening(self._listening, self._accepting)
        for connection in self.connections:
            connection.close()
