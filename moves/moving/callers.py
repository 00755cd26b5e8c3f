"""Who calls with the token of a move, and what it may call."""

from dataclasses import dataclass
from typing import cast

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from accounts.oauth.bearer import TokenRefused, token_of
from accounts.rest.authentication import BearerAuthentication
from accounts.rest.scopes import ScopePermission
from moves.models import Move
from moves.moving.tokens import GIVEN_SCOPE, SCOPE, hashed


@dataclass(frozen=True)
class Caller:
    """The account whose token was sent, the token's SHA-256 and scopes, and the move that it belongs to, if any.

    `is_late`: the move is off or over, and the token ended with it, so that nobody knows its scopes any more; the call
    is only answered as it was before.
    """

    user: User
    checksum: str
    scope: str
    move: Move | None
    is_late: bool = False


class MoveAuthentication(BearerAuthentication):
    """`request.auth` is the `Caller`: a token of a move is known after its end, for as long as it would have lived."""

    def authenticate(self, request: Request) -> tuple[User, Caller]:
        """Raises `TokenRefused`."""
        try:
            token = token_of(request)
        except TokenRefused:
            if (move := over_move(request)) is None:
                raise
            return move.owner, Caller(move.owner, move.token_checksum, "", move, is_late=True)
        checksum = token.token_checksum
        move = Move.objects.select_related("owner").filter(token_checksum=checksum).first()
        return token.user, Caller(token.user, checksum, token.scope, move)


class MovePermission(ScopePermission):
    """Who may call this side of a move. Whoever comes late may: what the call is answered says that it is too late."""

    description = "The access token is not one for this call of a move: it must have the scopes {scope}."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Returns True. Raises `InsufficientScope` where the token does not allow it."""
        caller = cast(Caller, request.auth)
        return caller.is_late or super().has_permission(request, view)


class MayCallSource(MovePermission):
    """The target of a move, by the token that this server, its source, has given it."""

    scope = GIVEN_SCOPE


class MayCallTarget(MovePermission):
    """The source of a move, by the token that this server, its target, has given the wizard."""

    scope = SCOPE


def over_move(request: Request) -> Move | None:
    """Returns the move that the token of a request belonged to, if that is off or over, and has not been for too
    long."""
    presented = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")[2].strip()
    move = Move.objects.select_related("owner").filter(token_checksum=hashed(presented)).first()
    return move if move is not None and not move.is_running and _is_still_known(move) else None


def _is_still_known(move: Move) -> bool:
    """Whether the token would still live."""
    return move.token_until is not None and move.token_until > timezone.now() and move.owner.is_active
