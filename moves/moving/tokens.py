"""Codes and tokens of a move: who may ask for one."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.guesses import take
from accounts.models import Application, User
from accounts.oauth import issue as oauth
from accounts.scopes import EXPORT_REQUESTS, IMPORTS
from accounts.texts import kept_text
from accounts.throttles import MoveCodesPerAccount
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record
from moves.models import Move, MoveCode
from moves.moving import pkce

LEAVING = EXPORT_REQUESTS  # of a wizard's token at the source, and of what the source gives its target
ARRIVING = IMPORTS  # of a wizard's token at the target, which the protocol hands to the source
CODE_LASTS = timedelta(hours=1)
OWN_CLIENT = kept_text("Account move")


def hashed(secret: str) -> str:
    """SHA-256 in hex: all that is kept of what this server gave away."""
    return hashlib.sha256(secret.encode()).hexdigest()


# Codes


def new_code(
    owner: User, scope: str, application: Application | None = None, redirect_uri: str = "", challenge: str = ""
) -> str:
    """A code for the person's leave; with a client, one that this client exchanges for a token with the scope.
    `redirect_uri`: where the browser is sent with it; `challenge`: that of the wizard (moves/moving/pkce.py). Raises
    `TooManyTries` where the person has given too many."""
    take(MoveCodesPerAccount(str(owner.pk)))
    code = secrets.token_urlsafe(32)
    with transaction.atomic():
        MoveCode.objects.create(
            code_hash=hashed(code),
            owner=owner,
            application=application,
            scope=scope,
            redirect_uri=redirect_uri,
            code_challenge=challenge,
            expires_at=timezone.now() + CODE_LASTS,
        )
        client = application.name if application else "a wizard of moves"
        record(AuditKind.CONSENT_GIVEN, subject=subjects.person(owner.pk), client=client, scope=scope, to=redirect_uri)
    return code


def exchange(
    code: str, application: Application, redirect_uri: str | None = None, verifier: str | None = None
) -> tuple[str, str] | None:
    """A token of a move, and its scope, for a code that this client was given; None for any other code, or where
    another address is named than the code was sent to (RFC 6749, section 4.1.3; a Cozy's wizard names none), or the
    verifier is not the one of its challenge.

    A code that comes twice was stolen, perhaps by who brought it first (RFC 6749, section 4.1.2): what it gave ends,
    unless a move runs with it, which the person has confirmed by mail.
    """
    if not MoveCode.objects.filter(code_hash=hashed(code), application=application).exists():
        return None  # what anybody makes up takes no lock
    with transaction.atomic():
        found = (
            MoveCode.objects.select_for_update(of=("self",))
            .select_related("owner")
            .filter(code_hash=hashed(code), application=application)
            .first()
        )
        if found is None or found.expires_at <= timezone.now() or not found.owner.is_active:
            return None
        if found.spent_at is not None:
            if not Move.objects.filter(token_checksum=found.token_checksum).exists():
                AccessToken.objects.filter(token_checksum=found.token_checksum).delete()
            return None
        if redirect_uri is not None and redirect_uri != found.redirect_uri:
            return None
        if not pkce.fits(found.code_challenge, verifier):
            return None
        token = issue(found.owner, application, found.scope)
        MoveCode.objects.filter(pk=found.pk).update(spent_at=timezone.now(), token_checksum=hashed(token))
        return token, found.scope


def end_code(code: str) -> int:
    """Ends a code that nobody has used yet: somebody else may have read it. Returns how many that were."""
    now = timezone.now()
    unspent = MoveCode.objects.filter(code_hash=hashed(code), spent_at=None, expires_at__gt=now)
    return unspent.update(expires_at=now)


# Tokens


def issue(owner: User, application: Application, scope: str) -> str:
    """Returns a token for one side of a move, and nothing to refresh it with."""
    return oauth.issue(owner, application, scope, lasts=settings.WHARF_MOVE_LONGEST).access_token


def revoke(checksum: str) -> None:
    """Ends the token of which this is the SHA-256."""
    if checksum:
        AccessToken.objects.filter(token_checksum=checksum).delete()


def own_client() -> Application:
    """Returns the client behind the tokens that this server itself gives to the other server of a move."""
    return oauth.own_client(OWN_CLIENT, LEAVING)


def clean() -> int:
    """Deletes codes that nobody can use any more. Returns their number."""
    day = timezone.now() - timedelta(days=1)
    deleted, _ = MoveCode.objects.filter(expires_at__lt=day).delete()
    return deleted
