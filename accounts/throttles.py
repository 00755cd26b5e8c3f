"""How often something may be tried, and what guards passwords.

Two things guard the log-in. django-axes locks a pair of name and address for a quarter of an hour after ten wrong
passwords (the settings `AXES_...`; its page is in accounts/lockout.py). It stands in Django's `authenticate`, so no
form can forget it. It does not see one name that is tried from many addresses, or many names from one: these are
`FailedLogInsPerName` and `FailedLogInsPerAddress` below, which are wide, so that hardly anybody is kept out by somebody
else. Everything else has a limit here alone: a password that is typed again by who is logged in
(`WrongPasswordsPerAccount`), the secret of a client, and what sends mails, makes rows or calls other servers.
"""

from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from django.http import HttpRequest
from rest_framework.throttling import SimpleRateThrottle


def client_address(request: HttpRequest) -> str:
    """Where a request comes from: an IPv4 address, or the /64 network that an IPv6 client has to itself.

    The server in front, or uvicorn behind a trusted proxy, has put the client's address into `REMOTE_ADDR`.
    """
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "0.0.0.0"  # noqa: S104  (a name for "unknown" that a column for addresses takes)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, 64), strict=False).network_address)
    return str(address)


class Limit(SimpleRateThrottle):
    """So many times in so long for one subject, such as an address or an account.

    `is_open()` asks without counting, `count()` counts, `take()` does both; `seconds()` says how long until it is open
    again. The cache keeps only a hash of the subject.
    """

    rate: str
    duration: int  # seconds; from the rate, as is the next
    num_requests: int

    def __init__(self, *subject: str) -> None:
        super().__init__()
        named = "\0".join((type(self).__name__, *subject)).casefold()
        self.key = "limit-" + sha256(named.encode(errors="replace")).hexdigest()
        self._load()

    def get_cache_key(self, request: Any, view: Any) -> str:
        """The key of this limit's subject, whatever the request."""
        return str(self.key)

    def _load(self) -> None:
        self.now = self.timer()
        self.history = [then for then in self.cache.get(self.key, []) if then > self.now - self.duration]

    def is_open(self) -> bool:
        """Whether one more is allowed."""
        return len(self.history) < self.num_requests

    def take(self) -> bool:
        """Counts one, if one more is allowed. Returns whether it was."""
        if not self.is_open():
            return False
        self.count()
        return True

    def count(self) -> None:
        """Counts one."""
        self._load()
        self.history.insert(0, self.now)
        self.cache.set(self.key, self.history[: self.num_requests], self.duration)

    def seconds(self) -> int:
        """Seconds until one more is allowed; at least one."""
        if self.is_open():
            return 1
        return max(1, int(self.history[self.num_requests - 1] + self.duration - self.now) + 1)


class SignUpsPerAddress(Limit):
    """New accounts from one address, tried or made."""

    rate = "30/hour"


class ResetsPerAddress(Limit):
    """Password resets asked for from one address."""

    rate = "30/hour"


class ResetsPerAccount(Limit):
    """Mails with a reset link to one e-mail address."""

    rate = "3/hour"


class FailedLogInsPerName(Limit):
    """Wrong passwords for one account from all addresses together."""

    rate = "100/hour"


class FailedLogInsPerAddress(Limit):
    """Wrong passwords from one address for all accounts together."""

    rate = "200/hour"


class WrongPasswordsPerAccount(Limit):
    """Wrong passwords from somebody who is already logged in."""

    rate = "10/hour"


def of_log_ins(request: HttpRequest, name: str) -> tuple[Limit, Limit]:
    """Returns the limits that a wrong password for this name counts in."""
    return FailedLogInsPerName(name), FailedLogInsPerAddress(client_address(request))


class FailedClientsPerAddress(Limit):
    """Wrong client secrets for one client from one address; what succeeds is neither counted nor stopped."""

    rate = "20/minute"


class RegistrationsPerAddress(Limit):
    """Clients that register themselves from one address: a wizard's server does it once per person that it helps."""

    rate = "120/hour"


class MoveRequestsPerAccount(Limit):
    """Mails with a link that confirms a move."""

    rate = "10/hour"
