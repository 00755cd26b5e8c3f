"""The second step of a log-in: codes of an app, passkeys, and codes that replace either (django-allauth's `mfa`)."""

import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.mfa.totp.internal.auth import validate_totp_code
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import secrets
from accounts.guesses import look_at_code
from accounts.mails import send_factor_changed
from accounts.models import User
from accounts.throttles import UsesOfCode
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record

log = logging.getLogger("wharf.accounts")

Type = Authenticator.Type
LOCAL = "localhost"


class FactorsAdapter(DefaultMFAAdapter):
    """Secrets are encrypted at rest; names are this server's own, never ones that a request claimed."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("That is not the code. Each is good once, and for a minute."),
        "unverified_email": _("Prove first that your e-mail address is yours."),
        "cannot_generate_recovery_codes": _("Set up an app or a passkey first."),
    }

    def encrypt(self, text: str) -> str:
        """A text as whoever has only the database can't read it."""
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The text again. Raises InvalidToken where its key is gone."""
        return secrets.decrypt(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        """What the app calls the account."""
        return str(user.get_username())

    def get_totp_issuer(self) -> str:
        """What the app calls this server."""
        return gettext("Wharf at %(host)s") % {"host": _host()}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """For whom passkeys are (Web Authentication, section 5.4.2)."""
        return {"id": _host() if settings.PRODUCTION else LOCAL, "name": self.get_totp_issuer()}

    def get_public_key_credential_user_entity(self, user: Any) -> dict:
        """Whose they are."""
        return super().get_public_key_credential_user_entity(user) | {"name": user.get_username()}

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        """What a passkey is called whose person gave it no name."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}


def _host() -> str:
    return urlsplit(settings.WHARF_BASE_URL).hostname or LOCAL


def takes_passkeys(request: HttpRequest) -> bool:
    """Whether browsers have passkeys for the address at which a page is open: over TLS, or on the machine itself."""
    return bool(settings.PRODUCTION) or request.get_host().partition(":")[0] == LOCAL


def has_factor(user: User) -> bool:
    """Whether somebody has set up a second step."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=(Type.TOTP, Type.WEBAUTHN)).exists()


def has_passkey(user: User) -> bool:
    """Whether one of them is a passkey."""
    return Authenticator.objects.filter(user_id=user.pk, type=Type.WEBAUTHN).exists()


def has_app(user: User) -> bool:
    """Whether one of them is an app that shows codes."""
    return Authenticator.objects.filter(user_id=user.pk, type=Type.TOTP).exists()


def take_away(user: User) -> int:
    """Takes every second step away, for somebody who has none of them any more, and tells them. Returns how many."""
    with transaction.atomic():
        gone = Authenticator.objects.filter(user=user).delete()[0]
        if gone:
            record(AuditKind.FACTOR_REMOVED, subject=subjects.person(user.pk), type="all")
            send_factor_changed.send(user.pk, "taken_away", "")
    return gone


def matching(request: HttpRequest, user: User, code: str) -> Authenticator | None:
    """Returns what a code that somebody has typed is of: their app, or their recovery codes; from then on it is used.
    None where it is wrong. Raises `TooManyTries`."""
    own = Authenticator.objects.filter(user=user).exclude(type=Type.WEBAUTHN)
    return look_at_code(
        request, user, f"account {user.pk}", lambda: next((one for one in own if _is_good(one, code)), None)
    )


def is_unused(user_id: int, code: str) -> bool:
    """Takes the one use that a code of an app has. Returns False where it was taken already."""
    return UsesOfCode(str(user_id), normalize_user_code(code)).take()


def _is_good(authenticator: Authenticator, code: str) -> bool:
    try:
        if authenticator.type == Type.TOTP:
            secret = secrets.decrypt(authenticator.data["secret"])
            return validate_totp_code(secret, code) and is_unused(authenticator.user_id, code)
        return bool(authenticator.wrap().validate_code(code))
    except InvalidToken:
        log.error("a second step can't be read: its key is gone", extra={"account": authenticator.user_id})
        return False


@receiver(authenticator_added)
def tell_of_new(user: User, authenticator: Authenticator, **_: Any) -> None:
    """Tells the trail of it."""
    if authenticator.type != Type.RECOVERY_CODES:
        record(AuditKind.FACTOR_ADDED, subject=subjects.person(user.pk), type=str(authenticator.type))


@receiver(authenticator_removed)
def tell_of_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    """Tells the trail of it."""
    record(AuditKind.FACTOR_REMOVED, subject=subjects.person(user.pk), type=str(authenticator.type))


@receiver(authenticator_reset)
def tell_of_codes(user: User, **_: Any) -> None:
    """Tells the trail of it."""
    record(AuditKind.RECOVERY_CODES_MADE, subject=subjects.person(user.pk))
