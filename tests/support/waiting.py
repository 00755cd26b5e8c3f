"""Waiting for what happens by itself."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], object], seconds: float = 10) -> None:
    """Waits for what happens in another thread."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
