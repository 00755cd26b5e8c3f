"""Token requests that cross each other, on a real server."""

import httpx
import pytest
from oauth2_provider.models import AccessToken, RefreshToken

from accounts.connections import disconnect
from accounts.models import Application
from tests.support.at_once import AT_ONCE, at_once
from tests.support.worker import CALLBACK, Worker, person

pytestmark = pytest.mark.services


def status(server: str, access_token: str) -> int:
    bearer = {"Authorization": f"Bearer {access_token}", "Content-Type": "application/json"}
    return httpx.post(f"{server}/import/social-posts", content=b"[]", headers=bearer).status_code


def test_refreshes_at_once_give_access_tokens_that_all_work(server: str) -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    sent = {"grant_type": "refresh_token", "refresh_token": token, **worker.credentials}

    answers = at_once(lambda: httpx.post(f"{server}/oauth/refresh", data=sent, timeout=60))

    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    given = {answer.json()["access_token"] for answer in answers}
    assert len(given) == AT_ONCE
    assert [status(server, one) for one in given] == [400] * AT_ONCE


def test_disconnecting_between_refreshes_leaves_no_access_token_behind(server: str) -> None:
    worker, ada = Worker(), person()
    token = worker.connect(ada)["refresh_token"]
    client = Application.objects.get(client_id=worker.id)
    sent = {"grant_type": "refresh_token", "refresh_token": token, **worker.credentials}

    answers = at_once(
        lambda: httpx.post(f"{server}/oauth/refresh", data=sent, timeout=60), lambda: disconnect(ada, client)
    )

    refused = {answer.json()["error"] for answer in answers if answer.status_code != 200}
    assert refused <= {"session_invalidated"}
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("revoked", ["refresh_token", "access_token"])
def test_revoking_between_refreshes_leaves_no_access_token_behind(server: str, revoked: str) -> None:
    worker = Worker()
    tokens = worker.connect(person())
    sent = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **worker.credentials}

    at_once(
        lambda: httpx.post(f"{server}/oauth/refresh", data=sent, timeout=60),
        lambda: worker.post("/oauth/revoke_token", {"token": tokens[revoked], **worker.credentials}),
    )

    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()


@pytest.mark.parametrize("options", [[], ["--public"]])
def test_a_code_that_is_sent_many_times_at_once_gives_tokens_once(server: str, options: list[str]) -> None:
    worker = Worker("Cloud One", *options)
    code = worker.code(person())
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **worker.credentials}
    if options:
        sent["code_verifier"] = worker.verifier

    answers = at_once(lambda: httpx.post(f"{server}/oauth/token", data=sent, timeout=60))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1)
    assert AccessToken.objects.count() <= 1
