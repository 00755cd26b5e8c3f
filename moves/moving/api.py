"""What the other server of a move calls: `/move/finalize`, `/move/changes` and `/move/abort`."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from importers.text import keepable
from moves import jsonapi
from moves.exports.api import document
from moves.jsonapi import JsonApiRefusal
from moves.models import Move
from moves.moving import finalizing, receipts, tokens
from moves.moving.tokens import Caller

View = Callable[[HttpRequest, Caller], HttpResponse]


def called_by_peer(scope: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """A POST with a token of a move that has the scopes; what is refused is answered in JSON:API."""

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            try:
                if request.method != "POST":
                    raise JsonApiRefusal(405, "Method Not Allowed", "Send a POST request.", headers={"Allow": "POST"})
                return view(request, tokens.caller(request, scope))
            except JsonApiRefusal as refused:
                return jsonapi.refusal(refused)

        return answer

    return decorate


@called_by_peer(tokens.GIVEN_SCOPE)
def finalize(request: HttpRequest, caller: Caller) -> HttpResponse:
    """204: the target has everything, so the account has moved. `subdomain` says how a Cozy names its applications,
    which is of no meaning here; the body of a target of ours is its receipt."""
    finalizing.finalize(_move(caller).pk, said(request))
    return _no_content()


@called_by_peer(tokens.GIVEN_SCOPE)
def abort(request: HttpRequest, caller: Caller) -> HttpResponse:
    """204: the move is off, and the account open here. A token that belongs to no move has nothing to call off."""
    if caller.move is not None:
        finalizing.abort(caller.move.pk, str(said(request).get("reason") or ""))
    return _no_content()


@called_by_peer(tokens.GIVEN_SCOPE)
def changes(request: HttpRequest, caller: Caller) -> HttpResponse:
    """201 with the document of a second export: what changed since the first one. From now on the account is frozen."""
    export = finalizing.changes(_move(caller).pk, only_changes=said(request).get("only_changes") is True)
    body = document(export)
    location = request.build_absolute_uri(body["data"]["links"]["self"])
    return jsonapi.answer(body, 201, {"Location": location})


def _move(caller: Caller) -> Move:
    if caller.move is None:
        raise JsonApiRefusal(409, "Conflict", "This token belongs to no move.")
    return caller.move


def said(request: HttpRequest) -> dict[str, Any]:
    """The attributes of a body, where there are any: a Cozy sends none. Raises `JsonApiRefusal` (413)."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > receipts.LARGEST_RECEIPT:
        raise JsonApiRefusal(413, "Content Too Large", f"A receipt has at most {receipts.LARGEST_RECEIPT} bytes.")
    try:
        body = json.loads(request.body)
        data = body.get("data") if isinstance(body, dict) else None
        attributes = data.get("attributes") if isinstance(data, dict) else None
        return _keepable(attributes) if isinstance(attributes, dict) else {}
    except UnreadablePostError as broken:
        raise JsonApiRefusal(400, "Bad Request", "The body broke off.") from broken
    except (ValueError, RecursionError):
        return {}  # what else a server sends is its own business: the call itself says it all


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


def _no_content() -> HttpResponse:
    return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
