"""What the source of a move calls at its target: `POST /move/importing`, and `POST /move/imports` with `move_from`."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import User
from moves.imports.api import see_importing
from moves.imports.requests import begin, precheck
from moves.jsonapi import JsonApiRefusal, invalid
from moves.models import Move, MoveStep
from moves.moving import peer_api, tokens, transitions
from moves.moving.addresses import Address
from moves.moving.api import called_by_peer
from moves.moving.finalizing import conflict
from moves.moving.tokens import Caller

Side, State = Move.Side, Move.State
LONGEST_TOKEN = 1_000  # characters


@called_by_peer(tokens.SCOPE)
def announce(request: HttpRequest, caller: Caller) -> HttpResponse:
    """204: an account comes, from `?source=`. Its person sees the progress from now on, until the lease is over."""
    source = Address.read(f"https://{request.GET.get('source', '')}/")
    with transaction.atomic():
        move = _expected(caller.user, caller.checksum)
        if source is not None and not move.peer_url:
            Move.objects.filter(pk=move.pk).update(peer_url=source.url)
        if move.state == State.ANNOUNCED:  # told again: the source is still at work
            Move.objects.filter(pk=move.pk).update(lease_until=timezone.now() + settings.WHARF_MOVE_LEASE)
    return HttpResponse(status=204, headers={"Cache-Control": "no-store"})


def take(request: HttpRequest, token: AccessToken, attributes: dict[str, Any]) -> HttpResponse | None:
    """Takes `POST /move/imports` over where it has `move_from`: 303 as for any import. Told again, it does nothing.

    Raises `JsonApiRefusal`: 409 where something else arrives, 412 and 422 as for any import.
    """
    move_from = attributes.get("move_from")
    if move_from is None:
        return None
    source, source_token = _source(move_from)
    move = _known(token)
    if move is not None and move.is_running and move.link == attributes["url"].strip():
        return see_importing(request)
    precheck(token.user, attributes["url"])  # fetches something, so before anything is locked
    with transaction.atomic():
        move = _expected(token.user, token.token_checksum)
        if move.state != State.ANNOUNCED:
            if move.link == attributes["url"].strip():
                return see_importing(request)
            raise conflict("Another archive of this move is being taken in.")
        Move.objects.filter(pk=move.pk).update(peer_url=source.url)
        move.peer_url = source.url
        columns = {
            "peer_token": source_token,
            "changes": move_from.get("changes") is True,
            "vault": attributes.get("vault") is True,
            "link": attributes["url"].strip(),
            "current_import": begin(token.user, link=attributes["url"], origin="move", move=move),
        }
        transitions.go(move, State.IMPORTING, detail="It came.", columns=columns)
    return see_importing(request)


def over(request: HttpRequest) -> JsonApiRefusal | None:
    """What `POST /move/imports` is answered where the move of its token has ended, and the token with it."""
    move = tokens.over_move(request)
    return _over(move) if move is not None and move.side == Side.TARGET else None


def _over(move: Move) -> JsonApiRefusal:
    """409, which does not change any more."""
    why = f" {move.error}" if move.error else ""
    return JsonApiRefusal(409, "Conflict", f"The move of this token is over.{why} Begin again.", code=peer_api.OVER)


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
    for other in person.moves.filter(ended_at=None).exclude(state__in=NOT_IN_THE_WAY):
        if other.side != Side.TARGET or other.state != State.ANNOUNCED:
            raise conflict("Another move of this account is under way.")
        # It was announced, and never came: whoever asks again now has begun anew.
        transitions.go(
            transitions.locked(other.pk),
            State.FAILED,
            outcome=MoveStep.Outcome.OVERTAKEN,
            error="Another move to here was begun instead.",
            why=Move.Why.STOPPED,
        )
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
        raise conflict("Another move of this account is under way.") from another


NOT_IN_THE_WAY = (State.REQUESTED, State.CALLING_OFF, State.FINALIZING)
