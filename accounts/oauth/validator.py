"""What the OAuth provider decides per client, where the toolkit has one setting for all."""

import hashlib
from typing import Any

from django.db import transaction
from oauth2_provider.models import AccessToken, Grant, RefreshToken
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

from accounts.models import Application, EndedSession, User
from accounts.oauth.errors import SessionInvalidatedError


class Validator(OAuth2Validator):
    """PKCE and rotation for public clients only; codes kept as hashes and spent once; ended sessions said so.

    Every code that is exchanged begins a token family of its own, and nothing here or in the toolkit reaches beyond one
    family: two jobs of one client for one person refresh and end independently.
    """

    def _load_application(self, client_id: str | None, request: Request) -> Application | None:
        if client_id and "\0" in client_id:  # no client has one in its id, and PostgreSQL can't be asked for it
            return None
        loaded: Application | None = super()._load_application(client_id, request)
        return loaded

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        """RFC 9700, section 2.1.1: public clients must use PKCE; a worker proves itself by its secret instead."""
        client = self._load_application(client_id, request)
        return client is None or client.is_public

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Application, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """RFC 6749, section 3.3: the empty scope that workers send stands for the client's own, as none does."""
        request.scopes = [name for name in scopes if name] or self.get_default_scopes(client_id, request)
        return super().validate_scopes(client_id, request.scopes, client, request, *args, **kwargs)

    def rotate_refresh_token(self, request: Request) -> bool:
        """RFC 9700, section 4.14.2: only public clients' tokens rotate.

        A worker that lost the answer to a refresh sends the same token again, and must not be locked out.
        """
        client: Application = request.client  # type: ignore[assignment]
        return client.is_public

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *_: Any, **__: Any
    ) -> None:
        """Keeps the code's hash, as of every other secret."""
        self._create_authorization_code(request, {**code, "code": _hashed(code["code"])})

    def validate_code(
        self, client_id: str, code: str, client: Application, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Looks the code up by its hash, which takes its place for the rest of the request."""
        request.code = _hashed(code)
        valid = super().validate_code(client_id, request.code, client, request)
        return valid and _is_active(request)

    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        """Saves the tokens, and spends the code in the same transaction: of two that bring it, one is refused.

        Raises InvalidGrantError, or SessionInvalidatedError when the connection ended while it was refreshed.
        """
        try:
            with transaction.atomic():
                super().save_bearer_token(token, request, *args, **kwargs)
                if request.grant_type == "authorization_code":
                    self._spend_code(request)
        except (AccessToken.DoesNotExist, RefreshToken.DoesNotExist) as gone:
            raise SessionInvalidatedError(request=request) from gone

    def invalidate_authorization_code(self, client_id: str, code: str, request: Request, *_: Any, **__: Any) -> None:
        """Nothing is left to do: the code was spent when the tokens were saved."""

    def _spend_code(self, request: Request) -> None:
        spent, _ = Grant.objects.filter(code=request.code, application=request.client).delete()
        if not spent:
            raise InvalidGrantError(request=request)

    def validate_refresh_token(
        self, refresh_token: str, client: Application, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the token may be refreshed; called only after the client has authenticated.

        Raises SessionInvalidatedError for a token whose connection the person has ended or whose account is gone.
        """
        if super().validate_refresh_token(refresh_token, client, request, *args, **kwargs):
            return _is_active(request)
        if EndedSession.objects.includes(client.client_id, refresh_token):
            raise SessionInvalidatedError(request=request)
        return False


def _is_active(request: Request) -> bool:
    """Whether the person whom a code or token stands for may still use the account."""
    user: User = request.user  # type: ignore[assignment]
    return user.is_active


def _hashed(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
