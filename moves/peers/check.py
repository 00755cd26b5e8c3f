"""Whether another server and this one will get along, found out before anybody moves."""

import shutil
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils import timezone

from accounts.sizes import human_size
from accounts.web_address import USUAL_PORTS, WebAddress
from moves.errors import CONTENT_TYPE
from moves.peers import names
from moves.peers.client import CONNECT, call, client
from moves.peers.closed import why_closed
from moves.peers.connections import allowed, is_own
from moves.peers.errors import MOVED_AWAY, PeerError, moved_to, told
from moves.peers.finding import Hopeless, PeerFinding
from moves.peers.raw_requests import CONNECTION_BROKEN, refused_upload, upgrade

SLOW = 3.0  # seconds for an answer that needs no work
RENEW = timedelta(days=14)  # before a certificate's end
WAIT = 10.0  # seconds for an answer
SHUT = (
    "A Cozy is shut while it takes an account in. One that was killed meanwhile stays so until its operator opens it."
)
LOOK_WHERE = "Look there with a browser: a Cozy that has moved says to people where it is now."
BUFFERED = (
    "The proxy in front must pass bodies on as they come, and answers as well. With nginx: "
    "proxy_request_buffering off, proxy_http_version 1.1, client_max_body_size 0."
)


@dataclass
class Check:
    """The checks of one server. `token` and `link`, of an account there and of an export here, ask it for room; `wait`:
    seconds for each answer."""

    address: str
    token: str = ""
    link: str = ""
    wait: float = WAIT
    server: WebAddress = field(init=False)  # what was typed, once it is known to be one

    def findings(self) -> Iterator[PeerFinding]:
        """Yields them one after the other, as they are found."""
        try:
            yield self._address()
            yield self._addresses()
            yield from self._status()
            self._require_open()
            yield self._importing()
            yield self._redirects()
            yield self._early_answers()
            yield self._sockets()
            yield self._room()
        except Hopeless as last:
            yield last.finding
        yield self._way_back()

    @property
    def origin(self) -> str:
        """Where it is called."""
        return self.server.origin

    @property
    def host(self) -> str:
        """How it is called in sentences."""
        return self.server.hostname

    def _address(self) -> PeerFinding:
        """It is an address of a server. Raises `Hopeless`."""
        typed = self.address.strip()
        server = WebAddress.parse(typed if "://" in typed else f"https://{typed}")
        if server is None or server.has_user or not _may_be_name(server.hostname):
            wrong = PeerFinding(
                "address", False, f"{typed} is not the address of a server.", "Give it as https://HOST."
            )
            raise Hopeless(wrong)
        self.server = server
        if server.port_called not in USUAL_PORTS.values():
            return PeerFinding(
                "address", None, f"{self.origin} has a port of its own.", "A Cozy calls only 80 and 443."
            )
        return PeerFinding("address", True, f"{self.origin} is an address of a server.")

    def _addresses(self) -> PeerFinding:
        """Its name leads to addresses that may be called. Raises `Hopeless`."""
        host, port = self.server.hostname, self.server.port_called
        try:
            found = names.addresses(host, port)
        except (OSError, UnicodeError) as unknown:
            advice = "Check the spelling, and that its DNS records are there."
            raise Hopeless(
                PeerFinding("name", False, f"There is no server of the name {self.host}.", advice)
            ) from unknown
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        refused = [] if is_own(host, port) else [one for one in addresses if not _may_be_called(one)]
        if len(refused) == len(addresses):
            wrong = f"{self.host} is at {', '.join(refused)}, which is not public, and this server calls no other."
            advice = "Correct its DNS records, or allow that network with WHARF_TRUSTED_NETWORKS here."
            raise Hopeless(PeerFinding("name", False, wrong, advice))
        if refused:
            said = f"{self.host} is at {', '.join(addresses)}; {', '.join(refused)} won't be called: not public."
            return PeerFinding("name", None, said, "Correct its DNS records.")
        return PeerFinding("name", True, f"{self.host} is at {', '.join(addresses)}.")

    def _status(self) -> Iterator[PeerFinding]:
        """It is there, its certificate is good, it answers `GET /status` itself and does so in time. Raises
        `Hopeless`."""
        began = time.monotonic()
        try:
            with (
                told(self.origin),
                client(silence=self.wait, deadline=CONNECT + self.wait) as peer,
                peer.stream("GET", f"{self.origin}/status") as response,
            ):
                took = time.monotonic() - began
                tls = _tls(response)
        except PeerError as failed:
            check = "tls" if failed.code == "tls" else "reachable"
            advice = "" if "?" in failed.sentence or failed.code == "tls" else "Ask its operator whether it runs."
            raise Hopeless(PeerFinding(check, False, failed.sentence, advice)) from failed
        yield PeerFinding("reachable", True, f"{self.host} answers.")
        yield tls
        if took > SLOW:
            said = f"It took {took:.1f} seconds to say that it is there."
            yield PeerFinding("time", None, said, "Calls are given up after 30 seconds: see what keeps it busy.")
        else:
            yield PeerFinding("time", True, f"It answered within {took:.2f} seconds.")
        if response.is_redirect:
            said = f"GET /status is sent on to {_shown(response)}."
            yield PeerFinding("status", False, said, "Use that address, or let the proxy pass /status on.")
        elif response.status_code == MOVED_AWAY:
            said = f"{self.host} has moved, or is gone: GET /status is answered 410."
            raise Hopeless(PeerFinding("moved", False, said, LOOK_WHERE))
        elif response.status_code == 503:
            raise Hopeless(PeerFinding("shut", False, f"{self.host} is shut: GET /status is answered 503.", SHUT))
        elif response.status_code != 200:
            said = f"GET /status is answered {response.status_code}."
            raise Hopeless(PeerFinding("status", False, said, "Is this the address of a Wharf or a Cozy?"))
        else:
            yield PeerFinding("status", True, "GET /status is answered 200.")

    def _require_open(self) -> None:
        """It has not moved, and is not shut: a Cozy answers `GET /status` all the same. Raises `Hopeless`."""
        closed = why_closed(self.origin, deadline=self.wait)
        if closed is None:
            return
        if closed.status == MOVED_AWAY:
            advice = "Use that address." if moved_to(closed.status, closed.body) else LOOK_WHERE
            raise Hopeless(PeerFinding("moved", False, closed.sentence, advice)) from closed
        said = f"{self.host} is shut: it is answered 503."
        raise Hopeless(PeerFinding("shut", False, said, SHUT)) from closed

    def _importing(self) -> PeerFinding:
        """A Cozy takes everything but a 200 here for a move that failed."""
        try:
            answer = call("GET", f"{self.origin}/move/importing", accept="text/html", follow=False)
        except PeerError as failed:
            said = f"GET /move/importing is not answered 200: {failed.sentence}"
            advice = "It must answer 200 without a redirect, also to who is not logged in: see the proxy's rules."
            return PeerFinding("importing", False, said, advice)
        return PeerFinding("importing", True, f"GET /move/importing is answered {answer.status}, without a redirect.")

    def _redirects(self) -> PeerFinding:
        """A call that is sent on loses its body, or its token."""
        try:
            call("POST", f"{self.origin}/move/imports", json={})
        except PeerError as failed:
            if failed.code == "refused" and failed.status in (400, 401, 403, 415, 422):
                return PeerFinding(
                    "redirects", True, f"A call without a token is refused ({failed.status}), not sent on."
                )
            said = f"A call without a token is not refused as it should be: {failed.sentence}"
            advice = "POST /move/... must reach the server as it is: see the proxy's rules."
            return PeerFinding("redirects", False, said, advice)
        said = "A call without a token was accepted."
        return PeerFinding("redirects", False, said, "This server does not speak the move protocol as it should.")

    def _early_answers(self) -> PeerFinding:
        """A refusal reaches a client that still writes a large body, which is how exporters send."""
        try:
            early, answered = refused_upload(self.server, self.wait)
        except CONNECTION_BROKEN as broken:
            said = f"A large body that is refused breaks the connection ({type(broken).__name__}), without an answer."
            return PeerFinding("early answers", False, said, BUFFERED)
        if answered == 413:
            said = "Large bodies are refused (413) before the server sees them."
            return PeerFinding("early answers", False, said, "With nginx: client_max_body_size 0.")
        if not answered:
            said = "A refusal gets lost when the whole body is written before it is read."
            return PeerFinding("early answers", False, said, BUFFERED)
        if not early:
            said = f"A refusal ({answered}) comes only after the whole body was sent."
            return PeerFinding("early answers", False, said, BUFFERED)
        return PeerFinding("early answers", True, f"A refusal ({answered}) arrives while the body is still written.")

    def _sockets(self) -> PeerFinding:
        """The WebSocket of the page that people wait at comes through the proxy."""
        try:
            answered = upgrade(self.server, self.wait)
        except CONNECTION_BROKEN:
            answered = 0
        # A Wharf lets nobody in who may not see anything, which only an upgrade that came through can be told.
        if answered == 101 or (answered == 403 and self._is_wharf()):
            return PeerFinding("websocket", True, "The page that people wait at can tell when the import has ended.")
        said = f"The WebSocket /move/importing/realtime does not open ({answered or 'no answer'})."
        advice = "People have to load the page again to see the end: let the proxy pass Upgrade and Connection on."
        return PeerFinding("websocket", None, said, advice)

    def _is_wharf(self) -> bool:
        try:
            said = call("GET", f"{self.origin}/status").object.get("move")
        except PeerError:
            return False
        return isinstance(said, dict) and said.get("changes") is True

    def _room(self) -> PeerFinding:
        """What the server says of its room, if it was given a token and a link to what would come."""
        free = human_size(shutil.disk_usage(settings.WHARF_DATA_DIR).free)
        if not (self.token and self.link):
            said = f"{self.host} says how much room there is only after the person has given leave. Here: {free} free."
            advice = "With --token of the account there and --link of an export, it is asked whether that fits."
            return PeerFinding("room", None, said, advice)
        body = {"data": {"attributes": {"url": self.link}}}
        try:
            call("POST", f"{self.origin}/move/imports/precheck", token=self.token, json=body, content_type=CONTENT_TYPE)
        except PeerError as failed:
            if failed.status in (413, 422):
                said = f"The account at {self.host} has not enough room for that export."
                return PeerFinding("room", False, said, "Give it a larger quota, or make it smaller here.")
            if failed.status == 412:
                said = f"{self.host} finds no archive at that link."
                return PeerFinding(
                    "room", False, said, "Can it reach this server? Is the export done, and not expired?"
                )
            return PeerFinding("room", False, failed.sentence, "The token must have the scope io.cozy.imports.")
        return PeerFinding("room", True, f"{self.host} can fetch that export, and the account there has room for it.")

    def _way_back(self) -> PeerFinding:
        """The other server must call this one: for the data, and at the end."""
        own = WebAddress.of(settings.WHARF_BASE_URL)
        try:
            found = names.addresses(own.hostname, own.port_called)
        except (OSError, UnicodeError):
            said = f"This server has no such name: {own.hostname}."
            return PeerFinding("way back", False, said, "Set WHARF_BASE_URL to the address that others reach it at.")
        if not any(ip_address(str(one[4][0]).partition("%")[0]).is_global for one in found):
            said = f"Others can't call this server at {settings.WHARF_BASE_URL}: that is not a public address."
            advice = "Set WHARF_BASE_URL to one, unless both servers are in a network that the other one trusts."
            return PeerFinding("way back", None, said, advice)
        return PeerFinding("way back", True, f"The other server will call this one at {settings.WHARF_BASE_URL}.")


