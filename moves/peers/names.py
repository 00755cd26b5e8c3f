"""Look-ups of names, with a deadline. The system's own has none, and can't be called off.

So each has a thread of its own, which nobody waits for longer than was agreed, and two that ask for the same name wait
for the same one. There are only so many, and only a part of them for the names of one domain: who makes a name server
that answers nothing keeps its own names waiting.
"""

import socket
import threading
import time
from collections import Counter
from typing import Any

from moves import watch
from moves.peers.site import site

MOST_LOOK_UPS = 64  # at once, in a process
MOST_OF_A_SITE = 8
LONGEST_LOOK_UP = 10.0  # seconds for a look-up of which nothing else was said

Answers = list[tuple[Any, ...]]  # as `socket.getaddrinfo` has them


class _LookUp:
    """One that is under way, or its end."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.ended = threading.Event()
        self.answers: Answers = []
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.answers = socket.getaddrinfo(self.host, self.port, 0, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as unknown:
            self.error = unknown
        finally:
            with _guard:
                del _under_way[self.host, self.port]
            self.ended.set()


_guard = threading.Lock()
_under_way: dict[tuple[str, int], _LookUp] = {}


def addresses(host: str, port: int, timeout: float | None = None) -> Answers:
    """Returns the addresses of a name. `timeout`: seconds.

    Raises `socket.gaierror` where there are none, or too many names are being looked up; `UnicodeError` for what can be
    no name; `TimeoutError`; and what ends the job for which it is.
    """
    until = time.monotonic() + (LONGEST_LOOK_UP if timeout is None else timeout)
    look_up = _begun(host, port)
    while not look_up.ended.wait(min(watch.LOOK_EVERY, until - time.monotonic())):
        watch.look()
        if time.monotonic() >= until:
            raise TimeoutError("the name was not looked up in time")
    if look_up.error is not None:
        raise look_up.error
    return look_up.answers


def _begun(host: str, port: int) -> _LookUp:
    """The look-up of this name, begun now or before."""
    with _guard:
        look_up = _under_way.get((host, port))
        if look_up is not None:
            return look_up
        here = site(host, port)
        of_site = Counter(site(*one) for one in _under_way)[here]
        if len(_under_way) >= MOST_LOOK_UPS or of_site >= MOST_OF_A_SITE:
            raise socket.gaierror(socket.EAI_AGAIN, "too many names are being looked up")
        look_up = _under_way[host, port] = _LookUp(host, port)
    threading.Thread(target=look_up.run, name=f"look-up of {host}", daemon=True).start()
    return look_up
