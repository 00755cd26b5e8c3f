"""Consent: where a person lets a wizard ask for a move, at its source and at its target."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.decorators import login_required
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.content_policy import allow_form_action
from accounts.entry.factors import has_factor
from accounts.entry.identity import ConfirmIdentityForm, passed_second_step, password_field
from accounts.leading_on import lead_on
from accounts.models import Application, User
from accounts.oauth.errors import error_answer, no_store
from accounts.oauth.parameters import Parameters
from accounts.oauth.token import ClientView, slowed_down
from accounts.person import person_of
from accounts.texts import Text, kept_text, translated
from accounts.throttles import UnknownMoveCodesPerAddress, client_address
from moves.imports.progress import cookie
from moves.models import Document
from moves.moving import pkce, tokens
from moves.moving.addresses import Address, own, wizard

VAULT_DOCTYPES = "com.bitwarden."  # the doctypes of an end-to-end encrypted vault
EXCHANGED = ("grant_type", "code", "client_id", "client_secret", "redirect_uri", "code_verifier")
CHALLENGE_IS_BAD = gettext_lazy(
    "The link's code_challenge can't be read. Only the code_challenge_method S256 is taken."
)
WIZARD_AT = kept_text("Wizard at %(host)s")  # what a client is called
NO_ORIGIN = gettext_lazy(
    "Your browser did not say which page you come from (its Origin), so this server can’t tell whether it was you who"
    " began. An extension, a setting of the browser or a proxy may have taken that away."
)
LONGEST_STATE = 2_000  # characters


def facts(person: User) -> dict[str, str]:
    """What a wizard is told of an account: bytes in use, the quota where there is one, whether there is a vault."""
    quota = {} if person.quota_bytes is None else {"quota": str(person.quota_bytes)}
    return {"used": str(person.used_bytes), **quota, "vault": "true" if has_vault(person) else "false"}


def named_facts(person: User) -> dict[str, str]:
    """The same with the account's name, so that the wizard can say which one is meant: for an answer to what the wizard
    has asked, which nobody else can give."""
    return {"account": person.username, **facts(person)}


def has_vault(person: User) -> bool:
    """Whether the account has documents of a vault, which its person has to move by hand."""
    return Document.objects.filter(owner=person, doctype__startswith=VAULT_DOCTYPES).exists()


# GET /move/authorize: consent to a move away from here


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """302 to the wizard with a code: at once to one that is known here, to any other after a page that names it.

    The code only asks for a move, which the person then confirms by mail.
    """
    person = request.user
    address = Address.read(request.GET.get("redirect_uri", ""))
    state = request.GET.get("state", "")
    if not isinstance(person, User) or address is None or not _is_good_state(state):
        return refuse(
            request, _("The link does not say where you are to be sent afterwards, or says it in a wrong way.")
        )
    try:
        challenge = pkce.challenge_of(request.GET)
    except pkce.BadChallengeError:
        return refuse(request, CHALLENGE_IS_BAD)
    if person.blocked:
        return refuse(request, translated(person.why_blocked), 403)
    if request.method == "POST" or address.is_known_wizard:
        if request.method == "POST" and "allow" not in request.POST:
            return _answer(address, state, {"error": "access_denied"})
        code = tokens.new_code(person, tokens.LEAVING, challenge=challenge)
        return lead_on(request, _answer(address, state, {"code": code, **named_facts(person)}))
    words = {"host": address.host, **_leave(tokens.LEAVING)}
    page = render(request, "moves/authorize_source.html", words)
    return allow_form_action(page, address.url)


# GET /auth/authorize/move: consent to bring an account here


class WizardForm(ConfirmIdentityForm):
    """Who somebody is that is logged in: asked for, unless it was shown just now."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if passed_second_step(request):
            self.fields.clear()
            self.is_needed = self.has_passkey = False

    @property
    def person(self) -> User:
        """Who it is."""
        return person_of(self.request)


