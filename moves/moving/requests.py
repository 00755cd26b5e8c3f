"""Asking for a move, and confirming it: `POST /move/request` and `GET /move/go`."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_POST
from oauth2_provider.models import AccessToken

from accounts.guesses import take
from accounts.leading_on import lead_on
from accounts.models import User
from accounts.oauth.token import failed_client
from accounts.texts import Text, kept_text, translated
from accounts.throttles import MoveRequestsPerAccount, UnknownMoveCodesPerAddress, client_address
from moves.models import Move, MoveCode
from moves.models.move import Outcome, Side, State
from moves.moving import authorizing, mails, pkce, tokens, transitions, worker
from moves.moving.addresses import Address, own
from moves.moving.authorizing import refuse
from moves.moving.hints import progress_address
from moves.moving.transitions import StepEnd
from moves.peers import asking
from moves.peers.places import NoPlace
from moves.peers.site import site_of

LONGEST_FIELDS = {"target_token": 1_000, "target_client_id": 255, "target_client_secret": 1_000}
WORKER_WAITS = timedelta(seconds=15)
ASKED_ONCE_MORE = kept_text("It was asked for once more.")


class NotAsked(Exception):
    """No move can be asked for like that: why, as a sentence, and the status of the answer."""

    def __init__(self, sentence: Text, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


# POST /move/request


@never_cache
@sensitive_variables()
@sensitive_post_parameters()
@csrf_exempt
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Prepares the move and has the confirmation mailed; a page that says so.

    It comes from the wizard's site: who it is, is said by the code or the token, never by a cookie.
    """
    sent = {name: request.POST.get(name, "") for name in request.POST}
    try:
        move = _prepare(request, sent)
    except NotAsked as refused:
        return refuse(request, refused.sentence, refused.status)
    words = {"move": move, "mailed_to": _masked(move.owner.email), "minutes": _minutes(), "is_here": _is_here(move)}
    return render(request, "moves/requested.html", words)


@dataclass(frozen=True)
class _Consent:
    """Who consented to a move, and the SHA-256 of the code or token that shows it."""

    person: User
    checksum: str


def _prepare(request: HttpRequest, sent: dict[str, str]) -> Move:
    """The move that is asked for; sent again, the same one. Raises `NotAsked`."""
    if any("\0" in value for value in sent.values()):
        raise NotAsked(_("The request holds characters that are not allowed."))
    consent = _consent(request, sent)  # before anything is locked: anybody may ask
    if (already := Move.objects.filter(request_hash=consent.checksum).first()) is not None:
        return _asked_already(already)
    if not consent.person.email_proven:
        raise NotAsked(ADDRESS_IS_UNPROVEN, 409)
    target = _target(sent)
    _require_another_account(consent.person, sent["target_token"])
    limit = MoveRequestsPerAccount(str(consent.person.pk))
    if not limit.take():
        raise NotAsked(_("There were too many requests to move this account. Try again in an hour."), 429)
    try:
        return _begin(sent, consent, target)
    except NotAsked:
        limit.give_back()
        raise


def _begin(sent: dict[str, str], consent: _Consent, target: Address) -> Move:
    """Spends the consent, and begins the move. Raises `NotAsked`."""
    person = consent.person
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # two requests at once are one after the other
        if (already := Move.objects.filter(request_hash=consent.checksum).first()) is not None:
            return _asked_already(already)
        _require_free(person)
        _spend(sent, consent)
        _replace_earlier(person)
        secret = secrets.token_urlsafe(32)
        move = transitions.begin(
            Move(
                owner=person,
                side=Side.SOURCE,
                state=State.REQUESTED,
                peer_url=target.origin + "/",
                peer_token=sent["target_token"],
                peer_client_id=sent.get("target_client_id", ""),
                peer_client_secret=sent.get("target_client_secret", ""),
                vault=authorizing.has_vault(person) and sent.get("ignore_vault", "") not in ("true", "1", "on"),
                request_hash=consent.checksum,
                secret_hash=tokens.hashed(secret),
                unsent_secret=secret,
            )
        )
        mails.owe(move, "confirm")
    return move


