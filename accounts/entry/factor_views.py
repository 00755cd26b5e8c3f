"""The pages of the second step of a log-in, and of who is at an open browser: django-allauth's."""

from typing import Any

from allauth.mfa.base import views
from allauth.mfa.recovery_codes import views as codes_views
from allauth.mfa.totp import views as app_views
from allauth.mfa.webauthn import views as passkey_views
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from accounts.entry.factors import has_app, has_passkey, takes_passkeys
from accounts.lockout import counted_per_address
from accounts.person import person_of
from accounts.throttles import PasskeysPerAddress

ELSEWHERE = _("Browsers have passkeys only for addresses that begin with https, and for localhost.")


@method_decorator(never_cache, name="dispatch")
class Factors(views.IndexView):
    """What is set up, and what may be."""

    template_name = "accounts/factors.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Whether passkeys can be had here, and whether an operator is let in without any of it."""
        must = settings.WHARF_STAFF_SECOND_FACTOR and person_of(self.request).is_staff
        return super().get_context_data(**kwargs) | {"takes_passkeys": takes_passkeys(self.request), "must": must}


@method_decorator(never_cache, name="dispatch")
class SecondStep(views.AuthenticateView):
    """Asks for the second step of a log-in."""

    template_name = "accounts/second_step.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Whether a passkey is one way, and whether an app is."""
        shown, person = super().get_context_data(**kwargs), self.stage.login.user
        is_way = takes_passkeys(self.request) and has_passkey(person)
        return shown | {"has_passkey": is_way, "has_app": has_app(person)}


class _Again:
    def get_default_success_url(self) -> str:
        """Where to go on if nobody has said."""
        return reverse("preferences")


@method_decorator(never_cache, name="dispatch")
class CodeAgain(_Again, views.ReauthenticateView):
    """Asks for a code of who is logged in."""

    template_name = "accounts/code_again.html"


@method_decorator(never_cache, name="dispatch")
class PasskeyAgain(_Again, passkey_views.ReauthenticateWebAuthnView):
    """Asks for a passkey of who is logged in."""

    template_name = "accounts/passkey_again.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """The page again, with what was wrong."""
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The library's leaves out the form that was sent."""
        return super().get_context_data(**kwargs) | kwargs


@method_decorator(never_cache, name="dispatch")
class AppOn(app_views.ActivateTOTPView):
    """Sets up an app."""

    template_name = "accounts/app_on.html"

    @method_decorator(login_required)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """For who is logged in."""
        return super().dispatch(request, *args, **kwargs)


@method_decorator(never_cache, name="dispatch")
class AppOff(app_views.DeactivateTOTPView):
    """Takes it away."""

    template_name = "accounts/app_off.html"


class RecoveryCodes(codes_views.ViewRecoveryCodesView):
    """Shows those that are left."""

    template_name = "accounts/recovery_codes.html"


class RecoveryCodesFile(codes_views.DownloadRecoveryCodesView):
    """The same as a file."""

    template_name = "accounts/recovery_codes.txt"


@method_decorator(never_cache, name="dispatch")
class NewRecoveryCodes(codes_views.GenerateRecoveryCodesView):
    """Makes others instead of them."""

    template_name = "accounts/recovery_codes_new.html"


@method_decorator(never_cache, name="dispatch")
class PasskeyNew(passkey_views.AddWebAuthnView):
    """Adds a passkey, where browsers have them."""

    template_name = "accounts/passkey_new.html"

    @method_decorator(login_required)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Back, with the reason, where they haven't."""
        if not takes_passkeys(request):
            messages.error(request, ELSEWHERE)
            return redirect("mfa_index")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The library's leaves out the form that was sent."""
        return super().get_context_data(**kwargs) | kwargs


@method_decorator(never_cache, name="dispatch")
class PasskeyName(passkey_views.EditWebAuthnView):
    """Calls it something else."""

    template_name = "accounts/passkey_name.html"
    success_url = reverse_lazy("mfa_index")


@method_decorator(never_cache, name="dispatch")
class PasskeyOff(passkey_views.RemoveWebAuthnView):
    """Takes it away."""

    template_name = "accounts/passkey_off.html"
    success_url = reverse_lazy("mfa_index")


class PasskeyLogIn(passkey_views.LoginWebAuthnView):
    """A passkey that opens an account by itself."""

    @method_decorator(counted_per_address(PasskeysPerAddress))
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What the browser is to sign."""
        return super().get(request, *args, **kwargs)
