"""`POST /move/imports/precheck` and `POST /move/imports` (specification, "Import")."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.models import AccessToken

from accounts.scopes import IMPORTS
from moves import jsonapi
from moves.bearer import token_of
from moves.imports import requests
from moves.jsonapi import JsonApiRefusal, invalid

# Who takes over a request that belongs to a move; an upper floor adds itself when it starts. Gets the token and the
# attributes, and returns the answer, or None where it is an import like any other. Raises `JsonApiRefusal`.
TAKERS: list[Callable[[HttpRequest, AccessToken, dict[str, Any]], HttpResponse | None]] = []

# Who may know what a token was for that is good no more, and why; as above. Gets the request, and returns the answer.
KNOWERS: list[Callable[[HttpRequest], JsonApiRefusal | None]] = []


@csrf_exempt
def precheck(request: HttpRequest) -> HttpResponse:
    """204 where the export at a link can be imported, 412 where there is none, 422 where it does not fit."""
    try:
        token, attributes = _asked(request)
        requests.precheck(token.user, _link(attributes))
    except JsonApiRefusal as refused:
        return jsonapi.refusal(refused)
    return HttpResponse(status=204, headers={"Cache-Control": "no-store"})


@csrf_exempt
def imports(request: HttpRequest) -> HttpResponse:
    """Begins an import; 303 to the page that shows it. 412 and 422 as above; 409 while another one runs."""
    try:
        token, attributes = _asked(request)
        link = _link(attributes)
        for taker in TAKERS:
            if (taken := taker(request, token, attributes)) is not None:
                return taken
        requests.precheck(token.user, link)
        requests.begin(token.user, link=link, origin="api")
    except JsonApiRefusal as refused:
        told = (knower(request) for knower in KNOWERS if refused.status == 401)
        return jsonapi.refusal(next(filter(None, told), refused))
    return see_importing(request)


def see_importing(request: HttpRequest) -> HttpResponse:
    """303 to the page that waits, which a Cozy follows and wants to be 200."""
    location = request.build_absolute_uri(reverse("importing"))
    return HttpResponse(status=303, headers={"Location": location, "Cache-Control": "no-store"})


def _asked(request: HttpRequest) -> tuple[AccessToken, dict[str, Any]]:
    """The token, which must have `io.cozy.imports`, and the attributes. Raises `JsonApiRefusal`."""
    if request.method != "POST":
        raise JsonApiRefusal(405, "Method Not Allowed", "An import is asked for by POST.", headers={"Allow": "POST"})
    token = token_of(request, IMPORTS)
    return token, jsonapi.attributes_of(request)


def _link(attributes: dict[str, Any]) -> str:
    """The link that the attributes name. Raises `JsonApiRefusal` (422)."""
    link = attributes.get("url")
    if not isinstance(link, str) or not link.strip():
        invalid("url", "it must be the link to an export.")
    return link
