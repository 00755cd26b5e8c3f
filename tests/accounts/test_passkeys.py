"""Passkeys, in a real browser with a device that Chromium plays (WebDriver's virtual authenticators)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from playwright.sync_api import Page

from accounts.models import User
from tests.e2e.browser import chromium, page
from tests.support.factors import prove
from tests.support.worker import PASSWORD, browser, person, submit

pytestmark = [
    pytest.mark.skipif(chromium() is None, reason="no Chromium is installed here"),
    pytest.mark.usefixtures("transactional_db"),
]

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def _in_a_browser(address: str) -> list[str]:
    """Returns where the browser was after each step."""
    been = []
    with page() as opened:
        devices = opened.context.new_cdp_session(opened)
        devices.send("WebAuthn.enable")
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        _log_in(opened, address)
        opened.goto(f"{address}/settings/second/passkeys/new")
        opened.fill('[name="password"]', PASSWORD)
        opened.click("text=Go on")
        opened.fill('[name="name"]', "My phone")
        opened.check('[name="passwordless"]')
        _press(opened)
        been.append(opened.url)
        opened.goto(f"{address}/settings/second")
        been.append("My phone" if "My phone" in opened.content() else "no passkey")
        _log_out(opened)
        _log_in(opened, address)  # by the password, which the passkey comes beside
        been.append(opened.url)
        been.append(opened.inner_text("main label"))
        _press(opened)
        been.append(opened.url)
        opened.goto(f"{address}/settings/exports")
        opened.click("text=Use a passkey instead")
        _press(opened)
        been.append(opened.url)
        been.append("asked" if opened.locator('[name="code"]').count() else "shown")
        _log_out(opened)
        opened.goto(f"{address}/auth/login?next=/settings/services")
        _press(opened)  # without the password
        been.append(opened.url)
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(_want_it_beside_the_password).result()
        _log_out(opened)
        opened.goto(f"{address}/auth/login?next=/settings/services")
        opened.click("#use-passkey")
        opened.wait_for_selector("text=That is not the code")
        been.append(opened.url)
    return been


def _want_it_beside_the_password() -> None:
    """As if it had been added so: a device may still offer it by itself."""
    passkey = Authenticator.objects.get(type="webauthn")
    passkey.data["credential"]["clientExtensionResults"]["credProps"]["rk"] = False
    passkey.save()
    connection.close()


def _log_out(opened: Page) -> None:
    opened.click("button.account")
    opened.click("text=Log out")


def _log_in(opened: Page, address: str) -> None:
    opened.goto(f"{address}/auth/login")
    opened.fill('[name="username"]', "ada")
    opened.fill('[name="password"]', PASSWORD)
    opened.click("button:text-is('Log in')")
    opened.wait_for_load_state("load")


def _press(opened: Page) -> None:
    before = opened.url
    opened.click("#use-passkey")
    opened.wait_for_url(lambda url: url != before)


def test_a_passkey_is_added_and_opens_the_account_beside_the_password_and_by_itself(server: str) -> None:
    person()
    address = server.replace("127.0.0.1", "localhost")
    with ThreadPoolExecutor(max_workers=1) as thread:  # its event loop is none in which Django asks a database
        been = thread.submit(_in_a_browser, address).result()
    assert been == [
        f"{address}/settings/second/codes",
        "My phone",
        f"{address}/auth/second",
        "One of your recovery codes",  # there is no app that shows others
        f"{address}/",
        f"{address}/settings/exports",
        "shown",
        f"{address}/settings/services",
        f"{address}/auth/login",
    ]
    assert Authenticator.objects.get(type="webauthn").last_used_at is not None


def _without_a_passkey(address: str) -> str:
    """What the log-in says of a device that has none."""
    with page() as opened:
        devices = opened.context.new_cdp_session(opened)
        devices.send("WebAuthn.enable")
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        opened.goto(f"{address}/auth/login")
        opened.click("#use-passkey")
        said = opened.get_by_role("alert")
        said.wait_for()
        return said.inner_text()


def test_a_device_without_a_passkey_is_told_of(server: str) -> None:
    address = server.replace("127.0.0.1", "localhost")
    with ThreadPoolExecutor(max_workers=1) as thread:
        said = thread.submit(_without_a_passkey, address).result()
    assert said.startswith("No passkey came")


def test_elsewhere_the_page_says_why_there_are_none() -> None:
    client = browser(person())
    said = client.get("/settings/second").content.decode()
    assert "only for addresses that begin with <code>https</code>" in said
    assert "/passkeys/new" not in said
    prove(client)
    assert client.get("/settings/second/passkeys/new")["Location"] == "/settings/second"
    assert "passkey" not in browser().get("/auth/login").content.decode()


CLAIMS = [
    "",
    "nonsense",
    "[]",
    "{}",
    '{"response": null}',
    '{"id": 1, "rawId": "%", "response": {"userHandle": "zz"}, "type": "x"}',
    "[" * 5000,
    '{"response": {"userHandle": "ZzzzzzzzzzzzZzzz", "clientDataJSON": "e30", "authenticatorData": "AA", '
    '"signature": "AA"}, "id": "AA", "rawId": "AA", "type": "public-key"}',
]


@pytest.fixture
def strangers_form() -> Iterator[Any]:
    client = browser()
    client.get("/auth/login", headers={"Host": "localhost"})
    yield client


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_is_no_passkey_opens_nothing_and_is_no_fault(strangers_form: Any, claim: str) -> None:
    User.objects.all().delete()
    answer = submit(strangers_form, "/auth/login", {"username": "", "password": ""})
    token = strangers_form.cookies["csrftoken"].value
    answer = strangers_form.post("/auth/passkey", {"csrfmiddlewaretoken": token, "credential": claim})
    assert (answer.status_code, answer["Location"]) == (302, "/auth/login")
