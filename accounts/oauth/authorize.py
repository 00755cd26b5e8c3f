"""The consent page (RFC 6749, section 3.1): a person decides what a service may do."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import DisallowedRedirect
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.forms import AllowForm
from oauth2_provider.settings import oauth2_settings
from oauth2_provider.views import AuthorizationView
from oauthlib.oauth2.rfc6749.errors import (
    InvalidClientIdError,
    InvalidRedirectURIError,
    InvalidRequestError,
    MismatchingRedirectURIError,
    MissingClientIdError,
    MissingRedirectURIError,
    OAuth2Error,
)

from accounts.content_policy import allow_form_action
from accounts.models import Application
from accounts.oauth.told import tell_of_consent
from accounts.person import person_of
from accounts.scopes import descriptions
from accounts.texts import Text, kept_text, translated
from accounts.web_address import WebAddress
from audit.kinds import AuditKind

# What is shown for each error that can't be sent back to the client, because its address can't be trusted.
FATAL: dict[type[OAuth2Error], Text] = {
    InvalidClientIdError: _("No service is registered here under the client id that was sent."),
    MissingClientIdError: _("The request doesn't say which service it comes from."),
    MismatchingRedirectURIError: _("The service wants you sent to an address that isn't registered for it."),
    MissingRedirectURIError: _("The request doesn't say where you are to be sent afterwards."),
    InvalidRedirectURIError: _("The address where you are to be sent afterwards is not a valid one."),
}
kept_text("Duplicate %(name)s parameter.")  # what oauthlib says of others


class ConsentForm(AllowForm):
    """What the person decided, with the request it is about; sizes are those that a code's row can hold."""

    nonce = None  # OpenID Connect's, which is not spoken here
    claims = None
    code_challenge = forms.CharField(required=False, max_length=128, widget=forms.HiddenInput())
    code_challenge_method = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput())


@method_decorator(never_cache, name="dispatch")
class ConsentView(AuthorizationView):
    """Asks, every time, and sends the person back to the client with a code or with `access_denied`."""

    template_name = "oauth/authorize.html"
    form_class = ConsentForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answers a request that can't be read, or a person whose account is blocked, with a page."""
        if any("\0" in value for values in request.GET.lists() for value in (values[0], *values[1])):
            return self.refuse(_("The request holds characters that are not allowed."))
        if request.user.is_authenticated and request.user.blocked:
            return render(request, "oauth/blocked.html", status=403)
        query = request.GET.copy()
        query.pop("approval_prompt", None)  # a client can't ask that the person not be asked
        request.GET = query  # type: ignore[assignment]
        try:
            return super().dispatch(request, *args, **kwargs)
        except Application.DoesNotExist:
            return self.refuse(FATAL[InvalidClientIdError])
        except DisallowedRedirect:
            return self.refuse(FATAL[MismatchingRedirectURIError])
        except ValueError:  # what oauthlib raises for a query it can't decode
            return self.refuse(_("The request can't be read."))

    def validate_authorization_request(self, request: HttpRequest) -> tuple[list[str], dict[str, Any]]:
        """As the toolkit does, and before anybody is asked: a challenge must be one that can be used (RFC 7636)."""
        scopes, credentials = super().validate_authorization_request(request)
        challenge = credentials.get("code_challenge")
        if challenge is None:
            return scopes, credentials
        if credentials.get("code_challenge_method") != "S256":
            raise _sent_back('Only the code_challenge_method "S256" is accepted.', credentials)
        if not 43 <= len(challenge) <= 128:
            raise _sent_back("code_challenge must have 43 to 128 characters.", credentials)
        return scopes, credentials

    def handle_no_permission(self) -> HttpResponseBase:
        """Says what is wrong with a request before it asks anybody to log in for it."""
        try:
            self.validate_authorization_request(self.request)
        except OAuthToolkitError as error:
            return self.error_response(error, application=None)
        return super().handle_no_permission()

    def form_valid(self, form: ConsentForm) -> HttpResponseBase:
        """Sends the person back, but only to an address that is registered, whatever the form's fields say."""
        application = Application.objects.get(client_id=form.cleaned_data["client_id"])
        if not application.redirect_uri_allowed(form.cleaned_data["redirect_uri"]):
            return self.refuse(FATAL[MismatchingRedirectURIError])
        if not form.cleaned_data["allow"]:
            person = person_of(self.request).pk
            tell_of_consent(AuditKind.CONSENT_REFUSED, person, application, form.cleaned_data["scope"])
        return super().form_valid(form)

    def form_invalid(self, form: ConsentForm) -> HttpResponseBase:
        """The fields are hidden: somebody has changed them."""
        return self.refuse(_("The request was changed on its way."))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the page says in words."""
        context = super().get_context_data(**kwargs)
        if "scopes" in context:
            context["allowed"] = descriptions(context["scopes"], settings.OAUTH2_PROVIDER["SCOPES"])
            context["redirect_host"] = urlsplit(context["redirect_uri"]).netloc
        return context

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponseBase:
        """The consent page, allowed to lead to the client; or the error that can't be sent there."""
        if "error" in context:
            error = context["error"]
            said = translated(error.description or "") or _("The request is not valid.")
            return self.refuse(FATAL.get(type(error), said), status=error.status_code)
        return allow_form_action(super().render_to_response(context, **kwargs), context["redirect_uri"])

    def redirect(self, redirect_to: str, application: Application | None) -> HttpResponseBase:
        """Every answer that goes to the client says who gives it, errors as well (RFC 9207, section 2)."""
        address = WebAddress.parse(redirect_to)
        if address is not None:
            redirect_to = address.with_query({"iss": oauth2_settings.oauth2_authorization_server_issuer(self.request)})
        return super().redirect(redirect_to, application)

    def refuse(self, reason: Text, status: int = 400) -> HttpResponseBase:
        """A page that says why, and leads nowhere that the request named."""
        return render(self.request, "oauth/refused.html", {"reason": reason}, status=status)


def _sent_back(description: str, credentials: dict[str, Any]) -> OAuthToolkitError:
    """An error that goes to the client, whose address has been checked (RFC 6749, section 4.1.2.1)."""
    error = InvalidRequestError(description=description, state=credentials.get("state"))
    return OAuthToolkitError(error=error, redirect_uri=credentials["redirect_uri"])
