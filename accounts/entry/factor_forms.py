"""What people fill in for the second step of their log-in."""

import json
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base_forms
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth
from allauth.mfa.webauthn import forms as passkey_forms
from cryptography.fernet import InvalidToken
from django import forms
from django.core.exceptions import ValidationError
from django.db import DataError
from django.utils.translation import gettext_lazy as _

from accounts import secrets, strict_json
from accounts.entry import factors
from accounts.entry.identity import code_field, name_code

# What is thrown at what a browser claims to have from its device, and it hasn't.
BAD_CLAIMS = (AttributeError, DataError, IndexError, KeyError, OverflowError, TypeError, ValueError)


class _TypedCode(forms.Form):
    code = code_field(label=_("Code of your app, or a recovery code"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_code(self, self.user)  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        """Raises ValidationError for a wrong one, and `TooManyTries` where none is looked at any more."""
        code: str = self.cleaned_data["code"]
        found = factors.matching(context.request, self.user, code)  # type: ignore[attr-defined]
        if found is None:
            raise get_adapter().validation_error("incorrect_code")
        self.authenticator = found
        return code


class SecondStepForm(_TypedCode, base_forms.AuthenticateForm):
    """The second step of a log-in."""


class CodeAgainForm(_TypedCode, base_forms.ReauthenticateForm):
    """Who is at an open browser."""


class AppForm(ActivateTOTPForm):
    """The first code of an app that has been given the secret. That stands encrypted in the session until then."""

    code = code_field(label=_("Code that the app shows"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super(ActivateTOTPForm, self).__init__(*args, **kwargs)
        self.user = user
        session = context.request.session
        kept = session.get(auth.SECRET_SESSION_KEY) if self.is_bound else None
        try:
            self.secret = secrets.decrypt(kept or "")
        except InvalidToken:
            self.secret = auth.generate_totp_secret()
            session[auth.SECRET_SESSION_KEY] = secrets.encrypt(self.secret)

    def clean_code(self) -> str:
        """Raises ValidationError for a wrong one."""
        validate_can_add_authenticator(self.user)
        code: str = self.cleaned_data["code"]
        if not (auth.validate_totp_code(self.secret, code) and factors.is_unused(self.user.pk, code)):
            raise get_adapter().validation_error("incorrect_code")
        return code


class _ClaimField(forms.JSONField):
    """What a browser has from a device, as JSON."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """Raises ValidationError for what is no JSON object."""
        if value in self.empty_values:
            return None
        try:
            said = strict_json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise get_adapter().validation_error("incorrect_code")
        return said

    def bound_data(self, data: Any, initial: Any) -> Any:
        return ""

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value) if value else ""


class PasskeyForm(passkey_forms.AddWebAuthnForm):
    """A new passkey, with a name."""

    name = forms.CharField(label=_("What to call it"), max_length=100, required=False)
    credential = _ClaimField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].label = _("It may open my account by itself, without the password")
        self.fields["passwordless"].help_text = _("Then it asks for your finger, your face or a PIN.")

    def clean(self) -> dict:
        """Raises ValidationError for what is no answer to what was asked."""
        try:
            cleaned: dict = super().clean()
            if credential := cleaned.get("credential"):
                # Whether it opens the account by itself is what its person has chosen. Browsers only say here what the
                # device can do, if they say it, and nobody has signed that (Web Authentication, section 10.1.3).
                extensions = credential.setdefault("clientExtensionResults", {})
                extensions["credProps"] = {"rk": bool(cleaned.get("passwordless"))}
        except ValidationError:
            raise
        except BAD_CLAIMS as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return cleaned


class PasskeyNameForm(passkey_forms.EditWebAuthnForm):
    """What a passkey is called."""

    name = forms.CharField(label=_("What to call it"), max_length=100)


class _ClaimedPasskey(forms.Form):
    credential = _ClaimField()

    def clean_credential(self) -> Authenticator:
        """Returns the passkey. Raises ValidationError for what is none, and `TooManyTries`."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ValidationError:
            raise
        except BAD_CLAIMS as error:
            raise get_adapter().validation_error("incorrect_code") from error


class PasskeyStepForm(_ClaimedPasskey, passkey_forms.AuthenticateWebAuthnForm):
    """A passkey as the second step of a log-in."""


class PasskeyLogInForm(_ClaimedPasskey, passkey_forms.LoginWebAuthnForm):
    """A passkey that opens an account by itself."""

    def clean_credential(self) -> Authenticator:
        """The same for one whose person wants it beside the password only."""
        found = super().clean_credential()
        if not found.wrap().is_passwordless:
            raise get_adapter().validation_error("incorrect_code")
        return found


class PasskeyAgainForm(_ClaimedPasskey, passkey_forms.ReauthenticateWebAuthnForm):
    """Who is at an open browser, by a passkey."""
