"""What django-allauth asks this server: which sentences it says, which mails go, and who is asked for what."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from allauth.account.internal.userkit import did_user_login
from allauth.account.models import EmailAddress
from allauth.core.exceptions import RateLimited
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts.addresses import is_taken
from accounts.guesses import TooManyTries, take
from accounts.mails import send_account_exists, send_code, send_factor_changed
from accounts.models import User
from accounts.throttles import Limit, ProofsPerAccount, ProofsPerAsker, ProofsPerAskersAddress, client_address

APART = _("That name and password don't belong together. Check both and try again.")
WAYS_AGAIN = {"mfa_reauthenticate": _("Use a code"), "mfa_reauthenticate:webauthn": _("Use a passkey")}

# What is said when something was done; its other messages are said by our pages.
SAID = {
    "account/messages/email_confirmation_failed.txt": _("This address belongs to another account by now."),
    "account/messages/email_confirmed.txt": _("Thank you: the address is yours. From now on we write there."),
    "account/messages/logged_out.txt": _("You are logged out."),
    "account/messages/password_changed.txt": _("Your password is changed."),
    "mfa/messages/recovery_codes_generated.txt": _("These are your recovery codes. Keep them where your phone is not."),
    "mfa/messages/totp_activated.txt": _("From now on you log in with your password and a code of your app."),
    "mfa/messages/totp_deactivated.txt": _("Your app is not asked for any more."),
    "mfa/messages/webauthn_added.txt": _("Your passkey is added."),
    "mfa/messages/webauthn_removed.txt": _("Your passkey is removed here. Delete it on your device as well."),
}
FACTOR_MAILS = ("totp_activated", "totp_deactivated", "recovery_codes_generated", "webauthn_added", "webauthn_removed")


class PeopleAdapter(DefaultAccountAdapter):
    """Mails go through the one door for mails, by a worker, so that nobody learns by the time of an answer whether
    there is an account. Guesses are counted in `authenticate` and in our forms, not by the library's limits, which are
    off (`ACCOUNT_RATE_LIMITS`)."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": APART,
        "email_password_mismatch": APART,
        "username_taken": _("There is already an account with that name."),
        "email_taken": _("This address belongs to another account by now."),
        "duplicate_email": _("This is your address already."),
        "incorrect_password": _("That is not your password."),
        "incorrect_code": _("That is not the code."),
        "too_many_login_attempts": _("That was wrong too often. Begin again."),
        "rate_limited": _("No other mail can be sent just now. Try again in an hour."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether strangers may make accounts."""
        return bool(settings.WHARF_SIGN_UP)

    def save_user(self, request: HttpRequest, user: Any, form: BaseForm, commit: bool = True) -> Any:
        """Saves who signs up, whose address is proven later."""
        user.signs_up = True
        return super().save_user(request, user, form, commit)

    def get_login_stages(self) -> list[str]:
        """What comes after the password."""
        return ["accounts.entry.stages.ProofOfAddress", "allauth.mfa.stages.AuthenticateStage"]

    def get_reauthentication_methods(self, user: Any) -> list[dict]:
        """How somebody shows again who they are: by a code or a passkey where one is set up, else by the password."""
        ways = super().get_reauthentication_methods(user)
        steps = [way | {"description": WAYS_AGAIN[way["id"]]} for way in ways if way["id"] in WAYS_AGAIN]
        return steps or ways

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """The same as for a wrong password."""
        messages.error(request, APART)
        return redirect("account_login")

    def is_safe_url(self, url: str) -> bool:
        """Whether an address is on this very server."""
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """Where a request comes from; the server in front has put it there. A socket of this machine has none."""
        return request.META.get("REMOTE_ADDR", "") or "127.0.0.1"

    def is_ajax(self, request: HttpRequest) -> bool:
        """Whether a script asks: ours do so for one answer only."""
        match = request.resolver_match
        is_passkeys = match is not None and match.url_name == "mfa_login_webauthn"
        return is_passkeys and request.headers.get("Accept") == "application/json"

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Says what was done, in our words."""
        if said := message or SAID.get(message_template or ""):
            messages.add_message(request, level, said, extra_tags=extra_tags)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Makes a proven address the one of its account, whole or not at all."""
        with transaction.atomic():
            return bool(super().confirm_email(request, email_address))

    # Mails

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Raises LookupError: every mail is one that we have written."""
        raise LookupError(f"No mail is written for {template_prefix}.")

    def send_confirmation_mail(
        self, request: HttpRequest, emailconfirmation: EmailVerificationProcess, signup: bool
    ) -> None:
        """Has the code sent that proves an address; where somebody signs up with one that is another account's, tells
        that one instead. Raises RateLimited past three an hour, or where somebody has many sent to others."""
        address = emailconfirmation.email_address
        limits: list[Limit] = [ProofsPerAccount(address.email), ProofsPerAskersAddress(client_address(request))]
        if did_user_login(address.user):
            limits.insert(1, ProofsPerAsker(str(address.user_id)))
        try:
            take(*limits)
        except TooManyTries as over:
            raise RateLimited from over
        if is_taken(address.email, besides=address.user) and not did_user_login(address.user):
            send_account_exists.send(address.email)
        else:
            send_code.send(address.user_id, address.email, emailconfirmation.code, signup)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tells of a change of the second step. Of a new password or address, accounts/notices.py tells, whoever
        changes it."""
        what = template_prefix.rpartition("/")[2]
        if what in FACTOR_MAILS and isinstance(user, User):
            send_factor_changed.send(user.pk, what, client_address(self.request))