class StrangersForm(forms.Form):
    """Who somebody is that is not logged in. `person`: whose name and password it were, once the form is valid."""

    username = forms.CharField(
        label=gettext_lazy("Name or e-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = password_field(gettext_lazy("Password"))
    person: User

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        if self.is_bound:  # at first, what is allowed is to be read, which a phone would go past
            self.fields["username"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        """Finds out who it is."""
        cleaned = super().clean() or {}
        if not self.errors:
            found = authenticate(self.request, username=cleaned["username"], password=cleaned["password"])
            if not isinstance(found, User):
                raise forms.ValidationError(
                    _("That name and password don't belong together. Check both and try again.")
                )
            self.person = found
        return cleaned


@dataclass(frozen=True)
class _MoveQuery:
    """The query of a registered wizard that wants to bring an account here."""

    application: Application
    address: Address
    state: str
    challenge: str

    @classmethod
    def read(cls, query: QueryDict) -> "_MoveQuery | str":
        """Returns the query, or what is wrong with it as a sentence."""
        application = Application.objects.filter(client_id=_clean(query.get("client_id", ""))).first()
        if application is None or not application.registered_itself:
            return _("No wizard is registered here under the client id that was sent.")
        wanted = query.get("redirect_uri", "")
        address = Address.read(wanted)
        if address is None or wanted not in application.redirect_uris.split():
            return _("The wizard wants you sent to an address that isn't registered for it.")
        state = query.get("state", "")
        if not _is_good_state(state):
            return _("The link can't be read.")
        try:
            return cls(application, address, state, pkce.challenge_of(query))
        except pkce.BadChallengeError:
            return str(CHALLENGE_IS_BAD)


@never_cache
@sensitive_variables()
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def authorize_move(request: HttpRequest) -> HttpResponse:
    """302 to a registered wizard with a code, after the person has shown who they are, also when logged in: by the
    password or, where one is set up, the second step. For that, who is not logged in logs in."""
    query = _MoveQuery.read(request.GET)
    if isinstance(query, str):
        return refuse(request, query)
    if request.method == "POST" and "deny" in request.POST:
        return _answer(query.address, query.state, {"error": "access_denied"})
    asks = WizardForm if isinstance(request.user, User) else StrangersForm
    form = asks(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and (answer := _answer_identity(request, form, query)) is not None:
        return answer
    words = {
        "form": form,
        "application": query.application,
        "host": query.address.host,
        "days": settings.WHARF_MOVE_LONGEST.days,
        **_leave(tokens.ARRIVING),
    }
    return allow_form_action(render(request, "moves/authorize_target.html", words), query.address.url)


def _answer_identity(request: HttpRequest, form: WizardForm | StrangersForm, query: _MoveQuery) -> HttpResponse | None:
    """Returns the answer to a form, or None where what was typed is wrong.

    The answer carries the cookie by which `/move/importing` knows whose page it is.
    """
    if not form.is_valid():
        return None
    if isinstance(form, StrangersForm) and has_factor(form.person):
        login = Login(user=form.person, redirect_url=request.get_full_path())
        return cast(HttpResponse, perform_password_login(request, form.cleaned_data, login))
    if form.person.blocked:
        return refuse(request, translated(form.person.why_blocked), 403)
    code = tokens.new_code(form.person, tokens.ARRIVING, query.application, query.address.url, query.challenge)
    answer = _answer(query.address, query.state, {"code": code, **named_facts(form.person)})
    cookie.grant(answer, form.person)
    return answer


# POST /move/initialize: the person starts here


@never_cache
@csrf_exempt
@require_POST
def initialize(request: HttpRequest) -> HttpResponse:
    """307 to the wizard with a code and a client to exchange it. Only from a page of this server, by its `Origin`.

    A form with a token against forgery would send the token on to the wizard, which a 307 gives the whole form to.
    """
    origin = request.headers.get("Origin", "")
    if not origin:
        return refuse(request, NO_ORIGIN, 403)
    if origin not in (own().origin, f"{request.scheme}://{request.get_host()}"):
        return refuse(request, _("A move is started from the page of your settings. Open it, and begin there."), 403)
    person = request.user
    if not isinstance(person, User):
        return refuse(request, _("Log in first."), 403)
    if person.blocked:
        return refuse(request, translated(person.why_blocked), 403)
    to = wizard()
    application = Application(
        name=(WIZARD_AT % {"host": to.host})[:255],
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=f"{settings.WHARF_MOVE_URL}/initialize",
        registration_source=Application.RegistrationSource.DCR,
    )
    secret = application.client_secret
    with transaction.atomic():  # no client without a code
        application.save()
        code = tokens.new_code(person, tokens.LEAVING, application, application.redirect_uris)
    query = {
        "code": code,
        "cozy_url": own().url.rstrip("/") + "/",
        "client_id": application.client_id,
        "client_secret": secret,
        **facts(person),
    }
    there = Address.of(f"{settings.WHARF_MOVE_URL}/initialize")
    return HttpResponse(status=307, headers={"Location": there.with_query(query), "Cache-Control": "no-store"})


# POST /auth/access_token: a code becomes a token


@method_decorator(never_cache, name="dispatch")
class AccessTokenView(ClientView):
    """A token of a move for a code (RFC 6749, section 4.1.3; a redirect_uri may be left out, and there is nothing to
    refresh)."""

    def accepted(self, parameters: Parameters) -> Parameters:
        """What means something here."""
        return [pair for pair in parameters if pair[0] in EXCHANGED]

    def answer(self, request: HttpRequest) -> JsonResponse:
        """The token, or an error of section 5.2."""
        sent = dict(request.oauth_parameters)  # type: ignore[attr-defined]
        if sent.get("grant_type") != "authorization_code":
            return error_answer(400, "unsupported_grant_type", "Only authorization_code is answered here.")
        if not sent.get("code"):
            return error_answer(400, "invalid_request", "The parameter code is missing.")
        application = client_of(sent)
        if application is None:
            return error_answer(401, "invalid_client")
        given = tokens.exchange(sent["code"], application, sent.get("redirect_uri"), sent.get("code_verifier"))
        if given is None:
            failures = UnknownMoveCodesPerAddress(client_address(request))
            return slowed_down(error_answer(400, "invalid_grant"), failures, "codes")
        token, scope = given
        seconds = int(settings.WHARF_MOVE_LONGEST.total_seconds())
        said = {"access_token": token, "token_type": "bearer", "expires_in": seconds, "scope": scope}
        return no_store(JsonResponse(said))


def client_of(sent: Mapping[str, str]) -> Application | None:
    """The wizard that proves who it is by `client_id` and `client_secret`."""
    application = Application.objects.filter(client_id=_clean(sent.get("client_id", ""))).first()
    if application is None or not application.registered_itself:
        return None
    return application if check_password(sent.get("client_secret", ""), application.client_secret) else None


# What they have in common


def refuse(request: HttpRequest, reason: Text, status: int = 400) -> HttpResponse:
    """A page that says why, and leads nowhere that the request named."""
    return render(request, "moves/refused.html", {"reason": reason}, status=status)


def redirect_302(url: str) -> HttpResponse:
    """302 to an address that may carry a code: kept by nobody, and named to nobody."""
    headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HttpResponse(status=302, headers=headers)


def _answer(address: Address, state: str, said: dict[str, str]) -> HttpResponse:
    """302 to a wizard with what is said to it, and who says it (RFC 9207, section 2)."""
    return redirect_302(address.with_query({**said, "state": state, "iss": settings.WHARF_BASE_URL}))


def _leave(scope: str) -> dict[str, Text]:
    """What a page of consent says of a leave: its name, and what it allows."""
    return {"scope": scope, "allows": settings.OAUTH2_PROVIDER["SCOPES"][scope]}


def _is_good_state(state: str) -> bool:
    return 0 < len(state) <= LONGEST_STATE and state.isprintable()


def _clean(client_id: str) -> str:
    """No client has a NUL in its id, and PostgreSQL can't be asked for one."""
    return "" if "\0" in client_id else client_id
