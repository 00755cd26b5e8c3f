"""Tokens given without a browser: for commands, and for the other server of a move."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import AccessToken, RefreshToken, set_token_value
from oauthlib.common import generate_token

from accounts.models import Application, User
from accounts.oauth.told import tell_of_token
from accounts.texts import kept_text
from audit.acting import current_actor
from audit.kinds import AuditKind

COMMAND_LINE = kept_text("Command line")  # the client behind tokens that an operator makes by hand


@dataclass
class Issued:
    """What a token endpoint would have answered (RFC 6749, section 5.1); `expires_in` in seconds."""

    access_token: str
    expires_in: int
    scope: str
    refresh_token: str | None = None


@transaction.atomic
def issue(
    user: User,
    application: Application,
    scope: str,
    *,
    lasts: timedelta | None = None,
    refreshable: bool = False,
) -> Issued:
    """Returns an access token, as if the person had just allowed it; with a refresh token when asked for.

    `lasts`: until it expires; default: as long as those of the token endpoint.
    """
    lasts = lasts or timedelta(seconds=settings.OAUTH2_PROVIDER["ACCESS_TOKEN_EXPIRE_SECONDS"])
    issued = Issued(access_token=generate_token(), expires_in=int(lasts.total_seconds()), scope=scope)
    access = AccessToken(user=user, application=application, scope=scope, expires=timezone.now() + lasts)
    set_token_value(access, issued.access_token)
    access.save()
    if refreshable:
        issued.refresh_token = generate_token()
        refresh = RefreshToken(user=user, application=application, access_token=access, token_family=uuid4())
        set_token_value(refresh, issued.refresh_token)
        refresh.save()
    tell_of_token(AuditKind.TOKEN_GIVEN, user.pk, application, scope, by=current_actor().name)
    return issued


def own_client(name: str, allowed_scopes: str = "") -> Application:
    """Returns the client of this name behind tokens that this server makes itself; nobody can authorize it in a
    browser."""
    application, _ = Application.objects.get_or_create(
        name=name,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris="",
        defaults={"allowed_scopes": allowed_scopes},
    )
    return application
