"""Passwords: changing one that is known, setting one anew by mail."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from kombu.exceptions import OperationalError

from accounts.forms import ChangePasswordForm, ResetForm, SetPasswordForm
from accounts.lockout import counted_per_address
from accounts.tasks import send_password_reset
from accounts.throttles import ResetsPerAccount, ResetsPerAddress


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Asks where to send a link. The answer is the same for every address, and takes as long: a worker looks it up."""
    form = ResetForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/reset.html", {"form": form})
    return _send_link(request, form.cleaned_data["email"])


@counted_per_address(ResetsPerAddress)
def _send_link(request: HttpRequest, email: str) -> HttpResponse:
    """On to the page that says what happens next; or 503 while no worker can be told."""
    # That the limit is reached is said to nobody: it would tell whether somebody has asked before.
    if ResetsPerAccount(email).take():
        try:
            send_password_reset.apply_async(  # type: ignore[call-arg]  # stubs lack argsrepr, which hides it from logs
                (email,), argsrepr="(...)"
            )
        except OperationalError:
            return render(request, "503.html", status=503)
    return redirect("reset-sent")


@require_GET
def reset_sent(request: HttpRequest) -> HttpResponse:
    """Says what happens next."""
    return render(request, "accounts/reset_sent.html")


class SetPassword(PasswordResetConfirmView):
    """Where the link of the mail leads: a new password, once."""

    template_name = "accounts/reset_set.html"
    form_class = SetPasswordForm
    success_url = reverse_lazy("log-in")

    def form_valid(self, form: Any) -> HttpResponse:
        """Sets the password; sessions in other browsers end by it."""
        messages.success(self.request, "Your new password is set. Log in with it.")
        return super().form_valid(form)


@method_decorator(never_cache, name="dispatch")
class ChangePassword(PasswordChangeView):
    """A new password for somebody who knows the old one."""

    template_name = "accounts/change_password.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("home")

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form asks who types the old password."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        """Sets the password; this browser stays logged in, others don't."""
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)