def _consent(request: HttpRequest, sent: dict[str, str]) -> _Consent:
    """By a code of `/move/authorize`, or by a token with the client that it was given to. Raises `NotAsked`."""
    if code := sent.get("code"):
        checksum = tokens.hashed(code)
        found = MoveCode.objects.select_related("owner").filter(code_hash=checksum, application=None).first()
        if found is None or found.expires_at <= timezone.now() or not found.owner.is_active:
            _count_unknown(request)
            raise NotAsked(CONSENT_IS_OVER)
        if not pkce.fits(found.code_challenge, sent.get("code_verifier")):
            _count_unknown(request)
            raise NotAsked(_("The wizard could not show that the code is its own. Begin again there."))
        return _Consent(found.owner, checksum)
    if not sent.get("token"):
        raise NotAsked(_("The request doesn't say whose account is to be moved."))
    application = authorizing.client_of(sent)
    if application is None:
        if not failed_client(request, sent.get("client_id", "")).take():
            raise NotAsked(_("Too many wrong client secrets came from this address. Try again later."), 429)
        raise NotAsked(_("The wizard could not show who it is. Begin again there."), 401)
    checksum = tokens.hashed(sent["token"])
    if (earlier := Move.objects.select_related("owner").filter(request_hash=checksum).first()) is not None:
        return _Consent(earlier.owner, checksum)
    token = AccessToken.objects.select_related("user").filter(token_checksum=checksum, application=application).first()
    if token is None or token.user is None or token.is_expired() or not token.user.is_active:
        _count_unknown(request)
        raise NotAsked(CONSENT_IS_OVER, 401)
    if tokens.LEAVING not in token.scope.split():
        raise NotAsked(_("The wizard's token is not one that allows to ask for a move away from here."), 403)
    return _Consent(token.user, checksum)


def _count_unknown(request: HttpRequest) -> None:
    """Raises `TooManyTries` for an address that has sent too many codes or secrets that no move has."""
    take(UnknownMoveCodesPerAddress(client_address(request)))


CONSENT_IS_OVER = gettext_lazy(
    "The leave that you gave the wizard is over: it lasts an hour, and works once. Nothing has happened to your "
    "account. Begin again."
)


ADDRESS_IS_UNPROVEN = gettext_lazy(
    "A move is confirmed by mail, and nobody has shown yet that the address of this account is yours. Open the link in "
    "the mail that came when you signed up, or log in and have another one sent. Then begin again."
)


def _spend(sent: dict[str, str], consent: _Consent) -> None:
    """The code works once, and the wizard needs its token no more."""
    if sent.get("code"):
        unspent = MoveCode.objects.filter(code_hash=consent.checksum, spent_at=None)
        if not unspent.update(spent_at=timezone.now()):
            raise NotAsked(CONSENT_IS_OVER)
    else:
        tokens.revoke(consent.checksum)


def _target(sent: dict[str, str]) -> Address:
    target = Address.read(sent.get("target_url", ""))
    if target is None:
        raise NotAsked(
            _("The request doesn't say where the account is to go: target_url must be the address of a server.")
        )
    if not target.is_private_enough:
        raise NotAsked(
            _("The address of the other server begins with http://, so everything could be read on its way.")
        )
    for name, longest in LONGEST_FIELDS.items():
        if len(sent.get(name, "")) > longest:
            raise NotAsked(_("The request holds a %(name)s that is too long.") % {"name": name})
    if not sent.get("target_token"):
        raise NotAsked(_("The request has no token of the other server, so the account can't go there."))
    return target


def _require_free(person: User) -> None:
    if person.blocked:
        raise NotAsked(translated(person.why_blocked), 403)
    # An arrival and a departure at once would chase one another.
    busy = person.moves.filter(ended_at=None).exclude(state__in=Move.OUT_OF_THE_WAY)
    if busy.exists():
        raise NotAsked(_("This account is being moved already. Wait until that has ended, or stop it."), 409)


def _require_another_account(person: User, target_token: str) -> None:
    """A token of this very account is only good on this server, by whatever name it was called."""
    if AccessToken.objects.filter(token_checksum=tokens.hashed(target_token), user=person).exists():
        raise NotAsked(_("That is the same account. An account can only be moved to another one."))


def _replace_earlier(person: User) -> None:
    """A request that was never confirmed makes room for the new one; its mail leads nowhere any more."""
    for pk in person.moves.filter(side=Side.SOURCE, state=State.REQUESTED).values_list("pk", flat=True):
        replaced = StepEnd(Outcome.OVERTAKEN, error=ASKED_ONCE_MORE)
        transitions.go(transitions.locked(pk), State.EXPIRED, replaced)


