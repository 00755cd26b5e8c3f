"""What the other server of a move calls: `/move/changes`, `/move/proof`, `/move/finalize` and `/move/abort`."""

from typing import Any, cast

from django.http import HttpResponse
from django.http.request import UnreadablePostError
from rest_framework.request import Request
from rest_framework.response import Response

from importers.text import keepable
from moves.errors import NO_STORE, JsonApiRefusal
from moves.exports.api import created
from moves.jsonapi import JsonApiView, body_of
from moves.models import Move
from moves.moving import finalizing, proof_lines, proofs, receipts
from moves.moving.callers import Caller, MayAbort, MayCallSource, MoveAuthentication


class PeerCallView(JsonApiView):
    """A POST with a token of a move."""

    http_method_names = ["post"]
    authentication_classes = [MoveAuthentication]

    @property
    def caller(self) -> Caller:
        """Who calls."""
        return cast(Caller, self.request.auth)

    @property
    def move(self) -> Move:
        """The move that the token belongs to. Raises `JsonApiRefusal` (409)."""
        if self.caller.move is None:
            raise JsonApiRefusal(409, "Conflict", "This token belongs to no move.")
        return self.caller.move


class FinalizeView(PeerCallView):
    """`POST /move/finalize`. `subdomain` says how a Cozy names its applications, which is of no meaning here; the body
    of a target of ours is its receipt."""

    permission_classes = [MayCallSource]

    def post(self, request: Request) -> HttpResponse:
        """204: the target has everything, so the account has moved. Raises `JsonApiRefusal`."""
        finalizing.accept_arrival(self.move.pk, said(request))
        return HttpResponse(status=204)


class AbortView(PeerCallView):
    """`POST /move/abort`. A token that belongs to no move has nothing to call off."""

    permission_classes = [MayAbort]

    def post(self, request: Request) -> HttpResponse:
        """204: the move is off, and the account open here. Raises `JsonApiRefusal`."""
        if self.caller.move is not None:
            attributes = said(request)
            reason, stopped = str(attributes.get("reason") or ""), attributes.get("stopped") is True
            finalizing.abort(self.caller.move.pk, reason, stopped=stopped)
        return HttpResponse(status=204)


class ChangesView(PeerCallView):
    """`POST /move/changes`."""

    permission_classes = [MayCallSource]

    def post(self, request: Request) -> Response:
        """201 with the document of a second export: what changed since the first one. From now on the account is
        frozen. Raises `JsonApiRefusal`."""
        export = finalizing.changes(self.move.pk, only_changes=said(request).get("only_changes") is True)
        return created(request, export, to_peer=True)


class ProofView(PeerCallView):
    """`POST /move/proof`."""

    permission_classes = [MayCallSource]

    def post(self, request: Request) -> HttpResponse:
        """200 with what the target has neither fetched nor proven to have, as JSON lines. Raises `JsonApiRefusal`."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > proof_lines.LARGEST_PROOF:
            raise JsonApiRefusal(413, "Content Too Large", f"A request has at most {proof_lines.LARGEST_PROOF} bytes.")
        try:
            claims = proof_lines.read_proofs(request.body)
        except UnreadablePostError as broken:
            raise broke_off() from broken
        except proof_lines.UnreadableProof as unreadable:
            raise JsonApiRefusal(400, "Malformed Proof", str(unreadable)) from unreadable
        answer = proofs.answer(self.move.pk, claims)
        return HttpResponse(answer.written(), content_type=proof_lines.CONTENT_TYPE, headers=NO_STORE)


def broke_off() -> JsonApiRefusal:
    """400: the body has ended too early."""
    return JsonApiRefusal(400, "Bad Request", "The body broke off.")


def said(request: Request) -> dict[str, Any]:
    """The attributes of a body, where there are any: a Cozy sends none, and what else a server sends that is JSON is
    its own business, since the call itself says it all. Raises `JsonApiRefusal` (400, 413)."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > receipts.LARGEST_RECEIPT:
        raise JsonApiRefusal(413, "Content Too Large", f"A receipt has at most {receipts.LARGEST_RECEIPT} bytes.")
    try:
        body = body_of(request) if request.body else None
    except UnreadablePostError as broken:
        raise broke_off() from broken
    data = body.get("data") if isinstance(body, dict) else None
    attributes = data.get("attributes") if isinstance(data, dict) else None
    return _keepable(attributes) if isinstance(attributes, dict) else {}


def _keepable(value: Any) -> Any:
    """The same with texts that a database can hold."""
    match value:
        case str():
            return keepable(value)
        case list():
            return [_keepable(one) for one in value]
        case dict():
            return {keepable(name): _keepable(one) for name, one in value.items()}
    return value
