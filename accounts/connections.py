"""Connected services: which applications may act for a person, and how that ends."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import Application, EndedClient, EndedSession, LaterAccess, User
from accounts.scopes import EXPORT_REQUESTS, IMPORTS, descriptions
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record

OF_MOVES = {EXPORT_REQUESTS, IMPORTS}  # the scopes of leaves that wizards, and the two servers of a move, hold

# What floors above know of when something last came from a client, by its id: each returns that for a person.
last_items: list[Callable[[User], Mapping[str, datetime]]] = []

# Where floors above throw away what came from a client, by its id.
throwing_away: list[Callable[[str], str]] = []


@dataclass
class ServiceConnection:
    """One application that may act for a person, over all the grants that it holds. `last_active`: when something last
    came from it; None where nothing has come yet. `throws_away`: the address where all of that is thrown away."""

    application: Application
    scopes: list[str]
    since: datetime
    last_active: datetime | None = None
    throws_away: str = ""

    @property
    def allows(self) -> list[str]:
        """What it may do, in words."""
        return descriptions(self.scopes, settings.OAUTH2_PROVIDER["SCOPES"])


def connections(user: User) -> list[ServiceConnection]:
    """The services that hold a live token of this person, last active first."""
    services = [held for held in _holders(user) if not OF_MOVES.issuperset(held.scopes)]
    came: dict[str, datetime] = {}
    for known in last_items:
        came |= known(user)
    for held in services:
        held.last_active = came.get(held.application.client_id)
        if held.last_active is not None:
            held.throws_away = next((address(held.application.client_id) for address in throwing_away), "")
    return sorted(services, key=lambda held: held.last_active or held.since, reverse=True)


def leaves(user: User) -> list[ServiceConnection]:
    """What wizards of moves, and the servers of one, may do for this person, last given first."""
    return [held for held in reversed(_holders(user)) if OF_MOVES.issuperset(held.scopes)]


def end_leaves(user: User) -> int:
    """Ends these, but what works for a move that the person has confirmed; returns how many tokens that were."""
    with transaction.atomic():
        kept = {checksum for held in kept_tokens for checksum in held(user)}
        ended = sum(_end(kept, user=user, application=held.application) for held in leaves(user))
        return _told(ended, user, "leaves of moves")


def _holders(user: User) -> list[ServiceConnection]:
    """The applications that hold a live token, in the order in which they were first given one."""
    found: dict[int, ServiceConnection] = {}
    for token in (
        AccessToken.objects.filter(user=user, application__isnull=False)
        .select_related("application", "refresh_token")
        .order_by("created")
    ):
        refresh = getattr(token, "refresh_token", None)
        if refresh is None and token.is_expired():
            continue
        began = refresh.created if refresh else token.created
        held = found.setdefault(token.application_id, ServiceConnection(token.application, [], since=began))
        held.scopes += [name for name in token.scope.split() if name not in held.scopes]
        held.since = min(held.since, began)
    return list(found.values())


def disconnect(user: User, application: Application) -> int:
    """Ends every grant of one application for a person, at once; returns how many tokens that were.

    The application's next refresh is answered `session_invalidated`, its next item `invalid_token`.
    """
    with transaction.atomic():
        return _told(_end(user=user, application=application), user, application.name)


# What floors above have of a person's grants: each returns the SHA-256 of tokens that work on, such as those of a move
# that the person has confirmed, after it has ended what was only asked for.
kept_tokens: list[Callable[[User], set[str]]] = []


def end_services_and_leaves(user: User) -> None:
    """Ends what services and wizards may do for a person, but what the person has confirmed by mail and can stop on a
    page of its own."""
    with transaction.atomic():
        kept = {checksum for held in kept_tokens for checksum in held(user)}
        _told(_end(kept, user=user), user, "all services and leaves")


def end_everybodys(application: Application, people: Collection[int]) -> int:
    """Ends what an application may do for these people, by their keys; returns how many people that are."""
    _end(application=application, user__in=people)
    return len(people)


def disconnect_all(user: User) -> int:
    """Ends every grant of a person, as `disconnect` does; returns how many tokens that were."""
    with transaction.atomic():
        return _told(_end(user=user), user, "all services and leaves")


def end_grant(token: RefreshToken) -> int:
    """Ends the one grant that a refresh token belongs to, with all that it was rotated from; returns how many."""
    family = {"token_family": token.token_family} if token.token_family else {"pk": token.pk}
    with transaction.atomic():
        ended = _end(user=token.user, application=token.application, **family)
        return _told(ended, token.user, token.application.name)


def end_access(token: AccessToken) -> int:
    """Ends an access token and the grant it belongs to, if any; returns how many tokens that were."""
    if refresh := _refresh_token_of(token):
        return end_grant(refresh)
    with transaction.atomic():
        ended, _ = AccessToken.objects.filter(pk=token.pk).delete()
        return _told(ended, token.user, token.application.name if token.application else "")


@transaction.atomic
def revoke_grant(token: RefreshToken) -> None:
    """Ends a grant because its client asks for it: its refresh token is then unknown, and not said to be ended by the
    person."""
    token.revoke()  # locks the row: a refresh that was under way has added its access token before, or adds none
    _access_tokens([token]).delete()
    _told(1, token.user, token.application.name, by=subjects.exporter(token.application_id))


def revoke_access(token: AccessToken) -> None:
    """Ends the grant of an access token on its client's own wish, or the token alone if it has none."""
    if refresh := _refresh_token_of(token):
        revoke_grant(refresh)
    else:
        with transaction.atomic():
            token.revoke()
            _told(1, token.user, token.application.name, by=subjects.exporter(token.application_id))


