"""Bearer tokens on what programs call below /move (RFC 6750)."""

from typing import cast

from django.http import HttpRequest
from oauth2_provider.models import AccessToken
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.oauth.bearer import REALM, BearerAuthentication, TokenRefused
from moves.jsonapi import JsonApiRefusal


def token_of(request: HttpRequest, scope: str) -> AccessToken:
    """The good token of a request, with the scope; its user and application are joined. Raises `JsonApiRefusal`: 401
    or 403 (section 3.1)."""
    bearer = BearerAuthentication()
    asked = Request(request)
    try:
        _, found = bearer.authenticate(asked)
    except (TokenRefused, AuthenticationFailed) as refused:
        challenge = bearer.authenticate_header(asked)
        raise JsonApiRefusal(
            401, "Unauthorized", str(refused.detail), headers={"WWW-Authenticate": challenge}
        ) from refused
    token = cast(AccessToken, found)
    if scope not in token.scope.split():
        challenge = f'Bearer realm="{REALM}", error="insufficient_scope", scope="{scope}"'
        raise JsonApiRefusal(
            403,
            "Forbidden",
            f"The access token does not allow this. Ask the person for the scope {scope}.",
            headers={"WWW-Authenticate": challenge},
        )
    return token
