"""The pages of the wizard, which leads a person through both sides of a move.

Every page says where one stands and has a way back. No code, token or secret is in an address of these pages but in
those that servers send the browser to, and they send it on at once.
"""

from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.content_policy import allow_form_action
from accounts.lockout import View, counted_per_address
from accounts.texts import kept_text, translated
from accounts.throttles import Limit
from moves.peers.places import NoPlace
from moves.wizard import addresses, clients, introductions, journey
from moves.wizard.clients import Unusable
from moves.wizard.forms import AddressForm
from moves.wizard.journey import ROLES, Ask, Journey, Role
from moves.wizard.sides import answered_side, initial_side
from moves.wizard.summary import Summary

OFFERED = ("code", "cozy_url", "client_id", "client_secret", "used", "quota", "vault", "account")
BACK_TO_SETTINGS = kept_text("Go back to your settings and begin again.")


class CallsForOneAddress(Limit):
    """Calls to other servers that the wizard makes for one address: whoever types there could be anybody."""

    rate = "60/hour"


def page(view: View) -> View:
    """A page that is kept nowhere, and whose address is told to no other server."""

    @wraps(view)
    def shown(request: HttpRequest, **named: str) -> HttpResponse:
        response = view(request, **named)
        response.setdefault("Referrer-Policy", "same-origin")
        return response

    return never_cache(sensitive_variables()(shown))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Asks for the address of the side that is missing, and goes there to ask for consent."""
    if elsewhere := _usual_name(request):
        return redirect(elsewhere)
    form = AddressForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        return _introduce(request, form)
    return _step(request, form)


@page
@require_GET
def asking(request: HttpRequest) -> HttpResponse:
    """While the server is asked that the person has named; then what comes next."""
    now = introductions.look(request)
    if now.introduction is None:
        return redirect("wizard")
    form = AddressForm({"role": now.introduction.role, "address": now.introduction.url})
    form.is_valid()
    return _introduced(request, now, form)


@page
@require_POST
def stop_asking(request: HttpRequest) -> HttpResponse:
    """The person does not want to wait for that server."""
    with journey.changed(request) as now:
        now.introduction = None
    return _onwards(request)


@page
@require_GET
def consent(request: HttpRequest) -> HttpResponse:
    """Says what the other server is going to ask, and leads there by a link: a form may lead to this server only."""
    now = journey.read(request)
    if not now.asks or now.asks[-1].has_expired:
        return redirect("wizard")
    ask = now.asks[-1]
    opposite = now.target if ask.role == "source" else now.source
    words = {
        "ask": ask,
        "link": clients.authorize_url(ask),
        "now": now,
        "one_server": opposite is not None and opposite.url == ask.url,
    }
    return render(request, "wizard/consent.html", words)


@page
@require_GET
def callback(request: HttpRequest, role: Role, place: str = "") -> HttpResponse:
    """`GET /callback/source/PLACE`, and the same with target: a side's person consents, or not (RFC 6749, section
    4.1.2). `place`: which question's address it is."""
    ask = _answered(request, role, place)
    if ask is None:
        return _problem(
            request,
            _("This answer belongs to no question of yours"),
            _(
                "Either it was used before, or the move was begun in another browser, or too long ago. "
                "Nothing has happened by it."
            ),
        )
    try:
        side = answered_side(ask, request.GET)
    except NoPlace:
        with journey.changed(request) as now:
            now.asks.append(ask)  # so that the same answer is good when it comes again
        raise
    except Unusable as problem:
        messages.error(request, translated(str(problem)))
    else:
        side.name = side.name or _name_here(request, side.url)
        with journey.changed(request) as now:
            now.place(role, side)
    return _onwards(request)


@csrf_exempt  # it comes from another server; what it may do is to begin anew
@sensitive_post_parameters()
@page
@require_http_methods(["GET", "HEAD", "POST"])
def initialize(request: HttpRequest) -> HttpResponse:
    """`/initialize`: somebody begins in the settings of the source, which has sent the browser here with a code."""
    given = request.GET if request.GET.get("code") else request.POST
    if request.method == "HEAD" or not given.get("code"):
        return redirect("wizard")
    now = journey.read(request)
    if now.is_begun and not _is_meant(request):
        # Any site can send a browser here: what was chosen is kept until its person says otherwise.
        offered = {name: given.get(name, "") for name in OFFERED}
        words = {"now": now, "offered": offered, "host": _host_offered(given)}
        return render(request, "wizard/begin_again.html", words, status=409)
    return _begin(request, given)


def _is_meant(request: HttpRequest) -> bool:
    """Whether the person has pressed the button of the page that asks, which has a token against forgery."""
    if request.method != "POST" or "anew" not in request.POST:
        return False
    guard = CsrfViewMiddleware(lambda _: HttpResponse())
    return guard.process_view(request, lambda _: HttpResponse(), (), {}) is None


def _host_offered(given: QueryDict) -> str:
    """The server that offers itself, as people call it; empty where it names none."""
    try:
        return addresses.host(addresses.origin(given.get("cozy_url", "")))
    except addresses.BadAddress:
        return ""


