"""Waiting for what happens by itself."""

import threading
import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds: on a busy machine anything takes ten times as long, and only what fails waits to the end


def eventually(holds: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Waits for what happens in another thread."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def calls_are_over() -> None:
    """Waits for the calls of other servers that pages have begun in threads of their own."""
    for thread in threading.enumerate():
        if thread.name == "call to another server":
            thread.join(PATIENCE)
