"""How long a client may take for what is awaited of it, and what becomes of it when the server stops."""

import asyncio
import logging
from enum import Enum, auto
from typing import Any, Protocol

from django.conf import settings
from django.utils.translation import gettext_noop

from config.incoming import IncomingRequest
from config.places import Places, reset

LINGER = 30  # seconds for which a client that has been answered early may go on writing before it reads
LINGER_AT_STOP = 1
STRANGERS_AT_STOP = 1  # seconds for bodies of which nobody knows yet who sends them: that of an item is there by then
STOP_TAKES = 4  # seconds before the end of a stop, in which what still comes is told, and the telling is read
STOPPING = gettext_noop("This server is being restarted. Please try again.")

log = logging.getLogger("wharf.watch")


class Stage(Enum):
    """What is read next."""

    IDLE = auto()  # the first byte of a request
    HEAD = auto()  # the rest of its head
    BODY = auto()
    WHOLE = auto()  # nothing: its answer is owed
    REFUSED = auto()  # what is forgotten, since it is no HTTP, or has been answered
    GONE = auto()  # nothing: the connection speaks another language now


class UnreadAnswer:
    """Whether a client takes what it is sent."""

    def __init__(self) -> None:
        self.has_drained = False  # said by the transport
        self._size = 0
        self._since = 0.0

    def is_stuck(self, size: int, now: float) -> bool:
        """Whether nothing has been taken for too long. `size`: bytes that wait in this process."""
        if not size or size < self._size or self.has_drained or not self._size:
            self._since = now
        self._size, self.has_drained = size, False
        return now - self._since > settings.WHARF_ANSWER_PATIENCE


class WatchedConnection(Protocol):
    """A connection. `since`: when its stage began to be waited for; `incoming`: the body of its request, if any."""

    transport: asyncio.Transport
    places: Places
    stage: Stage
    since: float
    incoming: IncomingRequest | None
    cycle: Any
    flow: Any

    def refuse(self, status: int, sentence: str) -> None:
        """Answers, and takes nothing from this client any more."""


class ConnectionWatch:
    """Looks at one connection every second."""

    def __init__(self, connection: WatchedConnection, now: float) -> None:
        self.unread = UnreadAnswer()
        self.looked = now
        self._connection = connection

    def look(self, now: float) -> None:
        """Ends what has been slow for too long."""
        connection = self._connection
        waited = now - connection.since
        stopping_since = connection.places.stopping_since
        if stopping_since is not None:
            self._look_at_stop(stopping_since, now)
        if connection.stage is Stage.IDLE and waited > settings.WHARF_IDLE_CONNECTION:
            connection.transport.close()
        elif connection.stage is Stage.HEAD and waited > settings.WHARF_HEAD_WITHIN:
            connection.refuse(408, f"The head of a request must come within {settings.WHARF_HEAD_WITHIN} seconds.")
        elif connection.stage is Stage.BODY and connection.incoming is not None:
            self._look_at_body(connection.incoming, now)
        elif connection.stage is Stage.REFUSED and waited > (LINGER if stopping_since is None else LINGER_AT_STOP):
            connection.transport.abort()
        self.looked = now
        if self.unread.is_stuck(connection.transport.get_write_buffer_size(), now):
            reset(connection.transport)

    def _look_at_body(self, incoming: IncomingRequest, now: float) -> None:
        """Ends a body that is too slow: the gate answers for it, or else the connection is closed."""
        connection = self._connection
        if connection.flow.read_paused or incoming.is_cut or connection.cycle.waiting_for_100_continue:
            return
        if incoming.is_fast_enough(now - self.looked):
            return
        connection.cycle.keep_alive = False
        if not incoming.cut() or connection.cycle.response_complete:
            connection.transport.close()

    def stop(self, patience: float | None) -> None:
        """The server stops: only what somebody known brings, and what is being answered, is waited for.

        `patience`: seconds until all of it is broken off; None for no end.
        """
        connection = self._connection
        connection.places.stop(max(0.0, patience - STOP_TAKES) if patience is not None else None)
        if connection.stage in (Stage.IDLE, Stage.HEAD):
            connection.transport.close()
            return
        if connection.cycle is not None:
            connection.cycle.keep_alive = False

    def _look_at_stop(self, since: float, now: float) -> None:
        connection = self._connection
        stops_at = connection.places.stops_at
        is_over = stops_at is not None and now >= stops_at
        if connection.stage is Stage.BODY and connection.incoming is not None:
            if is_over or (not connection.incoming.is_known and now - since > STRANGERS_AT_STOP):
                self._break_off(connection.incoming)
        elif not is_over or connection.stage is not Stage.WHOLE:
            return
        elif connection.cycle.response_started:
            log.warning("an answer was broken off, since the server stops")
            reset(connection.transport)
        else:
            log.warning("a request was not answered in time, since the server stops")
            connection.refuse(503, STOPPING)

    def _break_off(self, incoming: IncomingRequest) -> None:
        """Has a request answered whose body is still coming, or closes where nobody would."""
        if incoming.is_cut:
            return
        if incoming.stop():
            return
        if self._connection.cycle.response_complete:
            self._connection.transport.close()
        else:
            incoming.throw_away()
