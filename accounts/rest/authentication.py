"""Who calls: the bearer token of a request."""

from oauth2_provider.models import AccessToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.models import User
from accounts.oauth.bearer import CHALLENGE, token_of


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
