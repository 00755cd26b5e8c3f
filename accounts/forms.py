"""New passwords."""

from typing import Any

from allauth.core import context
from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.forms import SetPasswordForm as DjangoSetPasswordForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.addresses import require_proven
from accounts.connections import end_services_and_leaves
from accounts.guesses import is_own_password
from accounts.models import User
from accounts.password_rules import GOOD_PASSWORD


class EndOthersForm(forms.Form):
    """Asks for a new password, and offers to end what others may do: somebody may have known the one before."""

    end_others = forms.BooleanField(
        label=_("End what services and wizards may do here"),
        required=False,
        help_text=_("Choose it if somebody else may have known your password. A move that you have confirmed goes on."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = GOOD_PASSWORD
        self.fields["new_password2"].help_text = ""  # its label says it

    def validate_password_for_user(self, user: User, *_names: str) -> None:
        """Says what is wrong with the password where it is typed first; Django says it below the second one."""
        super().validate_password_for_user(user, "new_password1")  # type: ignore[misc]

    def save(self, commit: bool = True) -> User:
        """Sets the password, and ends the rest where that was chosen."""
        user: User = super().save(commit)  # type: ignore[misc]  # of the form that this one is mixed with
        if self.cleaned_data["end_others"]:
            end_services_and_leaves(user)
        return user


class SetPasswordForm(EndOthersForm, DjangoSetPasswordForm):
    """A new password, for who has opened the link of a mail, and has proven by that whose address it is."""

    def __init__(self, *args: Any, user: User | None, temp_key: str | None = None, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)

    def save(self, commit: bool = True) -> User:
        """The same, and notes the proof."""
        user = super().save(commit)
        require_proven(user)
        return user


class ChangePasswordForm(EndOthersForm, PasswordChangeForm):
    """The old password, and a new one."""

    field_order = ("old_password", "new_password1", "new_password2", "end_others")

    def clean_old_password(self) -> str:
        """Raises ValidationError for a wrong one, and `TooManyTries` where none is looked at any more."""
        password: str = self.cleaned_data["old_password"]
        if not is_own_password(context.request, self.user, password):
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password
