"""All addresses: who may, with what, and what everybody else is answered. A new address without a row fails."""

import re
from urllib.parse import urlsplit

import httpx
import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests.support.address_rows import (
    ADDRESSES,
    ANY_TOKEN,
    ARRIVING,
    EITHER_SIDE,
    EXPORTS,
    IMPORT,
    LEAVING,
    PERSON,
    those_of,
)
from tests.support.addresses import address, routes
from tests.support.admin import operators_pages
from tests.support.exporter import Person, run
from tests.support.worker import browser, person, session_of

SCOPES = (IMPORT, ARRIVING, LEAVING, EXPORTS)
METHODS = ("GET", "POST", "PUT", "DELETE")

# Pages of the operator that Django's admin does not have of itself, and the permission that each needs.
OPERATORS = {"admin/importers/rejection/<int:pk>/item": "importers.view_rejection"}
DJANGOS = re.compile(
    r"admin/(|log(in|out)/|password_change/(done/)?|autocomplete/|jsi18n/|r/.*|\(\?P<app_label>.*|\(\?P<url>.*"
    r"|\w+/\w+/(|add/|<path:object_id>/((history|delete|change|do/<slug:deed>)/)?)|accounts/user/<id>/password/)"
)


def ours() -> list[str]:
    """Returns the routes that are not below /admin/."""
    return [route for route in routes() if not route.startswith("admin/")]


def operators() -> list[str]:
    """Returns those that are."""
    return [route for route in routes() if route.startswith("admin/") and "(?P" not in route and "/r/" not in route]


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert sorted(ours()) == sorted(ADDRESSES)
    extra = {route for route in routes() if route.startswith("admin/") and not DJANGOS.fullmatch(route)}
    assert extra == set(OPERATORS)


def test_a_stranger_is_answered_as_the_row_says(http: httpx.Client) -> None:
    wrong = {}
    for route, (_, expected) in ADDRESSES.items():
        answers = [http.request(method, address(route)) for method in METHODS]
        http.cookies.clear()
        if tuple(answer.status_code for answer in answers) != expected:
            wrong[route] = [answer.status_code for answer in answers]
    assert not wrong


def test_what_is_a_persons_leads_a_stranger_to_the_log_in_whatever_the_method(http: httpx.Client, ada: Person) -> None:
    for route in those_of(PERSON):
        for method in METHODS:
            answer = Client().generic(method, address(route))  # as if it had the form's token
            if answer.status_code == 405 and method != "GET":
                continue
            assert answer.status_code == 302, (route, method)
            assert urlsplit(answer["Location"]).path == "/auth/login", (route, method)
        own = browser(ada.row).get(address(route))
        assert own.status_code in (200, 302, 400, 404, 405), route
        assert not own.get("Location", "").startswith("/auth/login"), route


def test_what_needs_a_token_is_401_without_and_403_with_another_scope(http: httpx.Client, ada: Person) -> None:
    tokens = {scope: run("create_token", ada.name, "--scope", scope)["access_token"] for scope in SCOPES}
    for route in those_of(*SCOPES, ANY_TOKEN, EITHER_SIDE):
        whose, (*_,) = ADDRESSES[route]
        for bad in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {tokens[IMPORT]}"}):
            method = "GET" if whose == ANY_TOKEN else "POST"
            answer = http.request(method, address(route), headers=bad)
            assert answer.status_code == 401, (route, bad)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer"), route
        if whose in (ANY_TOKEN, IMPORT):  # what an item needs depends on its path
            continue
        for scope, token in tokens.items():
            answer = http.post(address(route), headers={"Authorization": f"Bearer {token}"})
            may = scope in (ARRIVING, LEAVING) if whose == EITHER_SIDE else scope == whose
            assert answer.status_code == 403 or may, (route, scope, answer.status_code)