def _may_be_name(host: str) -> bool:
    """Whether a host has no character that no name has; its letters may be those of any language."""
    return host.isprintable() and not set(host) & set(' \\"<>^`{|}%')


def _may_be_called(address: str) -> bool:
    return allowed().permits_address(address.partition("%")[0])


def _shown(response: httpx.Response) -> str:
    """Returns where a redirect leads, without what may be secret."""
    leads = urlsplit(str(response.url.join(response.headers["Location"])))
    return f"{leads.scheme}://{leads.netloc}{leads.path}"


def _tls(response: httpx.Response) -> PeerFinding:
    """Returns how the connection of an answer is encrypted, and until when its certificate is good."""
    stream = response.extensions["network_stream"]
    found = stream.get_extra_info("ssl_object")
    if found is None:
        if ip_address(stream.get_extra_info("server_addr")[0]).is_global:
            advice = "Put a certificate on it, and use its https:// address."
            return PeerFinding(
                "tls", False, "There is no TLS: everybody on the way reads the data and the tokens.", advice
            )
        return PeerFinding("tls", None, "There is no TLS.", "Only good within a network that you trust.")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(found.getpeercert(False)["notAfter"]), UTC)
    said = f"{found.version()}, with a certificate that is good until {ends:%Y-%m-%d}."
    if ends - timezone.now() < RENEW:
        return PeerFinding("tls", None, said, "Renew it first: a move may take days.")
    return PeerFinding("tls", True, said)
