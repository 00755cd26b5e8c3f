"""uvicorn as it runs in production, in a thread of this process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def running(application: Any = None) -> Iterator[str]:
    """The address of a server with the application, or with one of a test's own."""
    with running_until(application) as (address, _):
        yield address


@contextmanager
def running_until(application: Any = None, grace: int | None = None) -> Iterator[tuple[str, threading.Event]]:
    """Likewise, and an event that has the server stop as a signal does; `grace`: seconds that it has for that."""
    from config.asgi import application as whole

    listening = socket.socket(socket.AF_INET)  # as uvicorn makes it for several processes
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    config = uvicorn.Config(
        application or whole,
        http="config.protocol:HttpProtocol",
        access_log=False,
        log_level="critical",
        lifespan="off",
        ws_max_size=65536,
        backlog=128,
        timeout_graceful_shutdown=grace,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    stop = _StopEvent(server)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", stop
    finally:
        stop.set()
        server.force_exit = True
        thread.join(timeout=60)


class _StopEvent(threading.Event):
    def __init__(self, server: uvicorn.Server) -> None:
        super().__init__()
        self._server = server

    def set(self) -> None:
        super().set()
        self._server.should_exit = True
