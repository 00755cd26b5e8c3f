"""What people fill in to get in, in the words of this server."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.addresses import begin_beside, forget_begun, is_taken
from accounts.entry.identity import code_field, password_field
from accounts.guesses import is_own_password, look_at_code
from accounts.mailboxes import require_writable
from accounts.mails import send_password_reset
from accounts.models import User
from accounts.password_rules import GOOD_PASSWORD
from accounts.throttles import ResetsPerAccount


class LogInForm(allauth_forms.LoginForm):
    """Name or e-mail address, and password."""

    username = forms.CharField(
        label=_("Name or e-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )
    password = password_field(_("Password"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["login"]  # which is called username here
        self.fields["remember"].label = _("Stay logged in on this device")
        self.fields["remember"].initial = True
        self.order_fields(["username", "password"])

    def clean(self) -> dict[str, Any]:
        """Looks at both. Raises ValidationError, and as the gate for passwords does."""
        self.cleaned_data["login"] = self.cleaned_data.get("username", "").strip()
        return super().clean() or {}

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Goes on to what comes after the password. How long a session lasts, accounts/sessions.py says; who does not
        want to stay is forgotten when the browser is closed."""
        self._login.redirect_url = redirect_url
        if not self.cleaned_data["remember"]:
            request.session.set_expiry(0)
        return perform_password_login(request, self.user_credentials(), self._login)


class SignUpForm(allauth_forms.SignupForm):
    """A new account. That a name is taken is said; of an address, only its mailbox learns it: an account is begun all
    the same, whose name and password would else tell that none was."""

    is_address_taken = False

    username = forms.CharField(
        max_length=150,
        validators=User._meta.get_field("username").validators,
        help_text=_("Letters, digits and . + - _"),
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )
    email = forms.EmailField(
        max_length=254,
        validators=[require_writable],
        help_text=_("For what only you may read. We send a code there first, to see that it is yours."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password1"]  # which is called password here
        self.fields["username"].label, self.fields["email"].label = _("Name"), _("E-mail address")
        self.fields["password"] = forms.CharField(
            label=_("Password"),
            strip=False,
            max_length=1024,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=GOOD_PASSWORD,
        )

    def clean_username(self) -> str:
        """The name in the one form of Unicode that all names have here. Raises ValidationError for one that may be
        taken for another, or that is taken."""
        name: str = User.normalize_username(self.cleaned_data["username"])
        names.require_own(name)
        return str(get_adapter().clean_username(name))

    def clean(self) -> dict[str, Any]:
        """Whether the password is one to trust."""
        cleaned = super().clean() or {}
        name, email, password = (cleaned.get(field, "") for field in ("username", "email", "password"))
        if password:
            try:
                validate_password(password, User(username=name, email=email))
            except ValidationError as weak:
                self.add_error("password", weak)
        return cleaned

    def validate_unique_email(self, value: str) -> str:
        """Returns the address. Refuses none."""
        self.is_address_taken = is_taken(value)
        return value

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Makes the account. Raises IntegrityError when somebody else was quicker."""
        with transaction.atomic():
            user, answer = super().try_save(request)
        return user, answer

    def save(self, request: HttpRequest) -> User:
        """Makes the account; one that asks for a proof which nobody can give, where the address is somebody else's."""
        if self.is_address_taken:
            said = self.cleaned_data
            return begin_beside(said["username"], said["email"], said["password"])
        user: User = super().save(request)
        return user


class AddressCodeForm(allauth_forms.ConfirmEmailVerificationCodeForm):
    """The code that was sent to an address."""

    code = code_field(label=_("Code"))

    def clean_code(self) -> str:
        """Raises ValidationError for a wrong one, and `TooManyTries` where none is looked at any more."""
        code = self.cleaned_data["code"]
        if not look_at_code(
            context.request,
            self.user,
            f"address {self.email}",
            lambda: compare_user_code(actual=code, expected=self.expected_code),
        ):
            raise get_adapter().validation_error("incorrect_code")
        forget_begun(self.email, besides=self.user)
        return str(super().clean_code())


class NewAddressForm(allauth_forms.AddEmailForm):
    """Another address for an account."""

    email = forms.EmailField(
        label=_("Your new address"),
        max_length=254,
        validators=[require_writable],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class PasswordAgainForm(forms.Form):
    """The password of who is logged in."""

    password = password_field(_("Your password"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Raises ValidationError for a wrong one, and `TooManyTries` where none is looked at any more."""
        password: str = self.cleaned_data["password"]
        if not is_own_password(context.request, self.user, password):
            raise get_adapter().validation_error("incorrect_password")
        return password


class LinkForm(allauth_forms.UserTokenForm):
    """What the link of a mail says of whom it is for, and of when it was made."""

    def _get_user(self, uidb36: str | None) -> User | None:
        found: User | None = super()._get_user(uidb36 or "")
        return found


class ResetForm(forms.Form):
    """Where to send the link that sets a new password."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "email"}),
    )

    def save(self, request: HttpRequest) -> None:
        """Has a worker look whose it is: the answer is the same for every address, and takes as long. That the limit
        is reached is said to nobody: it would tell whether somebody has asked before."""
        email = self.cleaned_data["email"]
        if ResetsPerAccount(email).take():
            send_password_reset.send(email)
