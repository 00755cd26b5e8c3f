"""What the source of a move calls at its target: `POST /move/importing`, and `POST /move/imports` with `move_from`."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from oauth2_provider.models import AccessToken
from rest_framework.request import Request

from accounts.models import User
from accounts.oauth.bearer import TokenRefused
from accounts.rest.authentication import BearerAuthentication
from accounts.texts import kept_text
from moves.errors import JsonApiRefusal, invalid
from moves.imports.api import ImportsView
from moves.imports.requests import begin, precheck
from moves.models import Move, MoveStep
from moves.models.move import Outcome, Side, State, Why
from moves.moving import peer_api, transitions
from moves.moving.addresses import Address
from moves.moving.api import PeerCallView
from moves.moving.callers import MayCallTarget, over_move, require_wizard
from moves.moving.finalizing import conflict
from moves.moving.hints import MOVE_ID
from moves.moving.transitions import StepEnd

LONGEST_TOKEN = 1_000  # characters

# What the other server is answered, and what both keep of it, in English.
ANOTHER_ARCHIVE = kept_text("Another archive of this move is being taken in.")
ANOTHER_MOVE = kept_text("Another move of this account is under way.")
REPLACED = kept_text("Another move to here was begun instead.")
IT_CAME = kept_text("It came.")
TAKE = kept_text("Take the archive")  # a step
COULD_NOT_BE_TAKEN = kept_text("%(peer)s handed its archive over, but it could not be taken.")
IS_OVER = kept_text("The move of this token is over.")
BEGIN_AGAIN = kept_text("Begin again.")


class AnnounceView(PeerCallView):
    """`POST /move/importing?source=`: an account comes."""

    permission_classes = [MayCallTarget]

    def post(self, request: Request) -> HttpResponse:
        """204: the account's person sees the progress from now on, until the lease is over. Raises `JsonApiRefusal`."""
        source = Address.read(f"https://{request.GET.get('source', '')}/")  # of which the host is taken
        with transaction.atomic():
            move = _expected(self.caller.user, self.caller.checksum)
            if source is not None and not move.peer_url:
                Move.objects.filter(pk=move.pk).update(peer_url=source.origin + "/")
            if MOVE_ID.fullmatch(called := request.GET.get("move", "")) and not move.peer_move:
                Move.objects.filter(pk=move.pk).update(peer_move=called)
            if move.state == State.ANNOUNCED:  # told again: the source is still at work
                Move.objects.filter(pk=move.pk).update(lease_until=timezone.now() + settings.WHARF_MOVE_LEASE)
            if move.state == State.FETCHING:  # told again: what changed since can be fetched
                transaction.on_commit(lambda: transitions.wake_now(move.pk))
        return HttpResponse(status=204)


