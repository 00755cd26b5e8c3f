"""Who is at an open browser: asked again before what one log-in should not open, by django-allauth's reauthentication.

It asks for the password, or, where a second step is set up, for that. A log-in is no such proof: it may be of days ago.
"""

import time
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate, reauthenticate_by_password
from allauth.mfa.base.internal.flows import post_authentication
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.entry import factors
from accounts.guesses import is_own_password
from accounts.models import User
from accounts.person import person_of
from accounts.texts import Text

CODE_IS_WRONG = factors.FactorsAdapter.error_messages["incorrect_code"]


def is_recent(request: HttpRequest) -> bool:
    """Whether who is logged in has shown who they are within the last quarter of an hour."""
    return bool(did_recently_reauthenticate(request))


def passed_second_step(request: HttpRequest) -> bool:
    """Whether who is logged in has done so with a second step, within the same time: no code is good twice, so that
    nobody waits for the next one who came by the log-in."""
    steps = [one["at"] for one in get_authentication_records(request, person_of(request)) if one["method"] == "mfa"]
    return bool(steps) and time.time() - steps[-1] < settings.WHARF_PROVEN_FOR.total_seconds()


def code_field(**more: Any) -> forms.CharField:
    """Where a code is typed."""
    attrs = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
    return forms.CharField(max_length=100, widget=forms.TextInput(attrs=attrs), **more)


def name_code(form: forms.Form, person: User) -> None:
    """Asks in a form for codes that somebody may have: who has nothing but passkeys has no app that shows any."""
    if not factors.has_app(person):
        form.fields["code"].label = _("One of your recovery codes")


def password_field(label: Text) -> forms.CharField:
    """Where the password of an account is typed."""
    widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})
    return forms.CharField(label=label, strip=False, max_length=1024, widget=widget)


class ConfirmIdentityForm(forms.Form):
    """Asks who somebody is, if they have not shown it just now. Other forms have it among their fields by inheriting
    from this one. `has_passkey`: they may show it by that as well, on a page of its own."""

    password = password_field(_("Your password"))
    code = code_field(label=_("Code of your app, or a recovery code"))

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        person = person_of(request)
        self.is_needed = not is_recent(request)
        has_factor = self.is_needed and factors.has_factor(person)
        self.has_passkey = has_factor and factors.has_passkey(person)
        if not self.is_needed or has_factor:
            del self.fields["password"]
        if has_factor:
            name_code(self, person)
        else:
            del self.fields["code"]

    def clean_password(self) -> str:
        """Raises ValidationError for a wrong one, and `TooManyTries` where none is looked at any more."""
        password: str = self.cleaned_data["password"]
        if not is_own_password(self.request, person_of(self.request), password):
            raise ValidationError(_("That is not your password."))
        reauthenticate_by_password(self.request)
        return password

    def clean_code(self) -> str:
        """The same for a code."""
        code: str = self.cleaned_data["code"]
        found = factors.matching(self.request, person_of(self.request), code)
        if found is None:
            raise ValidationError(CODE_IS_WRONG)
        post_authentication(self.request, found, reauthenticated=True)
        return code
