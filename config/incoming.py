"""A request's body, between the connection that it comes from and the gate that takes it."""

import time
from collections import deque
from collections.abc import Callable

from django.conf import settings

INCOMING = "wharf.incoming"  # where it stands in the ASGI scope, if there is a body
EVERYTHING = 1 << 62  # bytes; more than comes
KNOWN_AHEAD = 512 * 1024  # bytes of an allowed body that may wait before the socket is no longer read


class MinimumRate:
    """Whether a sender brings enough in any time of waiting that is as long as our patience: neither a burst before it
    nor a byte now and then makes up for that."""

    def __init__(self, patience: float, slowest: float) -> None:
        self._patience = patience
        self._enough = patience * slowest
        self._waits: deque[tuple[float, int]] = deque()  # seconds, and bytes that came in them
        self._waited = 0.0
        self._came = 0

    def allows(self, seconds: float, size: int) -> bool:
        """Counts seconds of waiting, and the bytes that came in them. Returns whether there is patience left."""
        self._waits.append((seconds, size))
        self._waited += seconds
        self._came += size
        while self._waited - self._waits[0][0] >= self._patience:
            before, lost = self._waits.popleft()
            self._waited -= before
            self._came -= lost
        return self._waited < self._patience or self._came >= self._enough


class IncomingRequest:
    """What the connection and the gate tell each other of one body.

    `received`: bytes that have come. `is_unwanted`: what comes is forgotten. `is_cut`: nothing more is waited for;
    `is_stopped`: since the server stops.
    """

    def __init__(self, read_on: Callable[[], None]) -> None:
        self._read_on = read_on
        self._most = settings.WHARF_READ_FIRST + 1  # enough to see that there is more
        self._rate = MinimumRate(settings.WHARF_BODY_PATIENCE, settings.WHARF_SLOWEST_BODY)
        self._counted = 0
        self.received = 0
        self.is_unwanted = self.is_cut = self.is_stopped = False
        self.on_cut: Callable[[], None] | None = None

    @property
    def room(self) -> int:
        """Bytes that may be read next; at least one, for whoever asks before the reading has stopped."""
        return max(1, self._most - self.received)

    @property
    def is_held_back(self) -> bool:
        """Whether no more is read before it is allowed."""
        return self.received >= self._most

    @property
    def ahead(self) -> int:
        """Bytes that may wait for the gate."""
        return KNOWN_AHEAD if self._most == EVERYTHING else settings.WHARF_READ_FIRST

    @property
    def is_known(self) -> bool:
        """Whether somebody known sends it, who is waited for."""
        return self._most == EVERYTHING and not self.is_unwanted

    def allow(self) -> None:
        """Its sender is known, and may send all of it."""
        self._most = EVERYTHING
        self._read_on()

    def throw_away(self) -> None:
        """What still comes is read and forgotten."""
        self.is_unwanted = True
        self.allow()

    def is_fast_enough(self, seconds: float) -> bool:
        """Counts seconds of waiting for it. Returns whether it may go on."""
        size, self._counted = self.received - self._counted, self.received
        return self._rate.allows(seconds, size)

    def cut(self) -> bool:
        """Nothing more is waited for. Returns whether somebody was told, who will answer."""
        self.is_cut = True
        if self.on_cut is None:
            return False
        self.on_cut()
        return True

    def stop(self) -> bool:
        """The server stops, and so does this. Returns as `cut` does."""
        self.is_stopped = True
        return self.cut()


class Slowness:
    """For how long a sender has been waited for who brings less than a body must bring."""

    def __init__(self, enough: int) -> None:
        """`enough`: bytes with which it begins anew."""
        self._enough = enough
        self._waited = 0.0
        self._came = 0
        self._since: float | None = None

    def begin(self) -> None:
        """A wait begins."""
        self._since = time.monotonic()

    def end(self, size: int) -> None:
        """The wait has ended, with so many bytes."""
        if self._since is not None:
            self._waited += time.monotonic() - self._since
        self._since = None
        self._came += size
        if self._came >= self._enough:
            self._waited, self._came = 0.0, 0

    @property
    def seconds(self) -> float:
        """While a wait lasts; 0 while nobody is waited for."""
        return 0.0 if self._since is None else self._waited + time.monotonic() - self._since
