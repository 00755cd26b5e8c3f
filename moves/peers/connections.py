"""Connections to other servers: only to addresses that were checked, and never waiting for ever.

The address is checked where the socket is opened, on what is connected to, so that redirects and names that resolve
anew each time can't lead anywhere else.
"""

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv6Network, ip_network
from typing import Any, TypeVar

import httpcore
import httpx
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from httpcore._backends.sync import SyncStream
from ssrfguard import DEFAULT_DENIED, AddressTable, Block, Policy, Reach, Target, resolve
from ssrfguard.httpx import Client, SafeBackend, SafeTransport

from accounts.texts import kept_text
from accounts.web_address import USUAL_PORTS, WebAddress
from moves import watch
from moves.peers import asking, names
from moves.peers.errors import PeerError, host_of

T = TypeVar("T")

PIECE = 256 * 1024  # bytes that are read from a socket at once
SLOW_BYTES = 64 * 1024  # that must come in `WHARF_PEER_SLOW_AFTER` seconds of waiting
ATTEMPT = 3.0  # seconds that one address of a name is waited for before the next one is tried
REDIRECTS = 5
# Of IPv6 only 2000::/3 is given to anybody (RFC 4291, section 2.4; IANA's registry of global unicast). What a network
# does with the rest is its own affair: a translator may lead ::ffff:0:127.0.0.1 (RFC 2765) to itself.
GLOBAL_UNICAST = IPv6Network("2000::/3")
DENIED = AddressTable(
    (
        *DEFAULT_DENIED.blocks,  # the longer prefix of two decides, so what these allow beyond stays allowed
        *(
            Block(network, "outside global unicast", "RFC4291", Reach.DENIED)
            for network in IPv6Network("::/0").address_exclude(GLOBAL_UNICAST)
        ),
    )
)
NOT_ENCRYPTED = kept_text(
    "%(host)s sends the call on to an address that is not encrypted. Its operator has to correct that."
)


class Patience:
    """How long a client waits: the time-outs of single reads are cut short where a deadline for all of it is near, and
    what comes by drips is cut as well. One client belongs to one thread."""

    def __init__(self) -> None:
        asker = asking.current()
        self._most: float | None = None if asker is None else asker.until  # whatever else is agreed
        self._until = self._most
        self._waited = 0.0
        self._brought = 0

    def within(self, seconds: float) -> None:
        """From now on everything together may take so many seconds, or as long as somebody waits for it."""
        until = time.monotonic() + seconds
        self._until = until if self._most is None else min(until, self._most)

    def without_end(self) -> None:
        """The deadline is lifted; silence and drips are still cut, and nobody waits longer than was said."""
        self._until = self._most

    def left(self, timeout: float | None) -> float | None:
        """Seconds that one read or write may take. Raises `TimeoutError` where none are left."""
        if self._until is None:
            return timeout
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole call is over")
        return left if timeout is None else min(timeout, left)

    def note(self, waited: float, brought: int) -> None:
        """One read took so long, and brought so much. Raises `TimeoutError` where it comes by drips.

        Only the time in which somebody waits counts: a reader that is slow itself does not make its peer slow.
        """
        self._waited += waited
        self._brought += brought
        if self._waited >= settings.WHARF_PEER_SLOW_AFTER:
            if self._brought < SLOW_BYTES:
                raise TimeoutError("bytes come by drips")
            self._waited, self._brought = 0.0, 0


class _PatientStream(httpcore.NetworkStream):
    """A connection that keeps to its client's patience."""

    def __init__(self, stream: httpcore.NetworkStream, patience: Patience) -> None:
        self._stream = stream
        self._patience = patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        began = time.monotonic()
        try:
            piece = self._read(max(max_bytes, PIECE), self._patience.left(timeout))
            self._patience.note(time.monotonic() - began, len(piece))
        except TimeoutError as over:
            raise httpcore.ReadTimeout(str(over)) from over
        return piece

    def _read(self, most: int, timeout: float | None) -> bytes:
        return _in_steps(lambda seconds: self._stream.read(most, seconds), timeout, "nothing came")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        wire, left = self.get_extra_info("socket"), memoryview(buffer)

        def send(seconds: float | None) -> int:
            wire.settimeout(seconds)
            sent: int = wire.send(left)
            return sent

        try:
            while left:
                left = left[_in_steps(send, self._patience.left(timeout), "nothing was read") :]
        except TimeoutError as over:
            raise httpcore.WriteTimeout(str(over)) from over
        except OSError as broken:
            raise httpcore.WriteError(str(broken)) from broken

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        wire = self.get_extra_info("socket")

        def shake_hands(seconds: float | None) -> None:
            wire.settimeout(seconds)
            wire.do_handshake()

        try:
            wire = ssl_context.wrap_socket(wire, server_hostname=server_hostname, do_handshake_on_connect=False)
            _in_steps(shake_hands, self._patience.left(timeout), "TLS does not begin")
        except BaseException as failed:
            wire.close()
            if isinstance(failed, TimeoutError):
                raise httpcore.ConnectTimeout(str(failed)) from failed
            if isinstance(failed, OSError):
                raise httpcore.ConnectError(str(failed)) from failed
            raise
        return _PatientStream(SyncStream(wire), self._patience)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()


