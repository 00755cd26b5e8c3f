"""How often something may be tried: the limits, each with what it is for.

A limit takes its place before the work, in one step in the database (accounts/models/limit_window.py), so that of many
tries at once exactly as many are looked at as the limit says, whatever process they reach. Who is over it is answered
from memory. How passwords are guarded by them, accounts/guesses.py says; everything else takes a place by itself:
what sends mails, makes rows or calls other servers.
"""

import logging
import time
from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import ClassVar

from django.http import HttpRequest

from accounts.mailboxes import mailbox_of
from accounts.models import LimitWindow
from accounts.models.limit_window import now_ms
from accounts.network import network_of

log = logging.getLogger("wharf.accounts")

SECONDS = {"minute": 60, "quarter": 15 * 60, "hour": 3600}


def client_address(request: HttpRequest) -> str:
    """Where a request comes from: an IPv4 address, or the /64 network that an IPv6 client has to itself.

    The server in front, or uvicorn behind a trusted proxy, has put the client's address into `REMOTE_ADDR`.
    """
    return network_of(request.META.get("REMOTE_ADDR", ""))


class _Shut:
    """Which subjects are over their limit, as this process knows it: whoever goes on trying costs no statement.

    What it knows it looks up again after some seconds, since a place may have been given back.
    """

    TRUSTED = 5.0  # seconds
    MOST = 10_000  # subjects; beyond them, those known for longest are looked up again

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, float]] = OrderedDict()  # until when, and when it was looked up
        self._guard = Lock()

    def until(self, subject: str) -> int | None:
        """Returns when a place is free again, in milliseconds since the epoch, or None where that is not known."""
        with self._guard:
            until, seen = self._known.get(subject, (0, 0.0))
        return until if until > now_ms() and seen > time.monotonic() - self.TRUSTED else None

    def learn(self, subject: str, until: int) -> bool:
        """Remembers it. Returns whether that is news."""
        with self._guard:
            known, _ = self._known.get(subject, (0, 0.0))
            self._known[subject] = until, time.monotonic()
            self._known.move_to_end(subject)
            while len(self._known) > self.MOST:
                self._known.popitem(last=False)
        return known != until

    def forget(self, subject: str | None = None) -> None:
        """Forgets one subject, or all."""
        with self._guard:
            if subject is None:
                self._known.clear()
            else:
                self._known.pop(subject, None)


shut = _Shut()


class Limit:
    """So many times in so long for one subject, such as an address or an account: `rate` is like `10/hour`, its period
    one of `SECONDS`. The period begins with the first try.

    `take()` takes a place and `give_back()` frees it; `is_open()` asks without taking one; `seconds()` says how long
    until one is free.
    """

    rate: ClassVar[str]

    def __init__(self, *subject: str) -> None:
        named = "\0".join((type(self).__name__, *subject)).casefold()
        self.subject = sha256(named.encode(errors="replace")).hexdigest()
        most, _, period = self.rate.partition("/")
        self.most, self.lasts = int(most), SECONDS[period] * 1000
        self._taken_until: int | None = None

    def is_open(self) -> bool:
        """Whether a place is free. Writes nothing."""
        return self._shut_until() is None

    def take(self) -> bool:
        """Takes a place, if one is free. Returns whether one was. Who is over the limit causes no write."""
        if not self.is_open():
            return False
        self._taken_until = LimitWindow.objects.take(self.subject, self.most, self.lasts)
        return self._taken_until is not None

    def give_back(self) -> None:
        """Frees the place that this object took."""
        if self._taken_until is not None:
            LimitWindow.objects.give_back(self.subject, self._taken_until)
            self._taken_until = None

    def forget(self) -> None:
        """Frees all places."""
        LimitWindow.objects.filter(subject=self.subject).delete()
        self._taken_until = None
        shut.forget(self.subject)

    def seconds(self) -> int:
        """Seconds until a place is free; at least one."""
        until = self._shut_until()
        return 1 if until is None else max(1, -(-(until - now_ms()) // 1000))

    def _shut_until(self) -> int | None:
        known = shut.until(self.subject)
        if known is not None:
            return known
        until = LimitWindow.objects.shut_until(self.subject, self.most)
        if until is not None and shut.learn(self.subject, until):
            log.warning("a limit is reached", extra={"limit": type(self).__name__, "rate": self.rate})
        return until


class SignUpsPerAddress(Limit):
    """New accounts from one address, tried or made."""

    rate = "30/hour"


class ResetsPerAddress(Limit):
    """Password resets asked for from one address."""

    rate = "30/hour"


class _PerMailbox(Limit):
    """For one e-mail address, however it is spelled."""

    def __init__(self, address: str) -> None:
        super().__init__(mailbox_of(address))


class ResetsPerAccount(_PerMailbox):
    """Mails with a reset link to one e-mail address."""

    rate = "3/hour"


class GuessesPerNameAndAddress(Limit):
    """Passwords for one account from one address, by somebody who is not logged in; a right one frees all places."""

    rate = "10/quarter"


class GuessesPerName(Limit):
    """Wrong passwords for one account from all addresses together, which is wide: hardly anybody is kept out by
    somebody else."""

    rate = "100/hour"


class GuessesPerAddress(Limit):
    """Wrong passwords from one address for all accounts together."""

    rate = "200/hour"


class GuessesPerSession(Limit):
    """Wrong passwords for the account of whoever is logged in: somebody may have found an open browser."""

    rate = "10/hour"


class CodesPerSubject(Limit):
    """Wrong codes for one account, or for one address that is to be proven: a code of an app has six digits, of which
    three are good at any time, so that guessing for a month finds one in fifty times. A right one frees all places."""

    rate = "10/hour"


class PasskeysPerAddress(Limit):
    """Log-ins by a passkey that were begun at one address: each makes a session, of whoever it may become."""

    rate = "120/hour"


class UsesOfCode(Limit):
    """A code of an app is good once, for longer than it lives."""

    rate = "1/quarter"


class FailedClientsPerAddress(Limit):
    """Wrong secrets from one address, for one client or for all that don't exist; what succeeds is neither counted nor
    stopped."""

    rate = "20/minute"


class RegistrationsPerAddress(Limit):
    """Clients that register themselves from one address: a wizard's server does it once per person that it helps."""

    rate = "120/hour"


class MoveCodesPerAccount(Limit):
    """Codes that one person gives to wizards of moves, each of which is a row, some with a client of its own: a wizard
    that is known here gets one whenever a page sends the person's browser for it."""

    rate = "60/hour"


class UnknownMoveCodesPerAddress(Limit):
    """Codes, and secrets of mailed links, that no move has, from one address. A right one is neither counted nor
    stopped: it has 256 random bits, so that nobody guesses one, and a wizard's server has many people."""

    rate = "120/hour"


class MoveRequestsPerAccount(Limit):
    """Mails with a link that confirms a move."""

    rate = "10/hour"


class MailsPerAddress(_PerMailbox):
    """Mails of all kinds to one address."""

    rate = "20/hour"


class OrdinaryMailsPerAddress(_PerMailbox):
    """Mails to one address that are not about the safety of an account: some are left for those that are."""

    rate = "15/hour"


class ProofsPerAccount(_PerMailbox):
    """Mails with a code that proves an address, to one address."""

    rate = "3/hour"


class ProofsPerAsker(Limit):
    """The same to whatever addresses, for one account that is in use: strangers get its mails, too."""

    rate = "10/hour"


class ProofsPerAskersAddress(Limit):
    """The same for one address that somebody asks from."""

    rate = "60/hour"
