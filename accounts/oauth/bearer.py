"""Bearer tokens on what programs call (RFC 6750): one query per request."""

from hashlib import sha256
from typing import NoReturn

from django.conf import settings
from oauth2_provider.models import AccessToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User
from accounts.scopes import IMPORT, import_scope

# What every item asks of a token, its person and its client: reading all 58 columns took as long as the rest of it.
COLUMNS = (
    *("token_checksum", "expires", "scope", "resource", "user", "application"),
    *("user__username", "user__is_active", "user__blocked", "user__blocked_note"),
    *("application__client_id", "application__name"),
)
LONGEST = 512  # characters; tokens of this server have 30
REALM = "wharf"


class TokenRefused(AuthenticationFailed):
    """401 `invalid_token`: `detail` says why, `www_authenticate` is the header of RFC 6750, section 3."""

    code = "invalid_token"
    default_code = "invalid_token"

    def __init__(self, description: str) -> None:
        super().__init__(description, code=self.code)
        self.www_authenticate = challenge(description)


def challenge(description: str) -> str:
    """The `WWW-Authenticate` header for a request whose token was refused."""
    return f'Bearer realm="{REALM}", error="{TokenRefused.code}", error_description="{description}"'


class BearerAuthentication(BaseAuthentication):
    """The person and the token of a request; a request without a good token is refused, never anonymous."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken]:
        """The user, and the access token with its user and application already joined.

        Raises TokenRefused, with the description "The access token expired" when it did, as the import specification
        has it: the worker then refreshes.
        """
        try:
            token = self._good_token(request)
        except TokenRefused as refused:
            request.refused_because = str(refused.detail)  # type: ignore[attr-defined]  # for the header, below
            raise
        return token.user, token

    def _good_token(self, request: Request) -> AccessToken:
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

    def authenticate_header(self, request: Request) -> str:
        """The `WWW-Authenticate` header that goes with a 401."""
        return challenge(getattr(request, "refused_because", "No access token was sent."))


def allows(access_token: AccessToken, vertical: str) -> bool:
    """Whether the token's scopes let this vertical in, by `import` or by its own `import:<vertical>`."""
    scopes = access_token.scope.split()
    return IMPORT in scopes or import_scope(vertical) in scopes


def _presented(header: str) -> str:
    """The token in an `Authorization` header (RFC 6750, section 2.1); the scheme's case doesn't matter."""
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        _refuse("No access token was sent. Send it in the header: Authorization: Bearer TOKEN.")
    token = token.strip()
    if len(token) > LONGEST or not token.isascii() or not token.isprintable():
        _refuse("The access token is malformed.")
    return token


def _find(token: str) -> AccessToken | None:
    """The token's row by its hash, which is all that is stored of it."""
    checksum = sha256(token.encode("ascii")).hexdigest()
    tokens = AccessToken.objects.select_related("user", "application").only(*COLUMNS)
    return next(iter(tokens.filter(token_checksum=checksum)[:1]), None)


def _refuse(description: str) -> NoReturn:
    raise TokenRefused(description)