def _asked_already(move: Move) -> Move:
    """The page of a request that comes again, such as by a reload. Raises `NotAsked` where it is past."""
    if move.state == State.REQUESTED:
        return move
    raise NotAsked(_("This move was asked for before. Its state is on the page “Move” of your settings."), 409)


def _is_here(move: Move) -> bool:
    return move.peer_url == own().origin + "/"


def _minutes() -> int:
    lasts: timedelta = settings.WHARF_MOVE_CONFIRM
    return max(1, round(lasts.total_seconds() / 60))


def _masked(email: str) -> str:
    """Enough of an address for its owner to recognise: whoever sees the page may be somebody else."""
    name, at, host = email.partition("@")
    return f"{name[:1]}…{at or '@'}{host}"


# GET /move/go


@never_cache
@sensitive_variables()
@require_GET
def go(request: HttpRequest) -> HttpResponse:
    """Begins the move that the mailed secret confirms, once, and sends the person on to the target's progress, each
    time that it is opened; to the page of the move here, where the target has not answered yet, or it has ended."""
    secret = request.GET.get("secret", "")
    if not request.user.is_authenticated:
        return login_required(lambda request: HttpResponse())(request)
    move = Move.objects.select_related("owner").filter(secret_hash=tokens.hashed(secret), side=Side.SOURCE).first()
    if not secret or move is None:
        _count_unknown(request)
        return refuse(request, _("This link is not one that this server has sent, or its move is long over."), 404)
    if move.owner_id != request.user.pk:
        return render(request, "moves/go_as_another.html", {"secret": secret}, status=403)
    if move.secret_used_at is not None:  # on another device, or once more
        return _onwards(request, move)
    try:
        confirm(move.pk)
    except NotAsked as refused:
        return _refused_page(request, refused, move)
    try:
        pk = move.pk
        asking.ask(request, site_of(move.peer_url), lambda: worker.advance(pk, at_once=True), key=f"move {pk}")
    except NoPlace:
        transitions.wake_now(move.pk)  # a worker has time for it
    move.refresh_from_db()
    return _onwards(request, move)


def _onwards(request: HttpRequest, move: Move) -> HttpResponse:
    """Sends whoever has confirmed a move to where its progress is to be seen: at the target, as long as something comes
    there."""
    if move.ended_at is not None or move.state in (State.ANNOUNCING, State.CALLING_OFF):
        return HttpResponse(status=303, headers={"Location": reverse("move")})
    headers = {"Location": progress_address(move), "Referrer-Policy": "no-referrer"}
    return lead_on(request, HttpResponse(status=303, headers=headers))


def confirm(pk: int) -> None:
    """Uses the secret up. Raises `NotAsked`; then the link can be opened again, as long as it is good."""
    owners = User.objects.filter(moves=pk)
    try:
        with transaction.atomic():
            owner = owners.select_for_update(of=("self",)).get()  # as whoever announces an account that arrives
            move = transitions.locked(pk)
            if move.secret_used_at is not None:
                raise NotAsked(_("This link was opened before, and works once."), 410)
            if move.state != State.REQUESTED or move.lease_until <= timezone.now():
                raise NotAsked(_("This link is too old: it works for an hour. Nothing has happened. Begin again."), 410)
            _require_free(owner)
            now = timezone.now()
            # Whoever opens the link takes the step at once; a worker takes it where that process dies.
            columns = {"confirmed_at": now, "secret_used_at": now, "next_at": now + WORKER_WAITS}
            transitions.go(move, State.ANNOUNCING, StepEnd(), **columns)
    except IntegrityError as another:
        raise NotAsked(
            _("This account is being moved already. Wait until that has ended, or stop it."), 409
        ) from another


def _refused_page(request: HttpRequest, refused: NotAsked, move: Move) -> HttpResponse:
    return render(request, "moves/go_refused.html", {"reason": refused.sentence, "move": move}, status=refused.status)


@never_cache
@sensitive_variables()
@sensitive_post_parameters()
@require_POST
def go_as_another(request: HttpRequest) -> HttpResponse:
    """Logs out, and comes back to the mailed link with whoever logs in."""
    logout(request)
    there = f"{reverse('move-go')}?{urlencode({'secret': request.POST.get('secret', '')})}"
    return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': there})}")
