"""Codes and tokens of a move: who may ask for one, and which call belongs to which."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from oauth2_provider.models import AccessToken, set_token_value
from oauthlib.common import generate_token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Application, User
from accounts.oauth.bearer import REALM, BearerAuthentication
from accounts.scopes import EXPORT_REQUESTS, MOVE_SCOPES
from moves.jsonapi import JsonApiRefusal
from moves.models import Move, MoveCode

SCOPE = " ".join(MOVE_SCOPES)
GIVEN_SCOPE = EXPORT_REQUESTS  # of what a source gives its target, which brings nothing into the account that leaves
CODE_LASTS = timedelta(hours=1)
OWN_CLIENT = "Account move"


def hashed(secret: str) -> str:
    """SHA-256 in hex: all that is kept of what this server gave away."""
    return hashlib.sha256(secret.encode()).hexdigest()


# Codes


def new_code(owner: User, application: Application | None = None) -> str:
    """A code for the person's leave; with a client, one that this client exchanges for a token."""
    code = secrets.token_urlsafe(32)
    MoveCode.objects.create(
        code_hash=hashed(code),
        owner=owner,
        application=application,
        expires_at=timezone.now() + CODE_LASTS,
    )
    return code


def exchange(code: str, application: Application) -> str | None:
    """A token of a move for a code that this client was given; None for any other code.

    A code that comes twice was stolen, perhaps by who brought it first (RFC 6749, section 4.1.2): what it gave ends,
    unless a move runs with it, which the person has confirmed by mail.
    """
    with transaction.atomic():
        found = (
            MoveCode.objects.select_for_update(of=("self",))
            .select_related("owner")
            .filter(code_hash=hashed(code), application=application)
            .first()
        )
        if found is None or found.expires_at <= timezone.now() or not found.owner.is_active:
            return None
        if found.spent_at is not None:
            if not Move.objects.filter(token_checksum=found.token_checksum).exists():
                AccessToken.objects.filter(token_checksum=found.token_checksum).delete()
            return None
        token = issue(found.owner, application)
        MoveCode.objects.filter(pk=found.pk).update(spent_at=timezone.now(), token_checksum=hashed(token))
        return token


# Tokens


def issue(owner: User, application: Application, scope: str = SCOPE) -> str:
    """A token with the scopes of a move, or one of them, and nothing to refresh it with."""
    token: str = generate_token()
    expires = timezone.now() + settings.WHARF_MOVE_LONGEST
    access = AccessToken(user=owner, application=application, scope=scope, expires=expires)
    set_token_value(access, token)
    access.save()
    return token


def revoke(checksum: str) -> None:
    """Ends the token of which this is the SHA-256."""
    if checksum:
        AccessToken.objects.filter(token_checksum=checksum).delete()


def own_client() -> Application:
    """The client behind the tokens that this server itself gives to the other server of a move."""
    application, _ = Application.objects.get_or_create(
        name=OWN_CLIENT,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris="",
        defaults={"allowed_scopes": SCOPE},
    )
    return application


# Calls of the other server


@dataclass(frozen=True)
class Caller:
    """Who calls: the account whose token was sent, the token's SHA-256, and the move that it belongs to, if any.

    `is_late`: the move is off or over, and the token ended with it; the call is only answered as it was before.
    """

    user: User
    checksum: str
    move: Move | None
    is_late: bool = False


def caller(request: HttpRequest, scope: str) -> Caller:
    """Who calls with a token of a move that has the scopes. Raises `JsonApiRefusal`: 401 or 403 (RFC 6750, section
    3.1)."""
    bearer = BearerAuthentication()
    asked = Request(request)
    checksum = hashed(_presented(request))
    try:
        _, found = bearer.authenticate(asked)
    except AuthenticationFailed as refused:
        if (over := over_move(request)) is not None:
            return Caller(over.owner, checksum, over, is_late=True)
        challenge = bearer.authenticate_header(asked)
        raise JsonApiRefusal(
            401, "Unauthorized", str(refused.detail), headers={"WWW-Authenticate": challenge}
        ) from refused
    token = cast(AccessToken, found)
    if not set(scope.split()) <= set(token.scope.split()):
        challenge = f'Bearer realm="{REALM}", error="insufficient_scope", scope="{scope}"'
        raise JsonApiRefusal(
            403,
            "Forbidden",
            f"The access token is not one for this call of a move: it must have the scopes {scope}.",
            headers={"WWW-Authenticate": challenge},
        )
    move = Move.objects.select_related("owner").filter(token_checksum=checksum).first()
    return Caller(token.user, checksum, move)


def over_move(request: HttpRequest) -> Move | None:
    """The move that the token of a request belonged to, if that is off or over, and has not been for too long."""
    checksum = hashed(_presented(request))
    move = Move.objects.select_related("owner").filter(token_checksum=checksum).first()
    return move if move is not None and not move.is_running and _is_still_known(move) else None


def _presented(request: HttpRequest) -> str:
    return request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")[2].strip()


def _is_still_known(move: Move) -> bool:
    """For as long as the token would have lived."""
    return move.token_until is not None and move.token_until > timezone.now() and move.owner.is_active


def clean() -> int:
    """Deletes codes that nobody can use any more. Gives their number."""
    day = timezone.now() - timedelta(days=1)
    deleted, _ = MoveCode.objects.filter(expires_at__lt=day).delete()
    return deleted