def test_an_item_needs_a_scope_of_imports(http: httpx.Client, ada: Person) -> None:
    for scope in (ARRIVING, LEAVING, EXPORTS, "import:calendar"):
        token = run("create_token", ada.name, "--scope", scope)["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = http.post("/import/social-posts", headers=headers, content=b'{"@type": "SocialActivity"}')
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope"), scope


def test_a_form_without_its_token_is_refused_to_a_person_as_well(http: httpx.Client, ada: Person) -> None:
    session = session_of(ada.row)
    for route in those_of(PERSON):
        answer = http.post(address(route), headers={"Cookie": f"sessionid={session}"})
        assert answer.status_code == 403, route


def test_the_operators_pages_are_for_operators_with_the_permission(http: httpx.Client, ada: Person) -> None:
    staff = person("staff", is_staff=True)
    strangers, staffs = (browser(), browser(ada.row)), browser(staff)
    for route in operators():
        page = address(route)
        for stranger in strangers:
            answer = stranger.get(page)
            assert answer.status_code == 302, route
        if "logout" in route:
            staffs.force_login(staff, backend="accounts.backends.NameOrEmail")
        answer = staffs.get(page)
        allowed = route in ("admin/", "admin/login/", "admin/logout/", "admin/jsi18n/") or "password_change" in route
        asks_first = route.endswith(("/history/", "<path:object_id>/"))  # which leads to the page that says so
        assert allowed or answer.status_code == (302 if asks_first else 403), (route, answer.status_code)
    for route, permission in OPERATORS.items():
        label, codename = permission.split(".")
        staff.user_permissions.set(Permission.objects.filter(content_type__app_label=label, codename=codename))
        assert staffs.get(address(route)).status_code == 404


@pytest.mark.django_db
def test_every_action_names_its_permission_and_is_not_done_by_whoever_may_only_look() -> None:
    looking = person("staff", is_staff=True)
    looking.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    ada = person("ada")
    client = Client()
    client.force_login(looking, backend="accounts.backends.NameOrEmail")
    for model, model_admin in operators_pages().items():
        actions = model_admin._get_base_actions()
        assert all(getattr(action, "allowed_permissions", ()) for action, _, _ in actions), model
        page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        shown = client.get(page)
        assert shown.status_code == 200, page
        assert b'<select name="action"' not in shown.content, page
        for _, name, _ in actions:
            client.post(page, {"action": name, "_selected_action": [ada.pk], "index": 0, "confirmed": "yes"})
        for deed in (one for one in getattr(model_admin, "deeds", ()) if one.permission != "view"):
            assert client.post(f"{page}{ada.pk}/do/{deed.name}/", {"confirmed": "yes"}).status_code == 403, page
        for change in ("add/", f"{ada.pk}/delete/"):
            assert client.post(page + change, {"post": "yes"}).status_code in (302, 403), page
    ada.refresh_from_db()
    assert ada.blocked == ""


@pytest.mark.django_db
def test_only_superusers_give_rights() -> None:
    operator, root, ada = (
        person(name, is_staff=name != "ada", is_superuser=name == "root") for name in ("op", "root", "ada")
    )
    operator.user_permissions.set(Permission.objects.all())
    client = Client()
    client.force_login(operator, backend="accounts.backends.NameOrEmail")
    users = "/admin/accounts/user/"
    fields = {"username": "ada", "email": ada.email, "is_active": "on", "quota_bytes": "1 GB"}
    fields |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    rights = {
        "is_staff": "on",
        "is_superuser": "on",
        "user_permissions": [str(Permission.objects.get(codename="view_user").pk)],
    }
    assert client.post(f"{users}{ada.pk}/change/", fields | rights).status_code == 302
    ada.refresh_from_db()
    assert (ada.quota_bytes, ada.is_staff, ada.is_superuser, ada.user_permissions.count()) == (10**9, False, False, 0)
    for other in (root, operator):
        for page in ("change/", "password/", "delete/"):
            said = {
                "password1": "a long one, really",
                "password2": "a long one, really",
                "post": "yes",
                **fields,
                **rights,
            }
            assert client.post(f"{users}{other.pk}/{page}", said).status_code == 403, page
        client.post(users, {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"})
        client.post(users, {"action": "block", "_selected_action": [other.pk], "confirmed": "yes"})
        other.refresh_from_db()
        assert (other.blocked, other.check_password("a long one, really")) == ("", False)
    assert client.post("/admin/auth/group/add/", {"name": "all"}).status_code == 403
    client.force_login(root, backend="accounts.backends.NameOrEmail")
    assert client.post(f"{users}{ada.pk}/change/", fields | rights).status_code == 302
    ada.refresh_from_db()
    assert ada.is_superuser


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND"])
def test_a_method_that_nobody_has_is_none_of_any_address(http: httpx.Client, ada: Person, method: str) -> None:
    answered = {route: http.request(method, address(route)).status_code for route in ADDRESSES}
    expected = {405, 401, 404}  # a token is asked for first, and so is whether there is such a thing
    assert {route: status for route, status in answered.items() if status not in expected} == {}
