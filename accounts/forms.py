"""What people fill in."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.forms import SetPasswordForm as DjangoSetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.http import HttpRequest

from accounts import names, proved
from accounts.connections import end_services_and_leaves
from accounts.guesses import is_own_password
from accounts.models import User
from accounts.person import person_of


class LogInForm(AuthenticationForm):
    """Name or e-mail address, and password."""

    username = forms.CharField(
        label="Name or e-mail address",
        max_length=254,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )
    error_messages = {
        "invalid_login": "That name and password don't belong together. Check both and try again.",
        "inactive": "That name and password don't belong together. Check both and try again.",
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].max_length = 254  # type: ignore[attr-defined]  # the base class sets that of names
        self.fields["username"].widget.attrs["maxlength"] = 254
        self.fields["username"].label = "Name or e-mail address"


class SignUpForm(forms.Form):
    """A new account. That a name or an address is taken is said for both in one sentence, not for each."""

    TAKEN = "There is already an account with that name or e-mail address."

    username = forms.CharField(
        label="Name",
        max_length=150,
        validators=User._meta.get_field("username").validators,
        help_text="Letters, digits and . + - _",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="For what only you may read. We send a mail there first, to see that it is yours.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least twelve characters. A few unrelated words make a good one.",
    )

    def clean_username(self) -> str:
        """The name in the one form of Unicode that all names have here. Raises ValidationError for one that may be
        taken for another."""
        name: str = User.normalize_username(self.cleaned_data["username"])
        names.require_own(name)
        return name

    def clean(self) -> dict[str, Any]:
        """Whether the account can be made, and the password is one to trust."""
        cleaned = super().clean() or {}
        name, email, password = (cleaned.get(field, "") for field in ("username", "email", "password"))
        if name and email and _taken(name, email):
            raise ValidationError(self.TAKEN)
        if password:
            try:
                validate_password(password, User(username=name, email=email))
            except ValidationError as weak:
                self.add_error("password", weak)
        return cleaned

    def save(self) -> User:
        """The new account. Raises ValidationError when somebody else was quicker."""
        user = User(username=self.cleaned_data["username"], email=self.cleaned_data["email"], email_proven=False)
        user.set_password(self.cleaned_data["password"])
        try:
            with transaction.atomic():
                user.save()
        except IntegrityError as taken:
            raise ValidationError(self.TAKEN) from taken
        return user


def _taken(name: str, email: str) -> bool:
    people = User.objects.alias(name=Lower("username"), address=Lower("email"))
    return people.filter(name=name.lower()).exists() or people.filter(address=email.lower()).exists()


class EndOthersForm(forms.Form):
    """Offers to end what others may do, to whoever sets a new password: somebody may have known the one before."""

    end_others = forms.BooleanField(
        label="End what services and wizards may do here",
        required=False,
        help_text="Choose it if somebody else may have known your password. A move that you have confirmed goes on.",
    )

    def save(self, commit: bool = True) -> User:
        """Sets the password, and ends the rest where that was chosen."""
        user: User = super().save(commit)  # type: ignore[misc]  # of the form that this one is mixed with
        if self.cleaned_data["end_others"]:
            end_services_and_leaves(user)
        return user


class SetPasswordForm(EndOthersForm, DjangoSetPasswordForm):
    """A new password, for who has opened the link of a mail."""


class ChangePasswordForm(EndOthersForm, PasswordChangeForm):
    """The old password, and a new one."""

    field_order = ("old_password", "new_password1", "new_password2", "end_others")

    def __init__(self, user: User, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        """Raises ValidationError for a wrong one, and `TooManyTries` where none is looked at any more."""
        password: str = self.cleaned_data["old_password"]
        if not is_own_password(self.request, self.user, password):
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password


class ResetForm(forms.Form):
    """Where to send the link that sets a new password."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "email"}),
    )


class ConfirmPasswordForm(forms.Form):
    """The person's password, typed again: somebody may have found an open browser. Other forms have it among their
    fields by inheriting from this one."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        """Raises ValidationError for a wrong one, and `TooManyTries` where none is looked at any more."""
        password: str = self.cleaned_data["password"]
        if not is_own_password(self.request, person_of(self.request), password):
            raise ValidationError("That is not your password.")
        proved.note(self.request)
        return password
