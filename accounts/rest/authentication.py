"""Who calls: the bearer token of a request."""

from oauth2_provider.models import AccessToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.models import User
from accounts.oauth.bearer import CHALLENGE, token_of
from accounts.oauth.remembered import remembered

REMEMBERED = "wharf.remembered"
LONGEST_LENGTH = 19  # digits of a Content-Length


class BearerAuthentication(BaseAuthentication):
    """`request.user` is the token's person and `request.auth` the token; a request without a good one is refused, never
    anonymous."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken]:
        """Raises `TokenRefused`."""
        token = token_of(request)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes a refusal a 401; what its header says beyond this, `TokenRefused` knows."""
        return CHALLENGE


class RememberedAuthentication(BearerAuthentication):
    """The same for a view that changes nothing before it has asked after the token, in its transaction: `REMEMBERED` in
    the request's META says that it must. A token with an audience (RFC 8707) is looked up each time, and so is that of
    a person who may not send, or of a request that is `most` bytes or more, which has time for it."""

    def __init__(self, most: int) -> None:
        self._most = most

    def authenticate(self, request: Request) -> tuple[User, AccessToken]:
        """Raises `TokenRefused`."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        length = request.META.get("CONTENT_LENGTH") or ""
        is_small = length.isascii() and length.isdigit() and len(length) < LONGEST_LENGTH and int(length) < self._most
        token = remembered.find(header) if is_small else None
        request.META[REMEMBERED] = token is not None
        if token is None:
            token = token_of(request)
            if not token.resource and not token.user.blocked:
                remembered.remember(header, token)
        return token.user, token
