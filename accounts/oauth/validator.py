"""What the OAuth provider decides per client, where the toolkit has one setting for all."""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError

from accounts.connections import end_grant, revoke_access, revoke_grant
from accounts.exporters import is_earlier_secret
from accounts.models import Application, EndedClient, EndedSession, LaterAccess, User
from accounts.oauth.errors import SessionInvalidatedError
from accounts.oauth.told import tell_of_consent, tell_of_token
from accounts.scopes import IMPORT, import_scopes
from audit.kinds import AuditKind


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

    def validate_response_type(
        self, client_id: str, response_type: str, client: Application, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """RFC 6749, section 3.1.1; a client that registered itself has a page of its own: /auth/authorize/move."""
        if client.registered_itself:
            return False
        return bool(super().validate_response_type(client_id, response_type, client, request, *args, **kwargs))

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
        """Keeps the code's hash, as of every other secret; and no address, where the authorization named none."""
        with transaction.atomic():
            kept: Grant = self._create_authorization_code(request, {**code, "code": _hashed(code["code"])})
            if "redirect_uri" not in dict(request.uri_query_params):
                Grant.objects.filter(pk=kept.pk).update(redirect_uri="")
            tell_of_consent(AuditKind.CONSENT_GIVEN, kept.user_id, kept.application, kept.scope)

    def validate_code(
        self, client_id: str, code: str, client: Application, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Looks the code up by its hash, which takes its place for the rest of the request."""
        request.code = _hashed(code)
        if super().validate_code(client_id, request.code, client, request):
            return _is_active(request)
        self._end_what_the_code_gave(request)
        return False

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Application, request: Request, **_: Any
    ) -> bool:
        """RFC 6749, section 4.1.3: the address that the authorization named must be repeated; where it named none, it
        is the client's only one. Raises InvalidRequestError where it is missing.

        The code may have been spent since it was validated, here and in the next two.
        """
        with _unspent():
            named = Grant.objects.get(code=code, application=client).redirect_uri
        if named and request.using_default_redirect_uri:
            raise InvalidRequestError(description="The parameter redirect_uri is missing.", request=request)
        return redirect_uri == (named or client.default_redirect_uri)

    def get_code_challenge(self, code: str, request: Request) -> str | None:
        """RFC 7636, section 4.6. Raises InvalidGrantError for a verifier of a code without a challenge: somebody has
        taken the challenge away, or brings the code of somebody else (RFC 9700, section 4.8.2)."""
        with _unspent():
            challenge: str | None = super().get_code_challenge(code, request)
        if not challenge and request.code_verifier is not None:
            raise InvalidGrantError(request=request)
        return challenge

    def get_code_challenge_method(self, code: str, request: Request) -> str | None:
        """RFC 7636, section 4.6."""
        with _unspent():
            method: str | None = super().get_code_challenge_method(code, request)
            return method

    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        """Saves the tokens, and spends the code in the same transaction: of two that bring it, one is refused.

        Raises InvalidGrantError, or SessionInvalidatedError when the connection ended while it was refreshed.
        """
        try:
            with transaction.atomic():
                super().save_bearer_token(token, request, *args, **kwargs)
                if request.grant_type == "authorization_code":
                    self._spend_code(request)
                self._tell_of_token(token, request)
        except (AccessToken.DoesNotExist, RefreshToken.DoesNotExist) as gone:
            raise SessionInvalidatedError(request=request) from gone
        except InvalidGrantError:
            self._end_what_the_code_gave(request)
            raise
        except _UsedAgain as used:
            end_grant(used.token)
            raise InvalidGrantError(request=request) from used

    def _tell_of_token(self, token: dict[str, Any], request: Request) -> None:
        client: Application = request.client  # type: ignore[assignment]
        user: User = request.user  # type: ignore[assignment]
        fresh = request.grant_type == "authorization_code"
        kind = AuditKind.TOKEN_GIVEN if fresh else AuditKind.TOKEN_REFRESHED
        tell_of_token(kind, user.pk, client, token.get("scope", ""))

    def _save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        if request.grant_type == "refresh_token" and not self.rotate_refresh_token(request):
            self._add_access_token(token, request)
            return
        if request.grant_type == "refresh_token":
            self._require_first_use(request)
        super()._save_bearer_token(token, request, *args, **kwargs)

    def _require_first_use(self, request: Request) -> None:
        """RFC 9700, section 4.14.2: of two that refresh with one token, one has stolen it, also where both come at
        once. Whoever comes second waits for the row, finds the token used, and ends what it gave as well."""
        held: RefreshToken = request.refresh_token_instance
        locked = RefreshToken.objects.select_for_update(of=("self",)).select_related("application", "user")
        token = locked.get(pk=held.pk)
        if token.revoked is not None:
            raise _UsedAgain(token)

    def _add_access_token(self, token: dict[str, Any], request: Request) -> None:
        """Every refresh adds one, and those given before live out their hour.

        The toolkit would put it in the place of the one before: then a worker's refreshes that cross each other kill
        what each was given, and what the worker is sending with.
        """
        self._check_and_set_request_resource(request)
        # Locked: whoever ends the grant either sees this access token or has been here first.
        held: RefreshToken = request.refresh_token_instance
        grant = RefreshToken.objects.select_for_update().get(pk=held.pk, revoked=None)
        expires = timezone.now() + timedelta(seconds=token["expires_in"])
        access = self._create_access_token(expires, request, token)
        LaterAccess.objects.create(access_token=access, refresh_token=grant)
        AccessToken.objects.filter(pk=grant.access_token_id).update(updated=timezone.now())  # the grant is in use

    def _create_refresh_token(
        self, request: Request, refresh_token_code: str, access_token: AccessToken, previous: RefreshToken | None
    ) -> RefreshToken:
        """Begins a family under the code's hash, by which one that is sent again finds what it gave."""
        previous = previous or RefreshToken(token_family=_family(request))
        return super()._create_refresh_token(request, refresh_token_code, access_token, previous)

    def invalidate_authorization_code(self, client_id: str, code: str, request: Request, *_: Any, **__: Any) -> None:
        """Nothing is left to do: the code was spent when the tokens were saved."""

    def _spend_code(self, request: Request) -> None:
        spent, _ = Grant.objects.filter(code=request.code, application=request.client).delete()
        if not spent:
            raise InvalidGrantError(request=request)

    def _end_what_the_code_gave(self, request: Request) -> None:
        """RFC 6749, section 4.1.2: a code that is used twice has been stolen, perhaps by who used it first.

        When the code would have expired anyhow, it tells nothing: a browser has opened an old page again.
        """
        family = RefreshToken.objects.filter(token_family=_family(request), application=request.client)
        lifetime = timedelta(seconds=oauth2_settings.AUTHORIZATION_CODE_EXPIRE_SECONDS)
        first = family.order_by("created").first()
        if first and first.created > timezone.now() - lifetime:
            end_grant(first)

    def is_within_original_scope(self, request_scopes: list[str], refresh_token: str, request: Request) -> bool:
        """RFC 6749, section 6: a refresh may ask for less, and `import` covers each of its parts."""
        granted = set(self.get_original_scopes(refresh_token, request).split())
        return granted.union(import_scopes(oauth2_settings.SCOPES) if IMPORT in granted else ()).issuperset(
            request_scopes
        )

    def revoke_token(self, token: str, token_type_hint: str, request: Request, *args: Any, **kwargs: Any) -> None:
        """RFC 7009, section 2.1: whichever of its tokens a client sends, the whole grant ends, and no other one."""
        which = {"token_checksum": _hashed(token), "application": request.client}
        if refresh := RefreshToken.objects.filter(**which, revoked=None).first():
            revoke_grant(refresh)
        elif access := AccessToken.objects.filter(**which).first():
            revoke_access(access)

    def validate_refresh_token(
        self, refresh_token: str, client: Application, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the token may be refreshed; called only after the client has authenticated.

        Raises SessionInvalidatedError for a token that can't be: a worker tries again for ever at any other answer. A
        client without a secret has proved nothing, so it is told so only of a connection that is known to have ended.
        """
        if super().validate_refresh_token(refresh_token, client, request, *args, **kwargs) and _is_active(request):
            return True
        if not client.is_public or EndedSession.objects.includes(client.client_id, refresh_token):
            raise SessionInvalidatedError(request=request)
        return False

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """As the toolkit does, and with the secret before the newest one for as long as that is good. Raises
        SessionInvalidatedError for the refresh of an exporter that was deleted."""
        if super().authenticate_client(request, *args, **kwargs):
            return True
        client_id, secret = self._credentials(request)
        client = self._load_application(client_id, request)
        if client is not None and secret and is_earlier_secret(client, secret):
            return True
        if request.grant_type == "refresh_token" and EndedClient.objects.proves(client_id, secret):
            raise SessionInvalidatedError(request=request)
        return False

    def _credentials(self, request: Request) -> tuple[str, str]:
        """Id and secret of the client, by HTTP Basic or in the body (RFC 6749, section 2.3.1)."""
        if basic := self._extract_basic_auth(request):
            try:
                client_id, _, secret = base64.b64decode(basic).decode().partition(":")
            except (binascii.Error, ValueError):
                return "", ""
            return unquote_plus(client_id), unquote_plus(secret)
        return request.client_id or "", request.client_secret or ""


class _UsedAgain(Exception):
    """A refresh token that is replaced at each use was used twice."""

    def __init__(self, token: RefreshToken) -> None:
        super().__init__(token.pk)
        self.token = token


def _is_active(request: Request) -> bool:
    """Whether the person whom a code or token stands for may still use the account."""
    user: User = request.user  # type: ignore[assignment]
    return user.is_active


@contextmanager
def _unspent() -> Iterator[None]:
    """Of two requests that bring a code at once, the later one is refused wherever it finds it gone."""
    try:
        yield
    except Grant.DoesNotExist as spent:
        raise InvalidGrantError from spent


def _family(request: Request) -> UUID:
    """The family of all tokens that come of a code, named by half of the code's hash."""
    return UUID(str(request.code)[:32])


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
