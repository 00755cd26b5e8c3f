"""The pages of a person's account: sign-up, log-in, connected services, deletion."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.connections import connections, disconnect
from accounts.forms import ConfirmPasswordForm, LogInForm, SignUpForm
from accounts.lockout import counted_per_address
from accounts.person import person_of
from accounts.tasks import ask_for_proof
from accounts.throttles import SignUpsPerAddress

BACKEND = "accounts.backends.NameOrEmail"


@method_decorator([never_cache, sensitive_variables()], name="dispatch")
class LogIn(LoginView):
    """Log-in by name or e-mail address; then on to `next`, if that is here."""

    template_name = "accounts/log_in.html"
    form_class = LogInForm
    next_page = "/"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Whether the page offers to sign up."""
        return super().get_context_data(sign_up_open=settings.WHARF_SIGN_UP, **kwargs)


def log_in_for_admin(request: HttpRequest) -> HttpResponse:
    """Leads to the one page where people log in, and from there back to the admin."""
    after = _safe(request, request.GET.get("next", "")) or reverse("admin:index")
    return redirect_to_login(after)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Ends the session of this browser."""
    logout(request)
    messages.success(request, "You are logged out.")
    return redirect("log-in")


@never_cache
@sensitive_variables()
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Makes an account and logs its person in, where the server takes new accounts."""
    if not settings.WHARF_SIGN_UP:
        return render(request, "accounts/sign_up_closed.html", status=403)
    form = SignUpForm(request.POST or None)
    after = _safe(request, request.POST.get("next", request.GET.get("next", "")))
    if request.method == "POST":
        return _make_account(request, form, after)
    return render(request, "accounts/sign_up.html", {"form": form, "next": after})


@counted_per_address(SignUpsPerAddress)
def _make_account(request: HttpRequest, form: SignUpForm, after: str) -> HttpResponse:
    """On to `after` with a new account, or the form again with what is wrong."""
    if form.is_valid():
        try:
            user = form.save()
        except ValidationError as taken:
            form.add_error(None, taken)
        else:
            ask_for_proof(user)
            login(request, user, backend=BACKEND)
            return redirect(after or "home")
    return render(request, "accounts/sign_up.html", {"form": form, "next": after})


@never_cache
@login_required
@require_GET
def services(request: HttpRequest) -> HttpResponse:
    """Which services may act for this person."""
    return render(request, "accounts/services.html", {"connections": connections(person_of(request))})


@login_required
@require_POST
def disconnect_service(request: HttpRequest, application: int) -> HttpResponse:
    """Ends what a service may do, at once."""
    person = person_of(request)
    # Only among the person's own: any other number is answered alike, whether there is such a client or not.
    held = next((held for held in connections(person) if held.application.pk == application), None)
    if held is None:
        messages.info(request, "That service is not connected.")
    else:
        disconnect(person, held.application)
        messages.success(request, f"{held.application} is disconnected. It can't add anything any more.")
    return redirect("services")


@never_cache
@sensitive_variables()
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_account(request: HttpRequest) -> HttpResponse:
    """Deletes the account with everything in it, after the password was typed again."""
    user = person_of(request)
    form = ConfirmPasswordForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        user.delete()
        logout(request)
        messages.success(request, "Your account is deleted, with everything that was in it.")
        return redirect("home")
    return render(request, "accounts/delete.html", {"form": form})


def _safe(request: HttpRequest, address: str) -> str:
    """The address, when it is on this server; otherwise nothing."""
    allowed = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if allowed else ""
