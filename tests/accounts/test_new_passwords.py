"""New passwords: long, not known already, and with an offer to end what others may do."""

import pytest
from django.conf import LazySettings
from oauth2_provider.models import AccessToken, RefreshToken

from accounts.models import User
from moves.models import Move, MoveCode
from moves.models.move import Side, State
from moves.moving import tokens
from tests.support.moving import wizards_client
from tests.support.worker import PASSWORD, Worker, browser, person, submit

pytestmark = pytest.mark.django_db

OTHER = "an entirely different one"


def change(user: User, password: str, **more: str) -> str:
    fields = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    return submit(browser(user), "/settings/password", fields | more).content.decode()


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "password1234",
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff441234",
        "Password1234",
        "PASSWORD1234",
        "passwordpassword",
        "qwertyuiop123",
        "1q2w3e4r5t6y",
        "letmein12345",
        "iloveyou1234!!",
        "abcabcabcabc",
        "aaaaaaaaaaaaaa",
    ],
)
def test_a_password_that_guessers_try_first_is_refused_wherever_it_is_chosen(password: str) -> None:
    ada = person()
    page = change(ada, password)
    assert page.index("new_password1") < page.index('class="errorlist') < page.index('name="new_password2"')
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    new = {"username": "grace", "email": "grace@example.org", "password": password}
    assert submit(browser(), "/auth/sign-up", new).status_code == 200
    assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["correct horse battery", "twelve chars", "Grüße aus Köln, 4711"])
def test_a_few_unrelated_words_are_good(password: str) -> None:
    new = {"username": "grace", "email": "g@example.org", "password": password}
    assert submit(browser(), "/auth/sign-up", new).status_code == 302


@pytest.mark.parametrize("password", ["wharf-2026-wharf!", "Harbour-Wharf-99", "admin.harbour.1", "HARBOUR 12345678"])
def test_a_password_of_little_more_than_the_servers_name_is_refused(password: str, settings: LazySettings) -> None:
    settings.WHARF_BASE_URL = "https://harbour.example"
    new = {"username": "grace", "email": "g@example.org", "password": password}
    assert "little more than what this server is called" in submit(browser(), "/auth/sign-up", new).content.decode()
    assert submit(browser(), "/auth/sign-up", new | {"password": "a harbour of my own"}).status_code == 302


def test_a_password_that_stands_stays_good() -> None:
    User.objects.create_user("ada", "ada@example.org", "short")
    assert submit(browser(), "/auth/login", {"username": "ada", "password": "short"}).status_code == 302


def test_a_new_password_ends_what_others_may_do_if_that_is_chosen() -> None:
    ada = person()
    Worker().connect(ada)
    tokens.issue(ada, wizards_client(), tokens.ARRIVING)
    tokens.new_code(ada, tokens.LEAVING)
    change(ada, OTHER)
    assert (AccessToken.objects.count(), RefreshToken.objects.count(), MoveCode.objects.count()) == (2, 1, 1)
    ada.set_password(PASSWORD)
    ada.save()
    change(ada, OTHER, end_others="on")
    assert (AccessToken.objects.count(), RefreshToken.objects.count(), MoveCode.objects.count()) == (0, 0, 0)


def test_a_move_that_was_confirmed_goes_on() -> None:
    ada = person()
    token = tokens.issue(ada, tokens.own_client(), tokens.LEAVING)
    lease = ada.date_joined
    Move.objects.create(
        owner=ada, side=Side.SOURCE, state=State.WAITING, token_checksum=tokens.hashed(token), lease_until=lease
    )
    change(ada, OTHER, end_others="on")
    assert AccessToken.objects.filter(token_checksum=tokens.hashed(token)).exists()