def _told(ended: int, user: User | None, service: str, by: str = "") -> int:
    """Tells the audit trail what was ended, when all of it was. Returns how many tokens that were."""
    if ended and user is not None:
        record(AuditKind.CONNECTION_ENDED, subject=subjects.person(user.pk), actor=by, service=service, tokens=ended)
    return ended


def _refresh_token_of(token: AccessToken) -> RefreshToken | None:
    later = LaterAccess.objects.filter(access_token=token).select_related("refresh_token").first()
    return later.refresh_token if later else RefreshToken.objects.filter(access_token=token).first()


def _access_tokens(refresh_tokens: list[RefreshToken]) -> Any:
    """The first access token of each grant, and all later ones."""
    first = [token.access_token_id for token in refresh_tokens if token.access_token_id]
    later = LaterAccess.objects.filter(refresh_token__in=refresh_tokens).values("access_token")
    return AccessToken.objects.filter(Q(pk__in=first) | Q(pk__in=later))


def _end(kept: Collection[str] = (), **which: Any) -> int:
    """Remembers the refresh tokens as ended, then deletes them with their access tokens and pending codes; but access
    tokens of which `kept` has the SHA-256."""
    ended = 0
    with transaction.atomic():
        if which.keys() <= {"user", "user__in", "application"}:
            Grant.objects.filter(**which).delete()
            alone = AccessToken.objects.filter(**which, refresh_token__isnull=True, later__isnull=True)
            ended, _ = alone.exclude(token_checksum__in=kept).delete()
        # Again until there are none: a refresh that was under way may have put a new token in the place of one that
        # was found, and that one must be remembered too.
        while tokens := list(
            RefreshToken.objects.select_for_update(of=("self",)).filter(**which).select_related("application")
        ):
            EndedSession.objects.record((token.application.client_id, token.token_checksum) for token in tokens)
            _access_tokens(tokens).delete()
            RefreshToken.objects.filter(pk__in=[token.pk for token in tokens]).delete()
            ended += len(tokens)
    return ended


@receiver(pre_delete, sender=User)
def remember_sessions(instance: User, **_: Any) -> None:
    """Before an account goes, by whatever path, what its services hold is remembered as ended."""
    _end(user=instance)


@receiver(pre_delete, sender=Application)
def remember_client(instance: Application, **_: Any) -> None:
    """Before an exporter goes, by whatever path, it is remembered that its connections are ended. Those that registered
    themselves refresh nothing, and public ones prove nothing."""
    if not instance.is_public and not instance.registered_itself:
        until = instance.earlier_secret_until
        hashes = [instance.client_secret]
        if instance.earlier_secret and until is not None and until > timezone.now():
            hashes.append(instance.earlier_secret)
        EndedClient.objects.update_or_create(client_id=instance.client_id, defaults={"client_secret": " ".join(hashes)})
