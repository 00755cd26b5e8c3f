"""Who calls with the token of a move, and what it may call."""

from dataclasses import dataclass
from typing import cast

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import Application, User
from accounts.oauth.bearer import InsufficientScope, TokenRefused, token_of
from accounts.rest.authentication import BearerAuthentication
from accounts.rest.scopes import ScopePermission
from moves.models import Move
from moves.moving.tokens import ARRIVING, LEAVING, hashed


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
    application: Application | None = None
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
        return token.user, Caller(token.user, checksum, token.scope, move, token.application)


class MovePermission(ScopePermission):
    """Who may call this side of a move. Whoever comes late may: what the call is answered says that it is too late."""

    description = "The access token is not one for this call of a move: it must have the scopes {scope}."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Returns True. Raises `InsufficientScope` where the token does not allow it."""
        caller = cast(Caller, request.auth)
        return caller.is_late or super().has_permission(request, view)


class MayCallSource(MovePermission):
    """The target of a move, by the token that this server, its source, has given it."""

    scope = LEAVING


class MayCallTarget(MovePermission):
    """The source of a move, by the token that this server, its target, has given the wizard."""

    scope = ARRIVING

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Returns True. Raises `InsufficientScope` where the token is of no wizard's."""
        allowed = super().has_permission(request, view)
        caller = cast(Caller, request.auth)
        if not caller.is_late:
            require_wizard(caller.application)
        return allowed


class MayAbort(MovePermission):
    """The other server of a move, whichever side that is."""

    scope = LEAVING

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Returns True. Raises `InsufficientScope` where the token is of neither side."""
        return ARRIVING in cast(Caller, request.auth).scope.split() or super().has_permission(request, view)


def require_wizard(application: Application | None) -> None:
    """Raises `InsufficientScope` where a token was not given for a move: a program that may bring archives in may not
    begin one."""
    if application is None or not application.registered_itself:
        raise InsufficientScope(ARRIVING, "The access token was not given for a move. Begin at a wizard.")


def over_move(request: Request) -> Move | None:
    """Returns the move that the token of a request belonged to, if that is off or over, and has not been for too
    long."""
    presented = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")[2].strip()
    move = Move.objects.select_related("owner").filter(token_checksum=hashed(presented)).first()
    return move if move is not None and not move.is_running and _is_still_known(move) else None


def _is_still_known(move: Move) -> bool:
    """Whether the token would still live."""
    return move.token_until is not None and move.token_until > timezone.now() and move.owner.is_active
