"""The second step of a log-in: codes of an app, and those that replace them; being asked again."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts import letters, secrets
from accounts.models import Letter, User
from moves.peers.rotation import rotate
from tests.support.factors import APP, CodeApp, prove, recovery_codes, set_up_app
from tests.support.signing_up import unproven
from tests.support.worker import PASSWORD, browser, hidden_fields, person, submit

pytestmark = [pytest.mark.django_db, pytest.mark.services]

KNOWN = {"username": "ada", "password": PASSWORD}


@pytest.fixture
def ada() -> User:
    return person()


@pytest.fixture
def app(ada: User) -> CodeApp:
    return set_up_app(browser(ada))


def subjects() -> list[str]:
    """Of all mails, when those that wait are sent."""
    for pk in list(Letter.objects.values_list("pk", flat=True)):
        letters.send(pk)
    return [str(one.subject) for one in mail.outbox]


def is_in(client: Client) -> bool:
    return client.get("/settings/services").status_code == 200


def test_a_log_in_asks_for_a_code_of_the_app_once_one_is_set_up_and_leads_on(app: CodeApp) -> None:
    client = browser()
    step = submit(client, "/auth/login?next=/settings/services", KNOWN)
    assert step["Location"] == "/auth/second"
    assert not is_in(client)
    assert "That is not the code" in submit(client, "/auth/second", {"code": "000000"}).content.decode()
    assert submit(client, "/auth/second", {"code": app.code()})["Location"] == "/settings/services"
    assert is_in(client)


def test_a_code_is_good_once_whatever_the_cache_forgets(ada: User, app: CodeApp) -> None:
    from django.core.cache import cache

    code = app.code()
    for status in (302, 200):
        client = browser()
        submit(client, "/auth/login", KNOWN)
        assert submit(client, "/auth/second", {"code": code}).status_code == status
        cache.clear()


def test_a_recovery_code_is_good_once(ada: User) -> None:
    owner = browser(ada)
    set_up_app(owner)
    first, *others = recovery_codes(owner)
    assert len(others) == 9
    for status in (302, 200):
        client = browser()
        submit(client, "/auth/login", KNOWN)
        assert submit(client, "/auth/second", {"code": first}).status_code == status
    assert recovery_codes(owner) == others
    said = owner.get("/settings/second/codes/file")
    assert said.content.decode().split() == others
    assert submit(owner, "/settings/second/codes/new", {}).status_code == 302
    assert not {*others} & {*recovery_codes(owner)}


def test_guessing_codes_is_limited_and_a_right_password_frees_no_place(app: CodeApp) -> None:
    statuses = []
    for _ in range(11):
        client = browser()
        submit(client, "/auth/login", KNOWN)
        statuses.append(submit(client, "/auth/second", {"code": "000000"}).status_code)
    assert statuses == [200] * 10 + [429]
    assert submit(client, "/auth/second", {"code": app.code()}).status_code in (405, 429)


def test_strangers_who_guess_codes_keep_nobody_from_their_settings(ada: User) -> None:
    owner = browser(ada)
    app = set_up_app(owner)
    for _ in range(11):
        client = browser()
        submit(client, "/auth/login", KNOWN)
        submit(client, "/auth/second", {"code": "000000"})
    assert submit(owner, "/auth/again/code", {"code": app.code()}).status_code == 302


def test_secrets_are_encrypted_at_rest_also_before_they_are_used_and_again_with_a_new_key(
    ada: User, settings: Settings
) -> None:
    client = browser(ada)
    prove(client)
    secret = re.search(r"<code class=\"name\">([A-Z2-7]{32})</code>", client.get(APP).content.decode())
    assert secret
    assert not any(secret[1] in str(one.get_decoded()) for one in Session.objects.all())
    token = client.cookies["csrftoken"].value
    client.post(APP, {"csrfmiddlewaretoken": token, "code": CodeApp(secret[1]).code()})
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert secrets.decrypt(kept) == secret[1] != kept
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another one"
    assert sum(one.changed for one in rotate()) >= 2  # and that of the recovery codes
    settings.SECRET_KEY_FALLBACKS = []
    assert secrets.decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret[1]
    assert sum(one.changed for one in rotate()) == 0


def test_a_code_whose_key_is_gone_opens_nothing_and_is_no_fault(ada: User, app: CodeApp, settings: Settings) -> None:
    client = browser()
    submit(client, "/auth/login", KNOWN)
    Authenticator.objects.filter(type="totp").update(data={"secret": "unreadable"})
    assert submit(client, "/auth/second", {"code": app.code()}).status_code == 200


def test_who_has_not_proven_their_address_sets_up_nothing(ada: User) -> None:
    unproven(ada)
    client = browser(ada)
    prove(client)
    assert client.get(APP)["Location"] == "/settings/second"
    assert "Prove first" in client.get("/settings/second").content.decode()


def test_what_secures_an_account_is_changed_by_who_has_shown_who_they_are(ada: User) -> None:
    client = browser(ada)
    changes = [APP, "/settings/second/codes/new"]
    assert [client.get(page)["Location"].partition("?")[0] for page in changes] == ["/auth/again"] * 2
    set_up_app(client)
    later = browser(ada)
    changes = [APP + "/off", "/settings/second/codes", "/settings/second/codes/new"]
    assert {later.get(page)["Location"].partition("?")[0] for page in changes} == {"/auth/again/code"}
    assert later.get("/auth/again")["Location"] == "/auth/again/code"  # the password is not enough any more
    assert submit(client, APP + "/off", {})["Location"] == "/settings/second"
    assert not Authenticator.objects.exists(), "codes that replace nothing go as well"
    assert "The second step of your log-in was changed" in subjects()
    assert submit(browser(), "/auth/login", KNOWN)["Location"] == "/"


def test_deletion_and_exports_ask_for_the_code_where_one_is_set_up(ada: User, app: CodeApp) -> None:
    client = browser(ada)
    assert 'name="password"' not in client.get("/settings/delete").content.decode()
    assert "That is not the code" in submit(client, "/settings/delete", {"code": "000000"}).content.decode()
    everything = {"what": "calendar", "parts_size": "0"}
    for refused in ({"password": PASSWORD}, {"code": "000000"}):
        assert submit(client, "/settings/exports", everything | refused).status_code == 422
    assert submit(client, "/settings/delete", {"code": app.code()})["Location"] == "/"
    ada.refresh_from_db()
    assert ada.deletion_at is not None


def test_an_operator_takes_a_lost_second_step_away(ada: User, app: CodeApp) -> None:
    root = browser(person("root", is_staff=True, is_superuser=True))
    logged_in = Client(REMOTE_ADDR="192.0.2.7")
    logged_in.force_login(ada, backend="accounts.backends.NameOrEmail")
    assert logged_in.get("/settings/second").status_code == 200
    shown = root.get(f"/admin/accounts/user/{ada.pk}/change/").content.decode()
    assert "second step of their log-in" in shown
    page = f"/admin/accounts/user/{ada.pk}/do/without-second-step/"
    assert "log in with their password alone" in root.get(page).content.decode()
    assert submit(root, page, {"confirmed": "yes"}).status_code in (200, 302)
    assert submit(browser(), "/auth/login", KNOWN)["Location"] == "/"
    assert "The second step of your log-in was changed" in subjects()


# The admin


def test_the_admin_asks_again_after_an_hour_and_goes_on_with_what_was_sent() -> None:
    root = browser(person("root", is_staff=True, is_superuser=True))
    ada = person()
    assert root.get("/admin/").status_code == 200
    session = root.session
    session["logged_in_at"] = (timezone.now() - timedelta(hours=2)).timestamp()
    session.save()
    assert root.get("/admin/")["Location"] == "/auth/again?next=%2Fadmin%2F"
    token = hidden_fields(root.get("/settings/services"))["csrfmiddlewaretoken"]
    deed = {"csrfmiddlewaretoken": token, "confirmed": "yes"}
    again = root.post(f"/admin/accounts/user/{ada.pk}/do/block/", deed)["Location"]
    ada.refresh_from_db()
    assert not ada.blocked
    assert submit(root, again, {"password": PASSWORD}).status_code in (200, 302)
    ada.refresh_from_db()
    assert ada.blocked
    assert root.get("/admin/").status_code == 200


def test_a_setting_lets_operators_in_with_a_second_step_only(settings: Settings) -> None:
    root = person("root", is_staff=True, is_superuser=True)
    client = browser(root)
    assert client.get("/admin/").status_code == 200
    settings.WHARF_STAFF_SECOND_FACTOR = True
    for page in ("/admin/", "/admin/accounts/user/"):
        assert client.get(page)["Location"] == "/settings/second"
    assert "needs a second step to use the admin" in client.get("/settings/second").content.decode()
    assert is_in(client), "of which their own pages need none"
    set_up_app(client)
    assert client.get("/admin/").status_code == 200
