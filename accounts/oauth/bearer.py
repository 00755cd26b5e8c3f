"""Bearer tokens (RFC 6750): the good token of a request, in one query, or why there is none or it is not enough."""

from hashlib import sha256
from typing import NoReturn

from django.conf import settings
from django.http import HttpRequest
from oauth2_provider.models import AccessToken
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

# What every item asks of a token, its person and its client: reading all 58 columns took as long as the rest of it.
TOKEN_COLUMNS = (
    "token_checksum",
    "expires",
    "scope",
    "resource",
    "user",
    "application",
    "user__username",
    "user__is_active",
    "user__blocked",
    "user__blocked_note",
    "application__client_id",
    "application__name",
)
LONGEST_BEARER = 512  # characters; tokens of this server have 30
CHALLENGE = 'Bearer realm="wharf"'


class TokenRefused(AuthenticationFailed):
    """401 `invalid_token`: `detail` says why, `www_authenticate` is the header that goes with it (section 3)."""

    code = "invalid_token"
    default_code = "invalid_token"

    def __init__(self, description: str) -> None:
        super().__init__(description, code=self.code)
        self.www_authenticate = f'{CHALLENGE}, error="{self.code}", error_description="{description}"'


class InsufficientScope(PermissionDenied):
    """403 `insufficient_scope`: `detail` says what to do, `www_authenticate` names the scope (section 3.1)."""

    code = "insufficient_scope"
    default_code = "insufficient_scope"

    def __init__(self, scope: str, description: str) -> None:
        super().__init__(description, code=self.code)
        self.www_authenticate = f'{CHALLENGE}, error="{self.code}", scope="{scope}"'


def token_of(request: HttpRequest) -> AccessToken:
    """Returns the access token of a request, with its user and its application already joined.

    Raises `TokenRefused`, with the description "The access token expired" when it did, as the import specification has
    it: the worker then refreshes.
    """
    token = _find(_presented(request.META.get("HTTP_AUTHORIZATION", "")))
    if token is None or token.user is None or token.application is None:
        _refuse("The access token is unknown or has been revoked.")
    if not token.user.is_active:
        _refuse("The account of this access token is not active.")
    if token.is_expired():
        _refuse("The access token expired")
    if token.resource and not token.allows_audience(settings.WHARF_BASE_URL + request.path):
        _refuse("The access token was given for another server.")  # RFC 8707, section 2
    return token


def _presented(header: str) -> str:
    """The token in an `Authorization` header (section 2.1); the scheme's case doesn't matter."""
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        _refuse("No access token was sent. Send it in the header: Authorization: Bearer TOKEN.")
    token = token.strip()
    if len(token) > LONGEST_BEARER or not token.isascii() or not token.isprintable():
        _refuse("The access token is malformed.")
    return token


def _find(token: str) -> AccessToken | None:
    """The token's row by its hash, which is all that is stored of it."""
    checksum = sha256(token.encode("ascii")).hexdigest()
    tokens = AccessToken.objects.select_related("user", "application").only(*TOKEN_COLUMNS)
    return next(iter(tokens.filter(token_checksum=checksum)[:1]), None)


def _refuse(description: str) -> NoReturn:
    raise TokenRefused(description)
