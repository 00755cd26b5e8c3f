"""Connections to other servers: only to addresses that were checked, and never waiting for ever.

The address is checked where the socket is opened, on what is connected to, so that redirects and names that resolve
anew each time can't lead anywhere else.
"""

import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_network
from typing import Any

import httpcore
import httpx
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from ssrfguard import Policy, Target, resolve
from ssrfguard.httpx import Client, SafeBackend, SafeTransport

from accounts.texts import kept_text
from accounts.web_address import USUAL_PORTS, WebAddress
from moves import watch
from moves.peers import asking, names
from moves.peers.errors import PeerError, host_of

PIECE = 256 * 1024  # bytes that are read from a socket at once
SLOW_BYTES = 64 * 1024  # that must come in `WHARF_PEER_SLOW_AFTER` seconds of waiting
REDIRECTS = 5
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
        """Waits in short steps where somebody may end the job meanwhile; then its socket is closed."""
        if not watch.is_watched():
            return self._stream.read(most, timeout)
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            watch.look()
            left = watch.LOOK_EVERY if until is None else min(watch.LOOK_EVERY, until - time.monotonic())
            if left <= 0:
                raise TimeoutError("nothing came")
            with suppress(httpcore.ReadTimeout):
                return self._stream.read(most, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._stream.write(buffer, self._patience.left(timeout))
        except TimeoutError as over:
            raise httpcore.WriteTimeout(str(over)) from over

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            timeout = self._patience.left(timeout)
        except TimeoutError as over:
            raise httpcore.ConnectTimeout(str(over)) from over
        return _PatientStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._patience)

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
            until = None if timeout is None else time.monotonic() + timeout
            watch.look()
            if is_own(host, port):
                stream = httpcore.SyncBackend().connect_tcp(host, port, timeout, local_address, socket_options)
            else:
                stream = self._connect(host, port, until)
        except TimeoutError as over:
            raise httpcore.ConnectTimeout(str(over)) from over
        return _PatientStream(stream, self._patience)

    def _connect(self, host: str, port: int, until: float | None) -> httpcore.NetworkStream:
        """To the first one of the name's addresses that answers, if it may be called. Raises what ssrfguard raises, and
        `TimeoutError`."""

        try:
            looked_up = names.addresses(host, port, _left(until))
            target = Target(scheme="tcp", host=host, port=port, host_as_written=host, address=None)
            found = resolve(target, policy=self.policy, resolver=lambda *_: looked_up)
        except TimeoutError:
            raise
        except OSError as unknown:
            raise httpcore.ConnectError(str(unknown)) from unknown
        failed: Exception | None = None
        for address in found[: self.policy.max_connection_attempts]:
            answer = (address.family, socket.SOCK_STREAM, 0, "", address.sockaddr)
            self.resolver = lambda *_, answer=answer: [answer]  # the one that was checked, and is checked again
            try:
                return super().connect_tcp(host, port, _left(until))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                watch.look()
        raise failed or httpcore.ConnectError("the name has no address")


def _left(until: float | None) -> float | None:
    """Seconds until then. Raises `TimeoutError` where none are left."""
    left = None if until is None else until - time.monotonic()
    if left is not None and left <= 0:
        raise TimeoutError("the time to connect is over")
    return left


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
