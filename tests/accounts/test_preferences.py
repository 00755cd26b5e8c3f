"""What a person is called, and which mails they get."""

import pytest

from accounts.models import User
from tests.support.worker import PASSWORD, browser, person, submit

pytestmark = pytest.mark.django_db
MAILS = ("mails_of_transfers", "mails_of_room")


def chosen() -> tuple[bool, ...]:
    return User.objects.values_list(*MAILS).get()


def test_a_person_chooses_which_mails_to_get() -> None:
    client = browser(person("ada"))
    page = client.get("/settings/account").content.decode()
    for name, words in zip(MAILS, ("When a transfer is over", "When my room runs out"), strict=True):
        assert words in page
        assert f'<input type="checkbox" name="{name}"' in page
    assert chosen() == (True, True)
    assert submit(client, "/settings/account", {"keep_mails": "yes", "mails_of_room": "on"}).status_code == 302
    assert chosen() == (False, True)
    page = client.get("/settings/account").content.decode()
    assert "You get these mails from now on." in page
    assert page.count(" checked") == 1


def test_a_person_says_what_they_are_called() -> None:
    client = browser(person("ada"))
    assert "Hello, <bdi>ada</bdi>" in client.get("/").content.decode()
    submit(client, "/settings/account", {"keep_name": "yes", "first_name": "  Ada <b>Lovelace\u202e "})
    page = client.get("/").content.decode()
    assert page.count("<bdi>Ada &lt;b&gt;Lovelace") == 2  # in the menu of the account, too
    assert submit(client, "/settings/account", {"keep_name": "yes", "first_name": "x" * 151}).status_code == 422
    assert submit(browser(), "/auth/login", {"username": "ada", "password": PASSWORD}).status_code == 302
    submit(client, "/settings/account", {"keep_name": "yes", "first_name": ""})
    assert "Hello, <bdi>ada</bdi>" in client.get("/").content.decode()


def test_choosing_a_zone_changes_no_mails() -> None:
    client = browser(person("ada"))
    assert submit(client, "/settings/account", {"time_zone": "Asia/Tokyo"}).status_code == 302
    assert chosen() == (True, True)
    assert submit(client, "/settings/account", {"keep_mails": "yes"}).status_code == 302
    assert (chosen(), User.objects.get().time_zone) == ((False, False), "Asia/Tokyo")
