"""Who is connected to this web process, who must go when places run out, and who has been slow for too long.

A connection costs a file of the process, so there are fewer places than files. Who is owed nothing (no request, or an
answer that is all written) makes room, the longest idle first. Where everybody is owed something, a few more are taken
in who are told 503, and the state of the server, so that it stays in sight. What one address may have is a share, so
that nobody has all.
"""

import asyncio
import logging
import socket
import struct
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from django.conf import settings

from config.files import FewFilesHandler, file_shares

log = logging.getLogger("wharf.places")

WEBSOCKETS = 4  # one in so many places may be a WebSocket's


class Connected(Protocol):
    """A connection. `address`: whose share it counts in, if anybody's."""

    address: str | None
    transport: asyncio.Transport

    def look(self, now: float) -> None:
        """Called again and again: ends what has been slow for too long."""

    def turn_away(self) -> None:
        """Closes one of the last ones, at once; whoever has not been answered is told that the server is busy."""


@dataclass
class AddressShare:
    """What one address has: connections, requests through proxies, and those of its connections that are owed
    nothing, the longest idle first."""

    number: int = 0
    idle: OrderedDict[Connected, None] = field(default_factory=OrderedDict)


class Places:
    """The connections of one server; all of it is used in its loop."""

    def __init__(self) -> None:
        shares = file_shares()
        self.most, self._last = shares.connections, shares.last
        if self.most < settings.WHARF_CONNECTIONS:
            log.warning("%s, since this process may open few files only (ulimit -n)", shares)
        asyncio.get_running_loop().set_exception_handler(FewFilesHandler())
        self.per_address = settings.WHARF_CONNECTIONS_PER_ADDRESS or max(1, self.most // 2)
        self.buffer = memoryview(bytearray(256 * 1024))  # what is read from any connection, until it is taken from here
        self.connected: set[Connected] = set()
        self.websockets: set[Connected] = set()
        self._idle: OrderedDict[Connected, None] = OrderedDict()
        self._last_ones: set[Connected] = set()
        self._idle_last: OrderedDict[Connected, None] = OrderedDict()  # closing one of these makes no place
        self._shares: defaultdict[str, AddressShare] = defaultdict(AddressShare)
        self._looking: asyncio.TimerHandle | None = None
        self.stopping_since: float | None = None
        self.stops_at: float | None = None  # when whatever is still there is broken off; None for never

    def stop(self, within: float | None) -> None:
        """The server stops. `within`: seconds for what is waited for; whoever asks again changes nothing."""
        if self.stopping_since is None:
            self.stopping_since = asyncio.get_running_loop().time()
            self.stops_at = None if within is None else self.stopping_since + within

    def enter(self, connection: Connected) -> bool | None:
        """Takes a connection in, which is then idle. Returns True for a place, False for one of the last, where only
        `/status` is answered, and None if there is none at all."""
        has_place = self._make_room(connection.address)
        if not has_place:
            if len(self._last_ones) >= self._last and not self._turn_first_away():
                return None
            self._last_ones.add(connection)
        self.connected.add(connection)
        if connection.address:
            self._shares[connection.address].number += 1
        self.is_idle(connection)
        if self._looking is None:
            loop = asyncio.get_running_loop()
            self._looking = loop.call_later(settings.WHARF_CONNECTION_LOOKS_EVERY, self._look, loop)
        return has_place

    def leave(self, connection: Connected) -> None:
        """Forgets one that is closed; one that is not here is no error."""
        if connection not in self.connected:
            return
        self.is_owed(connection)
        self.connected.discard(connection)
        self._last_ones.discard(connection)
        self.websockets.discard(connection)
        if connection.address:
            self._give_back(connection.address)

    def is_idle(self, connection: Connected) -> None:
        """From now on nothing is owed to it."""
        if connection in self._last_ones:
            self._idle_last[connection] = None
            return
        self._idle[connection] = None
        if connection.address:
            self._shares[connection.address].idle[connection] = None

    def is_owed(self, connection: Connected) -> None:
        """From now on it is owed an answer."""
        self._idle.pop(connection, None)
        self._idle_last.pop(connection, None)
        if connection.address:
            self._shares[connection.address].idle.pop(connection, None)

    def lend(self, address: str) -> bool:
        """Counts a request that came through a proxy in its address's share. Returns whether that has room for it."""
        share = self._shares[address]
        share.number += 1
        return share.number <= self.per_address

    def give_back(self, address: str) -> None:
        """Ends what `lend` began."""
        self._give_back(address)

    def becomes(self, connection: Connected, websocket: Connected) -> None:
        """A connection goes on as a WebSocket, which has its place."""
        self.is_owed(connection)
        self.connected.discard(connection)
        self.connected.add(websocket)
        self.websockets.add(websocket)

    @property
    def takes_websockets(self) -> bool:
        """Whether one more connection may become one."""
        return len(self.websockets) < max(1, self.most // WEBSOCKETS)

    def _make_room(self, address: str | None) -> bool:
        share = self._shares.get(address) if address else None
        if share is not None and share.number >= self.per_address and not _close_first(share.idle, self):
            log.warning("an address has as many connections as one may have")
            return False
        if len(self.connected) - len(self._last_ones) >= self.most and not _close_first(self._idle, self):
            log.warning("all places are taken, and an answer is owed to each; others are told so")
            return False
        return True

    def _turn_first_away(self) -> bool:
        first = next(iter(self._idle_last), None)
        if first is None:
            return False
        self.leave(first)
        first.turn_away()
        return True

    def _give_back(self, address: str) -> None:
        share = self._shares[address]
        share.number -= 1
        if not share.number:
            del self._shares[address]

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = None
        if not self.connected:
            return
        self._looking = loop.call_later(settings.WHARF_CONNECTION_LOOKS_EVERY, self._look, loop)
        now = loop.time()
        unread: list[tuple[int, Connected]] = []
        for connection in list(self.connected):
            connection.look(now)
            if size := connection.transport.get_write_buffer_size():
                unread.append((size, connection))
        self._end_unread(unread)

    def _end_unread(self, unread: list[tuple[int, Connected]]) -> None:
        """Closes who has the most that is not read, until all of them together have no more than they may."""
        left = sum(size for size, _ in unread) - settings.WHARF_UNREAD_BYTES
        for size, connection in sorted(unread, key=lambda one: one[0], reverse=True):
            if left <= 0:
                return
            log.warning("answers that nobody reads take too much memory; the largest one is ended")
            reset(connection.transport)
            left -= size


def reset(transport: asyncio.Transport) -> None:
    """Ends a connection, and what the kernel still holds for it: after a close it would offer that for minutes to a
    client that reads nothing (RFC 9293, section 3.10.4)."""
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _close_first(idle: OrderedDict[Connected, None], places: Places) -> bool:
    """Closes the longest idle of these, at once. Returns whether there was one."""
    if not idle:
        return False
    first = next(iter(idle))
    places.leave(first)
    first.transport.abort()
    return True


_of_servers: WeakKeyDictionary[Any, Places] = WeakKeyDictionary()


def places_of(server: Any) -> Places:
    """Returns the places of one server, by its `uvicorn.server.ServerState`."""
    places = _of_servers.get(server)
    if places is None:
        places = _of_servers[server] = Places()
    return places
