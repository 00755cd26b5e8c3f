"""How far somebody has come with choosing both sides of a move, in one browser.

It stands in the table of sessions under a cookie of its own, not in the session of who is logged in: a move between two
accounts of one server means to log out in between. The whole of it is encrypted, for it holds what lets this server act
for the person at two others, and only the hash of the cookie names it.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Any, Literal

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from accounts import secrets as at_rest
from accounts.scopes import EXPORT_REQUESTS, IMPORTS
from moves.wizard import addresses

JOURNEY_COOKIE = settings.WHARF_COOKIE_PREFIX + "wharf_move"
LIFETIME = timedelta(hours=6)
CODE_LIFETIME = timedelta(hours=1)
ABANDONED = timedelta(seconds=10)  # on top of what a question may take, after which whoever asks it is dead
MOST_ASKS = 8  # that wait for an answer: tabs, and what was begun and left

Role = Literal["source", "target"]
ROLES: tuple[Role, Role] = ("source", "target")
SCOPES: dict[Role, str] = {"source": EXPORT_REQUESTS, "target": IMPORTS}  # of the token that each side needs


class GrantedAccount(BaseModel):
    """An account that a person has given consent for. Sizes are bytes.

    A `code` is a consent to depart from there only; a `token`, with the client that it was given to, is one for what
    its `scope` says: servers of this kind give leave for one side, a Cozy for both. Where none is said, it may be both.
    """

    url: str
    ours: bool = False  # the server speaks this product's dialect: it merges, and proves what arrived
    name: str = ""
    code: str = ""
    token: str = ""
    scope: str = ""
    client_id: str = ""
    client_secret: str = ""
    used: int | None = None
    quota: int | None = None
    vault: bool = False
    given_at: AwareDatetime = Field(default_factory=timezone.now)

    @property
    def host(self) -> str:
        """How the server is called on pages."""
        return addresses.host(self.url)

    @property
    def has_expired(self) -> bool:
        """Whether the consent is too old to be used; tokens live longer than what is kept here."""
        return not self.token and timezone.now() >= self.expires_at

    @property
    def expires_at(self) -> AwareDatetime:
        """Until when a code can be used."""
        return self.given_at + CODE_LIFETIME

    @property
    def minutes_left(self) -> int:
        """Whole minutes for which a code can still be used."""
        return max(0, (self.expires_at - timezone.now()) // timedelta(minutes=1))

    @property
    def room(self) -> int | None:
        """Bytes that are free; None where there is no limit, or none is known."""
        return None if self.quota is None else max(0, self.quota - (self.used or 0))

    def may_be(self, role: Role) -> bool:
        """Whether what the person consented to is enough for a role."""
        by_token = bool(self.token) and (not self.scope or SCOPES[role] in self.scope.split())
        return (by_token or bool(role == "source" and self.code)) and not self.has_expired


class Ask(BaseModel):
    """A question that a browser was sent away with, named by its `state` (RFC 6749, section 10.12).

    Its answer comes to an address of its own, which ends in `place` (RFC 9700, section 4.4.2.2); `says_issuer`: the
    server is known to say in it that it is the one who answers (RFC 9207).
    """

    state: str
    place: str = ""
    says_issuer: bool = False
    role: Role
    url: str
    ours: bool = False
    client_id: str = ""
    client_secret: str = ""
    at: AwareDatetime = Field(default_factory=timezone.now)

    @property
    def host(self) -> str:
        """How the server is called on pages."""
        return addresses.host(self.url)

    @property
    def has_expired(self) -> bool:
        """Whether its code would be too old by now."""
        return timezone.now() >= self.at + CODE_LIFETIME


class Introduction(BaseModel):
    """A server that the person has named: whether it can be a side is being found out, or was.

    `taken_at`: when somebody began to. `problem`: why it can't be one, as a sentence in English. `is_known`: it can,
    and was asked for as the last of `asks`.
    """

    key: str = Field(default_factory=lambda: secrets.token_urlsafe(16))
    role: Role
    url: str
    taken_at: AwareDatetime | None = None
    problem: str = ""
    is_known: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody knows yet."""
        return not self.is_known and not self.problem

    @property
    def is_free(self) -> bool:
        """Whether nobody is at it: none has begun, or whoever did is dead."""
        if not self.is_open:
            return False
        patience = timedelta(seconds=settings.WHARF_PAGE_ASKS_FOR) + ABANDONED
        return self.taken_at is None or self.taken_at < timezone.now() - patience


