"""Every page, in each of its states: who opens it, under which address, and what is typed there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db.models import Model
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Application, User
from importers.models import Transfer
from importers.pages.kinds import all_pages
from importers.verticals.media.models import Photo
from moves.exports import links
from moves.models import ArchiveImport, Export, Move
from tests.support.admin import operators_pages
from tests.support.worker import PASSWORD

Address = str | Callable[[], str]


@dataclass(frozen=True)
class PageState:
    """A page in a state. `who`: a name, or a state of the wizard, or nobody; `typed` and `click`: see `Visit`."""

    name: str
    address: Address
    who: str = ""
    typed: Mapping[str, str] | None = None
    status: int = 200
    click: str = ""

    @property
    def found_address(self) -> str:
        return self.address if isinstance(self.address, str) else self.address()


def _first(model: type[Model], **lookups: object) -> Model:
    """A row with as much as any: that of the person who has everything comes first."""
    found = model._default_manager.filter(**lookups).order_by("pk").first()
    if found is None:
        raise LookupError(f"tests/pages/installation.py makes no {model.__name__}")
    return found


def _thing(model: type[Model], ending: str = "") -> Callable[[], str]:
    pages = next(one for one in all_pages() if one.kind.model is model)
    return lambda: reverse("thing", args=[*pages.place, _first(model, owner__username="ada").doc_id]) + ending  # type: ignore[attr-defined]


def _admin(model: type[Model], page: str, ending: str = "") -> Callable[[], str]:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    return lambda: reverse(name, args=[_first(model).pk]).replace("/change/", f"/{page}/") + ending


NEW = {"username": "carla", "email": "carla@example.org", "password": PASSWORD}

FOR_NOBODY = [
    PageState("welcome", "/"),
    PageState("sign up", "/auth/sign-up"),
    PageState("sign up, with errors", "/auth/sign-up", typed={"username": "a b", "password": "1"}),
    PageState("log in", "/auth/login"),
    PageState("log in, with errors", "/auth/login", typed={"username": "ada", "password": "wrong"}),
    PageState("reset the password", "/auth/reset"),
    PageState("reset the password, with errors", "/auth/reset", typed={"email": "nobody"}),
    PageState("reset is sent", "/auth/reset/sent"),
    PageState("reset by a dead link", "/auth/reset/MQ/set-password"),
    PageState("a code that proves an address", "/auth/sign-up", typed=NEW),
    PageState("the second step of a log-in", "/auth/login", typed={"username": "nora", "password": PASSWORD}),
    PageState("a dead link of an export", "/exports/nonsense", status=404),
    PageState("an export by its link", lambda: f"/exports/{links.opaque(Export.objects.get(state='done'))}"),
    PageState("progress, for a stranger", "/move/importing"),
    PageState("wizard", "/move/start"),
    PageState("wizard, with errors", "/move/start", typed={"address": "http://"}, status=422),
    PageState("wizard, not begun", "/move/start/check"),
    PageState("a move's dead link", "/move/go?secret=nonsense", "ada", status=404),
    PageState("a wizard that asks nothing", "/move/authorize", "ada", status=400),
    PageState("an exporter that asks nothing", "/oauth/authorize/", who="ada", status=400),
    PageState("not found", "/nowhere", status=404),
    *(
        PageState(f"made: {name}", f"/made/{name}", status=500)
        for name in ("400.html", "403.html", "500.html", "503.html", "proxy_is_silent.html", "moves/formats_busy.html")
    ),
    *(
        PageState(f"a form that is refused: {why}", f"/made/403_csrf.html?why={why}", status=500)
        for why in ("unsaid", "other_site", "no_cookie", "old")
    ),
    PageState("wizard, what the source will ask", "/move/start/leave", "wizard: leave"),
    PageState("wizard, with a source", "/move/start", "wizard: target"),
    PageState("wizard, the last page", "/move/start/check", "wizard: check"),
    PageState("wizard, the last page of one that does not fit", "/move/start/check", "wizard: full"),
    PageState("wizard, asked to begin anew", "/initialize?code=x", "wizard: check", status=409),
    PageState("wizard, an answer to nothing", "/callback/source?code=x&state=y", "wizard: target", status=400),
]

FOR_PEOPLE = [
    PageState("home", "/", "ada"),
    PageState("home, empty", "/", "grace"),
    PageState("menu of the account", "/settings/services", "grace", click="button.account"),
    PageState("home, moved", "/", "moira"),
    PageState("home, while an archive comes in", "/", "ingrid"),
    PageState("home, while an account moves here", "/", "anna"),
    PageState("home, while the account moves away", "/", "lena"),
    PageState("home, after an arrival", "/", "abel"),
    PageState("nothing is changed meanwhile", "/settings/account", "ingrid", {"time_zone": "Europe/Paris"}, 409),
    PageState("services", "/settings/services", "ada"),
    PageState("services, empty", "/settings/services", "grace"),
    PageState("settings", "/settings/account", "ada"),
    PageState("settings, with a message", "/settings/account", "grace", {"time_zone": "Europe/Paris"}),
    PageState("address", "/settings/address", "ada"),
    PageState("address, with errors", "/settings/address", "olaf", {"email": "nobody"}),
    PageState("address, not proven", "/settings/address", "una"),
    PageState("home, address not proven", "/", "una"),
    PageState("sessions", "/settings/sessions", "ada"),
    PageState("second step, none", "/settings/second", "ada"),
    PageState("second step", "/settings/second", "nora"),
    PageState("set up an app", "/settings/second/app", "olaf"),
    PageState("set up an app, with errors", "/settings/second/app", "olaf", {"code": "1"}),
    PageState("take the app away", "/settings/second/app/off", "nora"),
    PageState("recovery codes", "/settings/second/codes", "nora"),
    PageState("new recovery codes", "/settings/second/codes/new", "nora"),
    PageState("no passkeys at this address", "/settings/second/passkeys/new", "olaf"),
    PageState("name of a passkey", lambda: f"/settings/second/passkeys/{_passkey()}", "nora"),
    PageState("take a passkey away", lambda: f"/settings/second/passkeys/{_passkey()}/off", "nora"),
    PageState("is it you, by the password", "/auth/again", "ada"),
    PageState("is it you, by the password, with errors", "/auth/again", "ada", {"password": "wrong"}),
    PageState("is it you, by a code", "/auth/again/code", "nora"),
    PageState("is it you, by a passkey", "/auth/again/passkey", "nora"),
    PageState("delete the account, by a code", "/settings/delete", "norbert"),
    PageState("change the password", "/settings/password", "ada"),
    PageState("change the password, with errors", "/settings/password", "ada", {"old_password": "wrong"}),
    PageState("delete the account", "/settings/delete", "ada"),
    PageState("delete the account, with errors", "/settings/delete", "ada", {"password": "wrong"}),
    PageState("deletion waits", "/", "dora"),
    PageState("deletion waits, exports", "/settings/exports", "dora"),
    PageState("imports", "/settings/imports", "ada"),
    PageState("imports, empty", "/settings/imports", "grace"),
    PageState("imports, under way", "/settings/imports", "ingrid"),
    PageState("an import with a report", lambda: f"/settings/imports/{_report()}", "ada"),
    PageState("progress of an import", "/move/importing", "ingrid"),
    PageState("progress of a move", "/move/importing", "anna"),
    PageState("the end of a move", "/move/importing", "abel"),
    PageState("a move that was stopped", "/move/importing", "stella"),
    PageState("move, stopped", "/settings/move", "stella"),
    PageState("exports", "/settings/exports", "ada"),
    PageState("exports, empty", "/settings/exports", "grace"),
    PageState("exports, with errors", "/settings/exports", "grace", {"password": "wrong"}, 422),
    PageState(
        "who fetched an export", lambda: f"/settings/exports/{Export.objects.get(state='done').doc_id}/fetches", "ada"
    ),
    PageState("formats", "/formats", "ada"),
    PageState("formats, empty", "/formats", "grace"),
    PageState("move", "/settings/move", "ada"),
    PageState("move, under way", "/settings/move", "lena"),
    PageState("move, moved", "/settings/move", "moira"),
    PageState("move, arriving", "/settings/move", "anna"),
    PageState(
        "receipt of a move",
        lambda: f"/settings/move/{Move.objects.get(owner__username='moira').doc_id}/receipt",
        "moira",
    ),
    PageState("the vault of a move", "/move/vault", "ada"),
    PageState("a transfer with refusals", lambda: f"/transfers/{_first(Transfer, rejected__gt=0).pk}/", "ada"),
    PageState("bin", "/bin/", "ada"),
    PageState("bin, empty", "/bin/", "grace"),
    *(
        PageState(f"bin of {one.kind.name}", reverse("bin-things", args=one.place), "ada")
        for one in list(all_pages())[:2]
    ),
    PageState("a month", reverse("calendar-month"), "ada"),
    PageState("a week", reverse("calendar-week"), "ada"),
    PageState("folders", reverse("tree"), "ada"),
    PageState("search", reverse("search"), "ada"),
    PageState("search, with what was found", f"{reverse('search')}?q=a", "ada"),
    PageState("search in one kind", f"{reverse('search')}?q=a&kind=file&since=2000-01-01", "ada"),
    PageState("search, with nothing found", f"{reverse('search')}?q=nothing+at+all&since=x&kind=photo", "grace"),
    PageState("a folder, as a grid", f"{reverse('tree')}?path=/root/foo&as=grid", "ada"),
    PageState("a photo, much larger", lambda: _photo(), "ada", click='.zoom [value="4"]'),
    PageState("a record, with what it says open", _thing(Photo), "ada", click="summary"),
    PageState("throwing away", lambda: f"/bin/throw?kind=photo&id={_first(Photo).doc_id}", "ada"),  # type: ignore[attr-defined]
    PageState("an exporter asks", lambda: _consent(), "ada"),
    *(PageState(f"list of {one.kind.name}", one.list_address, "ada") for one in all_pages()),
    *(PageState(f"list of {one.kind.name}, empty", one.list_address, "grace") for one in list(all_pages())[:3]),
    *(PageState(f"page of a {one.kind.name}", _thing(one.kind.model), "ada") for one in all_pages()),
]


def _passkey() -> int:
    return Authenticator.objects.get(user__username="nora", type="webauthn").pk


_LISTS = list(operators_pages())

FOR_OPERATORS = [
    PageState("admin: overview", "/admin/", "operator"),
    PageState("admin: overview, for an auditor", "/admin/", "auditor"),
    PageState("admin: log in", "/admin/login/?next=/admin/"),
    *(
        PageState(
            f"admin: list of {model.__name__}",
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"),
            "operator",
        )
        for model in _LISTS
    ),
    *(PageState(f"admin: page of a {model.__name__}", _admin(model, "change"), "operator") for model in _LISTS),
    PageState("admin: new person", "/admin/accounts/user/add/", "operator"),
    PageState("admin: new person, with errors", "/admin/accounts/user/add/", "operator", {"username": "a b"}),
    PageState("admin: blocking a person", _admin(User, "do", "block/"), "operator"),
    PageState("admin: deleting a person now", _admin(User, "do", "delete_now/"), "operator"),
    PageState("admin: suspending an exporter", _admin(Application, "do", "suspend/"), "operator"),
    PageState("admin: revoking an exporter", _admin(Application, "do", "revoke/"), "operator"),
    PageState("admin: opening a photo", _admin(Photo, "do", "open/"), "auditor"),
    PageState("admin: a deed that is not an auditor's", _admin(User, "do", "block/"), "auditor", status=403),
    PageState("admin: history of a person", _admin(User, "history"), "operator"),
    PageState("admin: people, nothing found", "/admin/accounts/user/?q=nobody-at-all", "operator"),
    PageState("admin: a person, for an auditor", _admin(User, "change"), "auditor"),
    PageState("admin: an exporter, for an auditor", _admin(Application, "change"), "auditor"),
    PageState("admin: list of people, for an auditor", "/admin/accounts/user/", "auditor"),
    PageState("admin: not for people", "/admin/auth/group/add/", "auditor", status=403),
]


def _photo() -> str:
    """The page of a photo that has a thumbnail."""
    photo = Photo.objects.filter(owner__username="ada", content__drawn="made").earliest("pk")
    return f"/things/media/photos/{photo.doc_id}/"


def _report() -> str:
    return ArchiveImport.objects.get(owner__username="ada").doc_id


def _consent() -> str:
    application = Application.objects.exclude(redirect_uris="").earliest("pk")
    asked = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": "https://exporter.example/callback",
    }
    return f"{reverse('oauth2_provider:authorize')}?{urlencode(asked | {'state': 'of-the-exporter'})}"


PLACES = [*FOR_NOBODY, *FOR_PEOPLE, *FOR_OPERATORS]
