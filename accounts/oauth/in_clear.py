"""Tokens that came in the clear: whoever listened can use them, so they end."""

import logging
from collections.abc import Callable
from hashlib import sha256

from django.http import HttpRequest
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.connections import end_grant
from accounts.oauth.parameters import MalformedRequestError, read_parameters

log = logging.getLogger("wharf.oauth")

# Codes of floors above: each ends the code of this text, and returns how many that were.
ending_codes: list[Callable[[str], int]] = []
TOKEN_PATHS = ("/oauth/", "/auth/access_token", "/move/request")  # where a form brings tokens


def end_what_was_sent(request: HttpRequest) -> None:
    """Ends the access token of a request; where a form brings tokens, those, a grant and a code as well.

    An access token expires at once, so that its client asks for another one; a row that is gone would end the grant.
    """
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    ended = _expire(token.strip()) if scheme.lower() == "bearer" else 0
    if request.path_info.startswith(TOKEN_PATHS):
        ended += _end_parameters(request)
    if ended:
        log.warning("a token came in the clear, and was ended")


def _end_parameters(request: HttpRequest) -> int:
    try:
        sent = dict(read_parameters(request))
    except MalformedRequestError:
        return 0
    ended = 0
    for name in ("refresh_token", "token"):
        held = RefreshToken.objects.filter(token_checksum=_hashed(sent.get(name, "")), revoked=None)
        for refresh in held.select_related("user", "application"):
            ended += end_grant(refresh)
    ended += _expire(sent.get("token", ""))
    code = sent.get("code", "")
    codes, _ = Grant.objects.filter(code=_hashed(code)).delete()
    return ended + codes + sum(end(code) for end in ending_codes)


def _expire(token: str) -> int:
    alive = AccessToken.objects.filter(token_checksum=_hashed(token), expires__gt=timezone.now())
    return alive.update(expires=timezone.now())


def _hashed(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()