class Journey(BaseModel):
    """Both sides, what is being asked, and who is being made known."""

    source: GrantedAccount | None = None
    target: GrantedAccount | None = None
    asks: list[Ask] = []
    introduction: Introduction | None = None

    @property
    def is_begun(self) -> bool:
        """Whether the person has chosen anything."""
        return bool(self.source or self.target or self.asks)

    @property
    def missing(self) -> Role | None:
        """The side that the person has to choose, or to ask, next."""
        for role in ROLES:
            side = self.side(role)
            if side is None or not side.may_be(role):
                return role
        return None

    def side(self, role: Role) -> GrantedAccount | None:
        """One side, as far as it is chosen."""
        return self.source if role == "source" else self.target

    def place(self, role: Role, side: GrantedAccount | None) -> None:
        """Chooses a side, or none."""
        if role == "source":
            self.source = side
        else:
            self.target = side

    def ask(self, role: Role, url: str, **known: Any) -> Ask:
        """A question with a fresh state, and what else is `known` of it."""
        ask = Ask(state=secrets.token_urlsafe(32), role=role, url=url, **known)
        self.asks = [*self.asks, ask][-MOST_ASKS:]
        return ask

    def answered(self, role: Role, place: str, state: str) -> Ask | None:
        """The question that an answer belongs to, which is answered from now on; None for what was never asked, was
        answered before, or came to the address of another question."""
        ask = next((one for one in self.asks if secrets.compare_digest(one.state.encode(), state.encode())), None)
        if ask is None or ask.role != role or ask.place != place:
            return None
        self.asks.remove(ask)
        return ask

    def swap(self) -> None:
        """Source becomes target, and target source."""
        self.source, self.target = self.target, self.source


def read(request: HttpRequest) -> Journey:
    """The journey of this browser; a new one where there is none, or not any more."""
    row = Session.objects.filter(session_key=_name(_cookie(request))).first()
    return _of(row)


@contextmanager
def changed(request: HttpRequest) -> Iterator[Journey]:
    """The same, locked against other requests of the browser until it is kept again. `remember` sets its cookie."""
    cookie = _cookie(request)
    with transaction.atomic():
        row = Session.objects.select_for_update().filter(session_key=_name(cookie)).first()
        journey = _of(row)
        yield journey
        if row is None or row.expire_date <= timezone.now():
            cookie = secrets.token_urlsafe(32)
            row = Session(session_key=_name(cookie), expire_date=timezone.now() + LIFETIME)
        row.session_data = at_rest.encrypt(journey.model_dump_json())
        row.save()
    request.COOKIES[JOURNEY_COOKIE] = cookie


def name(request: HttpRequest) -> str:
    """What the journey of this browser is kept under."""
    return _name(_cookie(request))


@contextmanager
def kept(name: str) -> Iterator[Journey | None]:
    """The journey that is kept under a name, locked as by `changed`; None where there is none any more."""
    with transaction.atomic():
        row = Session.objects.select_for_update().filter(session_key=name).first()
        if row is None or row.expire_date <= timezone.now():
            yield None
            return
        journey = _of(row)
        yield journey
        row.session_data = at_rest.encrypt(journey.model_dump_json())
        row.save(update_fields=["session_data"])


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response, with the cookie of the journey that `changed` kept."""
    response.set_cookie(
        JOURNEY_COOKIE,
        _cookie(request),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # an answer comes as a navigation from another site
    )
    return response


def forget(request: HttpRequest) -> None:
    """Deletes the journey of this browser, with every secret in it. Whoever begins again gets another cookie."""
    Session.objects.filter(session_key=_name(_cookie(request))).delete()


def _cookie(request: HttpRequest) -> str:
    return request.COOKIES.get(JOURNEY_COOKIE, "")


def _name(cookie: str) -> str:
    """The key of the row; whoever reads the table can't make a cookie of it."""
    return sha256(b"move wizard " + cookie.encode()).hexdigest()[:40]


def _of(row: Session | None) -> Journey:
    if row is None or row.expire_date <= timezone.now():
        return Journey()
    try:
        return Journey.model_validate_json(at_rest.decrypt(row.session_data))
    except (InvalidToken, ValidationError):
        return Journey()  # kept by a key, or in a form, that this server has no more: the person chooses again