class _Backend(SafeBackend):
    """Opens sockets to checked addresses only."""

    def __init__(self, policy: Policy, patience: Patience) -> None:
        super().__init__(policy=policy)
        self._patience = patience

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """At most `timeout` seconds for the look-up of the name, and for all of its addresses together."""
        try:
            timeout = self._patience.left(timeout)
            until = time.monotonic() + (names.LONGEST_LOOK_UP if timeout is None else timeout)
            watch.look()
            if is_own(host, port):
                stream = httpcore.SyncBackend().connect_tcp(host, port, timeout, local_address, socket_options)
            else:
                stream = self._connect(host, port, until)
        except TimeoutError as over:
            raise httpcore.ConnectTimeout(str(over)) from over
        return _PatientStream(stream, self._patience)

    def _connect(self, host: str, port: int, until: float) -> httpcore.NetworkStream:
        """To the first one of the name's addresses that answers, if it may be called; each is tried for a while, and
        then the next one, over and over. Raises what ssrfguard raises, and `TimeoutError`."""
        try:
            looked_up = names.addresses(host, port, _left(until))
            target = Target(scheme="tcp", host=host, port=port, host_as_written=host, address=None)
            found = resolve(target, policy=self.policy, resolver=lambda *_: looked_up)
        except TimeoutError:
            raise
        except OSError as unknown:
            raise httpcore.ConnectError(str(unknown)) from unknown
        untried = deque(found[: self.policy.max_connection_attempts])
        failed: Exception | None = None
        while untried:
            watch.look()
            address = untried.popleft()
            answer = (address.family, socket.SOCK_STREAM, 0, "", address.sockaddr)
            self.resolver = lambda *_, answer=answer: [answer]  # the one that was checked, and is checked again
            try:
                return super().connect_tcp(host, port, min(ATTEMPT, _left(until)))
            except httpcore.ConnectTimeout as silent:
                failed = silent
                untried.append(address)
            except httpcore.ConnectError as error:
                failed = error
        raise failed or httpcore.ConnectError("the name has no address")


def _left(until: float) -> float:
    """Seconds until then. Raises `TimeoutError` where none are left."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time to connect is over")
    return left


def _in_steps(attempt: Callable[[float | None], T], timeout: float | None, silence: str) -> T:
    """Returns what `attempt` does, which is told how many seconds to wait: a few at a time, again and again, where
    somebody may end the job meanwhile. Whoever does so closes its socket.

    Raises what ends the job, what `attempt` raises, and `TimeoutError` with `silence` where the time is over.
    """
    until = None if timeout is None else time.monotonic() + timeout
    while True:
        watch.look()
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError(silence)
        step = min(one for one in (left, watch.LOOK_EVERY) if one is not None) if watch.is_watched() else left
        with suppress(TimeoutError, httpcore.ReadTimeout):
            return attempt(step)


class _Transport(SafeTransport):
    def __init__(self, policy: Policy, patience: Patience) -> None:
        context = _tls()
        super().__init__(policy=policy, verify=context, trust_env=False)
        # The same pool as the library's, but with patience; the one that it made has no connection yet.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=2, keepalive_expiry=5.0, network_backend=_Backend(policy, patience)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if is_own(request.url.host, request.url.port or USUAL_PORTS.get(request.url.scheme, 0), request.url.scheme):
            return httpx.HTTPTransport.handle_request(self, request)  # without the check of the address
        return super().handle_request(request)


class Peer(Client):
    """An `httpx.Client` for addresses that somebody gave us. Proxies named by the environment are not used: a proxy
    resolves names itself, so that nobody could tell where a call ends."""

    def __init__(self, *, connect: float, silence: float) -> None:
        self.patience = Patience()
        super().__init__(
            transport=_Transport(allowed(), self.patience),
            timeout=httpx.Timeout(silence, connect=connect),
            trust_env=False,
            # What is compressed could be any size when it is unpacked.
            headers={"User-Agent": "Wharf", "Accept-Encoding": "identity"},
        )

    def _build_redirect_request(self, request: httpx.Request, response: httpx.Response) -> httpx.Request:
        following = super()._build_redirect_request(request, response)
        if request.url.scheme == "https" and following.url.scheme != "https":
            raise PeerError("redirected", NOT_ENCRYPTED % {"host": host_of(str(request.url))})
        return following


def is_own(host: str, port: int, scheme: str = "") -> bool:
    """Whether that is this server, at exactly the origin of `WHARF_BASE_URL`.

    It may call itself wherever it runs, also on a laptop: accounts move between two people of one server. Nothing is
    reached that way but what everybody can call.
    """
    own = WebAddress.parse(settings.WHARF_BASE_URL)
    return own is not None and (host, port) == (own.hostname, own.port_called) and scheme in ("", own.scheme)


def allowed() -> Policy:
    """What may be called now. Raises `ImproperlyConfigured`."""
    return policy(tuple(map(str, settings.WHARF_TRUSTED_NETWORKS)))


@lru_cache(maxsize=8)
def policy(trusted: tuple[str, ...]) -> Policy:
    """What may be called: http and https at public addresses and at the trusted networks, at any port.

    Where only some of a name's addresses may be called, only those are.
    """
    try:
        return Policy(
            denied_networks=DENIED,
            allowed_networks=tuple(ip_network(network) for network in trusted),
            allowed_ports=frozenset(range(1, 65536)),
            on_partial_block="drop",
            max_redirects=REDIRECTS,
        )
    except ValueError as wrong:
        raise ImproperlyConfigured(f"WHARF_TRUSTED_NETWORKS must be networks like 10.0.0.0/8: {wrong}") from wrong


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """The authorities that httpx trusts, or those that SSL_CERT_FILE or SSL_CERT_DIR name; made once, for it takes
    some milliseconds."""
    return httpx.create_ssl_context()


def open_stream(server: WebAddress, *, connect: float, patience: Patience) -> httpcore.NetworkStream:
    """A connection to a server, TLS done where it is https, for what has to be done byte by byte.

    Raises what httpcore and ssrfguard raise.
    """
    stream = _Backend(allowed(), patience).connect_tcp(server.hostname, server.port_called, connect)
    return stream.start_tls(_tls(), server.hostname, connect) if server.scheme == "https" else stream