@counted_per_address(CallsForOneAddress)
def _begin(request: HttpRequest, given: QueryDict) -> HttpResponse:
    """On with the source that `given` tells of, and nothing else."""
    try:
        side = initial_side(given)
    except (Unusable, addresses.BadAddress) as problem:
        return _problem(request, _("The move could not be begun"), translated(f"{problem} {BACK_TO_SETTINGS}"))
    if request.headers.get("Sec-Fetch-Site") == "same-origin":  # or another site would have its account named like ours
        side.name = side.name or _name_here(request, side.url)
    journey.forget(request)
    with journey.changed(request) as now:
        now.place("source", side)
    return _onwards(request)


@page
@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """Both sides, what is going to happen, and the button that hands over to the source."""
    now = journey.read(request)
    summary = Summary.of(now)
    if summary is None:
        return redirect("wizard")
    response = render(request, "wizard/check.html", {"summary": summary, "now": now})
    # The source must be able to tell where the form comes from, but no more than the origin.
    response["Referrer-Policy"] = "strict-origin"
    if summary.source.url != addresses.own_origin():
        return allow_form_action(response, summary.source.url)
    return response


@page
@require_POST
def swap(request: HttpRequest) -> HttpResponse:
    """Source becomes target, and target source; where the consent doesn't reach, the person is asked for more."""
    with journey.changed(request) as now:
        if now.source and now.target:
            now.swap()
    return _onwards(request)


@page
@require_POST
def change(request: HttpRequest, role: Role) -> HttpResponse:
    """Forgets one side, so that another one can be chosen."""
    with journey.changed(request) as now:
        now.place(role, None)
    return _onwards(request)


@page
@require_POST
def begin_again(request: HttpRequest) -> HttpResponse:
    """Forgets everything."""
    journey.forget(request)
    response = redirect("wizard")
    response.delete_cookie(journey.JOURNEY_COOKIE, samesite="Lax")
    return response


@counted_per_address(CallsForOneAddress)
def _introduce(request: HttpRequest, form: AddressForm) -> HttpResponse:
    """Has the server asked that the person has named, and leads on."""
    now = introductions.begin(request, form.cleaned_data["role"], form.cleaned_data["address"])
    return journey.remember(request, _introduced(request, now, form))


def _introduced(request: HttpRequest, now: Journey, form: AddressForm) -> HttpResponse:
    """Waits, or leads on to the server, or says why it is no side."""
    introduction = now.introduction
    if introduction is None:
        return redirect("wizard")
    if introduction.problem:
        form.add_error("address", translated(introduction.problem))
        return _step(request, form)
    if introduction.is_open:
        if request.path != reverse("wizard-asking"):
            return redirect("wizard-asking")
        words = {"host": addresses.host(introduction.url), "stop": reverse("wizard-stop-asking")}
        return render(request, "moves/asking.html", words)
    if not now.asks:
        return redirect("wizard")
    ask = now.asks[-1]
    opposite = now.target if ask.role == "source" else now.source
    # What this server asks explains itself, but not how to be somebody else for the second account.
    at_once = ask.url == addresses.own_origin() and not (opposite and opposite.url == ask.url)
    return redirect(clients.authorize_url(ask) if at_once else "wizard-consent")


def _answered(request: HttpRequest, role: Role, place: str) -> Ask | None:
    """The question that the state of an answer names, and whose address it came to; nothing answers it again."""
    if not journey.read(request).asks:
        return None  # nothing is kept for whoever was never sent anywhere
    with journey.changed(request) as now:
        return now.answered(role, place, request.GET.get("state", ""))


def _step(request: HttpRequest, form: AddressForm | None) -> HttpResponse:
    """The page for the side that is missing, with what was typed if that was no use."""
    now = journey.read(request)
    role = now.missing
    if form is not None and form.data.get("role") in ROLES:
        role = form.data["role"]
    if role is None:
        return redirect("wizard-check")
    words = {
        "role": role,
        "now": now,
        "side": now.side(role),
        "form": form or AddressForm(initial={"role": role}),
        "own": addresses.own_origin(),
        "own_host": addresses.host(addresses.own_origin()),
    }
    return render(request, "wizard/start.html", words, status=422 if form is not None else 200)


def _name_here(request: HttpRequest, url: str) -> str:
    """The name of who has just consented at this very server, where it is who is logged in; otherwise nothing."""
    return request.user.get_username() if url == addresses.own_origin() else ""


def _onwards(request: HttpRequest) -> HttpResponse:
    """On to the next step, whichever that is; the address of this one is told to nobody."""
    response = redirect("wizard")
    response["Referrer-Policy"] = "no-referrer"
    return journey.remember(request, response)


def _problem(request: HttpRequest, title: str, sentence: str) -> HttpResponse:
    response = render(request, "wizard/problem.html", {"heading": title, "sentence": sentence}, status=400)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _usual_name(request: HttpRequest) -> str:
    """The same page at the address that answers come back to, where it was called at another one: without TLS, or by
    another name of this computer, for cookies of localhost don't reach 127.0.0.1."""
    if request.method != "GET":
        return ""
    here, usual = urlsplit(f"//{request.get_host()}"), urlsplit(settings.WHARF_BASE_URL)
    names = {here.hostname, usual.hostname}
    is_alias = len(names) == 2 and names <= {"localhost", "127.0.0.1", "::1"}
    without_tls = settings.SECURE_SSL_REDIRECT and not request.is_secure()
    return f"{settings.WHARF_BASE_URL}{request.path}" if is_alias or without_tls else ""
