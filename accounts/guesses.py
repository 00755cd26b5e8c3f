"""The one gate for passwords and codes, wherever they are typed.

Whoever is not logged in is counted per account and address, per account, and per address; whoever types the password
of the account that they are logged in to is counted there and per address, so that no stranger's guesses keep a person
from their own settings. An account is the same one by whichever name it is called. A place is taken before a password
is looked at, and given back when it was right.

It stands in Django's `authenticate` (accounts/backends.py), so that no form can forget it, and in `is_own_password`.
Codes go through it as well (`look_at_code`): those of mails, of apps, and those that replace them.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db.models.functions import Lower
from django.http import HttpRequest

from accounts.hashing import line
from accounts.models import User
from accounts.throttles import (
    CodesPerSubject,
    GuessesPerAddress,
    GuessesPerName,
    GuessesPerNameAndAddress,
    GuessesPerSession,
    Limit,
    client_address,
)
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record

log = logging.getLogger("wharf.accounts")

Found = TypeVar("Found")


class TooManyTries(Exception):
    """A limit is reached: nothing was looked at. `seconds`: until something is again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def account_of(name: str) -> User | None:
    """Returns the account that a name or an e-mail address belongs to, whatever its case.

    No name holds an "@", so none can be taken for an address.
    """
    name = name.strip().replace("\0", "")
    column = "email" if "@" in name else "username"
    return User.objects.alias(lowered=Lower(column)).filter(lowered=name.lower()).first()


def look_at(request: HttpRequest | None, account: User | None, name: str, check: Callable[[], Found]) -> Found:
    """Returns what `check` finds of a password for an account, or for a `name` that no account has.

    Raises `TooManyTries` where it may not be looked at, and `PasswordsBusy` where it can't be just now.
    """
    line.require_room()  # before a place is taken: what is not looked at doesn't count
    limits = _limits(request, account, name)
    _take(limits)
    found = check()
    if not found:
        _tell(request, account, AuditKind.PASSWORD_WRONG)
        return found
    for limit in limits:
        limit.forget() if isinstance(limit, GuessesPerNameAndAddress) else limit.give_back()
    return found


def look_at_code(request: HttpRequest, account: User | None, subject: str, check: Callable[[], Found]) -> Found:
    """Returns what `check` finds of a code that somebody has typed: for an account, or None where there is none, and
    for a `subject`, such as an address that is to be proven. Raises `TooManyTries` where it may not be looked at.

    Whoever is logged in is counted apart, so that nobody who knows a password keeps its person from their settings.
    """
    user = request.user
    is_own = account is not None and isinstance(user, User) and user.pk == account.pk
    limits = [CodesPerSubject(subject, "own" if is_own else ""), GuessesPerAddress(client_address(request))]
    _take(limits)
    found = check()
    if not found:
        _tell(request, account, AuditKind.CODE_WRONG)
        return found
    for limit in limits:
        limit.forget() if isinstance(limit, CodesPerSubject) else limit.give_back()
    return found


def is_own_password(request: HttpRequest, user: User, password: str) -> bool:
    """Returns whether that is the password of who is logged in. Raises as `look_at` does."""
    return look_at(request, user, user.get_username(), lambda: user.check_password(password))


def take(*limits: Limit) -> None:
    """Takes a place in each of the limits. Raises `TooManyTries` where one of them has none; then none is taken."""
    _take(list(limits))


def _limits(request: HttpRequest | None, account: User | None, name: str) -> list[Limit]:
    """The widest last, so that who is over a narrow one fills no wide one."""
    who = f"account {account.pk}" if account else f"name {name.strip().lower()[:255]}"
    if request is None:  # a command of this machine
        return [GuessesPerName(who)]
    address = client_address(request)
    user = getattr(request, "user", None)
    if account is not None and isinstance(user, User) and user.pk == account.pk:
        return [GuessesPerSession(who), GuessesPerAddress(address)]
    return [GuessesPerNameAndAddress(who, address), GuessesPerName(who), GuessesPerAddress(address)]


def _take(limits: list[Limit]) -> None:
    for limit in limits:
        if not limit.is_open():
            raise TooManyTries(limit.seconds())
    for number, limit in enumerate(limits):
        if not limit.take():  # somebody was quicker
            for taken in limits[:number]:
                taken.give_back()
            raise TooManyTries(limit.seconds())


def _tell(request: HttpRequest | None, account: User | None, what: AuditKind) -> None:
    """Tells the trail, and the log in a line without the name that was typed, which may be a password in the wrong
    field."""
    match = getattr(request, "resolver_match", None)
    where = {"address": client_address(request), "door": match.route if match else ""} if request else {}
    said = "a password was wrong" if what == AuditKind.PASSWORD_WRONG else "a code was wrong"
    log.warning(said, extra={"account": account.pk if account else None, **where})
    record(what, subject=subjects.person(account.pk) if account else subjects.STRANGER, request=request)