class ArrivalAuthentication(BearerAuthentication):
    """A token that ended with its move to here is told so."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken]:
        """Raises `TokenRefused`, or `JsonApiRefusal` (409) where the move is off or over."""
        try:
            return super().authenticate(request)
        except TokenRefused:
            move = over_move(request)
            if move is None or move.side != Side.TARGET:
                raise
            raise _over(move) from None


class ArrivalView(ImportsView):
    """`POST /move/imports`. With `move_from` it hands over the archive of a move; without, it is an import like any
    other."""

    authentication_classes = [ArrivalAuthentication]

    def begin(self, token: AccessToken, link: str, attributes: dict[str, Any]) -> None:
        """Begins the import. Raises `JsonApiRefusal`: 409 where something else arrives."""
        if attributes.get("move_from") is None:
            super().begin(token, link, attributes)
        else:
            take(token, link, attributes)


def take(token: AccessToken, link: str, attributes: dict[str, Any]) -> None:
    """Takes in the archive of the move that the token belongs to. Told again, it does nothing.

    Raises `JsonApiRefusal`: 409 where something else arrives, 412 and 422 as for any import.
    """
    require_wizard(token.application)
    link, move_from = link.strip(), attributes["move_from"]
    source, source_token = _source(move_from)
    move = _known(token)
    if move is not None and move.is_running and move.link == link:
        return
    try:
        precheck(token.user, link)  # fetches something, so before anything is locked
    except JsonApiRefusal as refused:
        _note_refused(move, refused)
        raise
    with transaction.atomic():
        move = _expected(token.user, token.token_checksum)
        if move.state != State.ANNOUNCED:
            if move.link == link:
                return
            raise conflict(ANOTHER_ARCHIVE)
        move.peer_url = source.origin + "/"
        Move.objects.filter(pk=move.pk).update(peer_url=move.peer_url)
        columns = {
            "peer_token": source_token,
            "changes": move_from.get("changes") is True,
            "vault": attributes.get("vault") is True,
            "link": link,
            "current_import": begin(token.user, link=link, origin="move", move=move),
        }
        transitions.go(move, State.IMPORTING, StepEnd(detail=IT_CAME), **columns)


def _note_refused(move: Move | None, refused: JsonApiRefusal) -> None:
    """Whoever waits for an archive that is not handed over again will want to know what was wrong with it."""
    if move is None or move.state != State.ANNOUNCED:
        return
    MoveStep.objects.create(
        move=move,
        state=move.state,
        what=TAKE,
        outcome=Outcome.AGAIN,
        detail=f"{COULD_NOT_BE_TAKEN % {'peer': move.peer}} {refused.detail}",
        ended_at=timezone.now(),
    )


def _over(move: Move) -> JsonApiRefusal:
    """409, which does not change any more."""
    why = f" {move.error}" if move.error else ""
    return JsonApiRefusal(409, "Conflict", f"{IS_OVER}{why} {BEGIN_AGAIN}", code=peer_api.OVER)


def _source(move_from: Any) -> tuple[Address, str]:
    if not isinstance(move_from, dict):
        invalid("move_from", "it must be an object with the source's url and a token.")
    url, token = move_from.get("url"), move_from.get("token")
    source = Address.read(url.rstrip("/") + "/") if isinstance(url, str) else None
    if source is None:
        invalid("move_from", "its url must be the address of the source.")
    if not source.is_private_enough:
        invalid("move_from", "its url must begin with https://.")
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN or not token.isprintable():
        invalid("move_from", "its token must be one of the source.")
    return source, token


def _known(token: AccessToken) -> Move | None:
    moves = Move.objects.filter(owner=token.user, side=Side.TARGET, token_checksum=token.token_checksum)
    return moves.filter(ended_at=None).first()


def _expected(person: User, checksum: str) -> Move:
    """The move to here that belongs to the token, locked; a new one where there is none. Raises `JsonApiRefusal`
    (409)."""
    person = User.objects.select_for_update().get(pk=person.pk)
    found = Move.objects.filter(token_checksum=checksum).first()
    if found is not None:
        if found.side != Side.TARGET or not found.is_running:
            raise _over(found)
        return transitions.locked(found.pk)
    if person.blocked:
        raise conflict(person.why_blocked)
    for other in person.moves.filter(ended_at=None).exclude(state__in=Move.OUT_OF_THE_WAY):
        if other.side != Side.TARGET or other.state != State.ANNOUNCED:
            raise conflict(ANOTHER_MOVE)
        # It was announced, and never came: whoever asks again now has begun anew.
        replaced = StepEnd(Outcome.OVERTAKEN, error=REPLACED, why=Why.STOPPED)
        transitions.go(transitions.locked(other.pk), State.FAILED, replaced)
    expires = AccessToken.objects.filter(token_checksum=checksum).values_list("expires", flat=True).first()
    try:
        with transaction.atomic():
            return transitions.begin(
                Move(
                    owner=person,
                    side=Side.TARGET,
                    state=State.ANNOUNCED,
                    token_checksum=checksum,
                    token_until=expires,
                    confirmed_at=timezone.now(),
                )
            )
    except IntegrityError as another:
        raise conflict(ANOTHER_MOVE) from another
