"""The pages on which people get in and out, and set their passwords and addresses: django-allauth's, with the limits
and the sentences of this server."""

from typing import Any

from allauth.account import views
from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from allauth.account.internal.stagekit import clear_login
from allauth.account.internal.userkit import did_user_login
from allauth.account.utils import get_next_redirect_url, passthrough_next_redirect_url
from allauth.account.views._email_verification import ConfirmEmailVerificationCodeView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from accounts.entry.factors import takes_passkeys
from accounts.entry.purposes import purpose_of
from accounts.lockout import counted_per_address
from accounts.mail import mail_folder
from accounts.models import User
from accounts.throttles import ResetsPerAddress, SignUpsPerAddress

TAKEN = _("There is already an account with that name or e-mail address.")


@method_decorator(sensitive_variables(), name="dispatch")
class LogIn(views.LoginView):
    """Log-in by name or e-mail address; then on to `next`, if that is here."""

    template_name = "accounts/log_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Whether the page offers to sign up, and passkeys, and what somebody logs in for."""
        more = {
            "sign_up_open": settings.WHARF_SIGN_UP,
            "takes_passkeys": takes_passkeys(self.request),
            "purpose": purpose_of(get_next_redirect_url(self.request)),
        }
        return super().get_context_data(**kwargs) | more


def log_in_for_admin(request: HttpRequest) -> HttpResponse:
    """Leads to the one page where people log in, and from there back to the admin."""
    return redirect_to_login(get_next_redirect_url(request) or reverse("admin:index"))


@method_decorator(require_POST, name="dispatch")
class LogOut(views.LogoutView):
    """Ends the session of this browser."""


@method_decorator([sensitive_variables(), sensitive_post_parameters()], name="dispatch")
class SignUp(views.SignupView):
    """Makes an account, where the server takes new ones; its person is logged in once the address is proven."""

    template_name = "accounts/sign_up.html"
    template_name_signup_closed = "accounts/sign_up_closed.html"

    def closed(self) -> HttpResponse:
        """403 where strangers may make none."""
        answer: HttpResponse = super().closed()
        answer.status_code = 403
        return answer

    @method_decorator(counted_per_address(SignUpsPerAddress))
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The account is made, or the form comes again."""
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """On to the page for the code, or the form again where somebody else was quicker."""
        try:
            return super().form_valid(form)
        except IntegrityError:
            form.add_error(None, TAKEN)
            return self.form_invalid(form)


@method_decorator(never_cache, name="dispatch")
class AddressCode(ConfirmEmailVerificationCodeView):
    """Takes the code that proves an address: of who signs up, or wants another address."""

    template_name = "accounts/address_code.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Where mails are, if nobody sends them."""
        return super().get_context_data(**kwargs) | {"mail_folder": mail_folder()}

    def form_invalid(self, form: Any) -> HttpResponse:
        """The form again, or, after too many wrong codes, where another one is asked for."""
        answer: HttpResponse = super().form_invalid(form)
        is_over = answer.status_code == 302 and self.request.user.is_authenticated
        return redirect("account_email") if is_over else answer


@require_POST
def sign_up_again(request: HttpRequest) -> HttpResponse:
    """Back to the beginning of a sign-up: whoever mistyped their address takes another one, under the same name."""
    process = EmailVerificationProcess.resume(request)
    if process is not None and not request.user.is_authenticated:
        if process.user is not None and not did_user_login(process.user):
            User.objects.filter(pk=process.user.pk, last_login=None).delete()
        process.abort()
    clear_login(request)
    return redirect(passthrough_next_redirect_url(request, reverse("account_signup"), REDIRECT_FIELD_NAME))


@method_decorator(never_cache, name="dispatch")
class Reset(views.PasswordResetView):
    """Asks where to send a link. The answer is the same for every address, and takes as long: a worker looks it up."""

    template_name = "accounts/reset.html"

    @method_decorator(counted_per_address(ResetsPerAddress))
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """On to the page that says what happens next."""
        return super().post(request, *args, **kwargs)


class ResetSent(views.PasswordResetDoneView):
    """Says what happens next."""

    template_name = "accounts/reset_sent.html"
    http_method_names = ["get", "head"]


@method_decorator([never_cache, sensitive_variables(), sensitive_post_parameters()], name="dispatch")
class SetPassword(views.PasswordResetFromKeyView):
    """Where the link of the mail leads: a new password, once; sessions in all browsers end by it."""

    template_name = "accounts/reset_set.html"
    success_url = reverse_lazy("account_login")

    def form_valid(self, form: Any) -> HttpResponse:
        """On to the log-in, where the second step is asked for as well."""
        answer = super().form_valid(form)
        messages.info(self.request, _("Log in with it."))
        return answer


@method_decorator([never_cache, sensitive_variables(), sensitive_post_parameters()], name="dispatch")
class ChangePassword(views.PasswordChangeView):
    """A new password for somebody who knows the old one; this browser stays logged in, others don't."""

    template_name = "accounts/change_password.html"
    success_url = reverse_lazy("home")


@method_decorator(never_cache, name="dispatch")
class AddressPage(views.EmailView):
    """Another address, and the proof of one that was not proven yet."""

    template_name = "accounts/address.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """To which address a code is on its way that was not typed yet: whoever left that page gets back to it."""
        process = EmailVerificationProcess.resume(self.request)
        return super().get_context_data(**kwargs) | {"awaited": process.email if process is not None else ""}


@method_decorator([never_cache, sensitive_variables(), sensitive_post_parameters()], name="dispatch")
class PasswordAgain(views.ReauthenticateView):
    """Asks for the password of who is logged in."""

    template_name = "accounts/password_again.html"

    def get_default_success_url(self) -> str:
        """Where to go on if nobody has said."""
        return reverse("preferences")
