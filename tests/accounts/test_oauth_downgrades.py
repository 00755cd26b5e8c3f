"""Codes and tokens are taken as they were given: nothing is left out, added, or used twice."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from oauth2_provider.models import AccessToken, RefreshToken

from accounts.models import Application
from tests.support.at_once import AT_ONCE, at_once
from tests.support.worker import CALLBACK, Worker, browser, person, submit

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def test_a_verifier_of_a_code_without_challenge_is_refused() -> None:
    worker, ada = Worker(), person()
    assert worker.exchange(worker.code(ada), code_verifier=worker.verifier).error == (400, "invalid_grant")
    with_one = {"code_challenge": worker.challenge, "code_challenge_method": "S256"}
    assert worker.exchange(worker.code(ada, **with_one), code_verifier=worker.verifier).status == 200
    assert worker.exchange(worker.code(ada, **with_one)).error == (400, "invalid_request")


def test_the_address_that_a_code_was_sent_to_is_repeated_as_it_stands() -> None:
    worker, ada = Worker(), person()
    code = worker.code(ada)
    sent = {"grant_type": "authorization_code", "code": code, **worker.credentials}
    assert worker.post("/oauth/token", sent).error == (400, "invalid_request")
    assert worker.exchange(code, redirect_uri=CALLBACK.upper()).status == 400
    assert worker.exchange(code).status == 200


def test_an_address_that_no_authorization_named_need_not_be_repeated() -> None:
    """Where the client has one address only (RFC 6749, section 4.1.3)."""
    worker, ada = Worker(), person()
    address = worker.request().replace("&" + urlencode({"redirect_uri": CALLBACK}), "")
    assert "redirect_uri" not in address

    def code() -> str:
        answer = submit(browser(ada), address, {"allow": "true"})
        assert answer.status_code == 302, answer.content.decode()
        assert answer["Location"].startswith(CALLBACK)
        return dict(parse_qsl(urlsplit(answer["Location"]).query))["code"]

    def sent() -> dict[str, str]:
        return {"grant_type": "authorization_code", "code": code(), **worker.credentials}

    assert worker.post("/oauth/token", sent()).status == 200
    assert worker.post("/oauth/token", sent() | {"redirect_uri": CALLBACK}).status == 200
    assert worker.post("/oauth/token", sent() | {"redirect_uri": CALLBACK + "/more"}).status == 400
    unnamed = sent()
    Application.objects.update(redirect_uris=f"{CALLBACK} {CALLBACK}/more")
    assert worker.post("/oauth/token", unnamed).error == (400, "invalid_request")
    assert browser(ada).get(address).status_code == 400


@pytest.mark.parametrize("address", ["https://EXPORTER.example/callback", "https://exporter.example:443/callback"])
def test_a_host_is_compared_as_it_stands(address: str) -> None:
    worker = Worker()
    answer = browser(person()).get(worker.request(redirect_uri=address))
    assert answer.status_code == 400
    assert "isn&#x27;t registered for it" in answer.content.decode()


def test_of_an_address_of_the_own_computer_the_port_may_be_another_one() -> None:
    worker = Worker("App", "--public")
    Application.objects.update(redirect_uris="http://127.0.0.1/callback")
    assert browser(person()).get(worker.request(redirect_uri="http://127.0.0.1:51004/callback")).status_code == 200


def test_a_public_clients_token_that_is_used_twice_at_once_ends_what_it_gave(server: str) -> None:
    worker = Worker("App", "--public")
    token = worker.connect(person())["refresh_token"]
    sent = {"grant_type": "refresh_token", "refresh_token": token, **worker.credentials}
    answers = at_once(lambda: httpx.post(f"{server}/oauth/refresh", data=sent, timeout=60))
    statuses = sorted(answer.status_code for answer in answers)
    assert (statuses[0], len(statuses)) == (200, AT_ONCE)
    assert statuses.count(200) == 1
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()
