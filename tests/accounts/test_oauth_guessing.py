"""Guessing a client's secret gets slow; a busy exporter doesn't."""

import pytest

from tests.support.worker import Worker, person

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def test_guessing_secrets_is_stopped_for_a_while() -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    for _ in range(20):
        assert worker.refresh(token, client_secret="wrong").body["error"] == "invalid_client"
    stopped = worker.refresh(token, client_secret="wrong")
    assert (stopped.status, stopped.body["error"]) == (429, "too_many_requests")
    assert 1 <= int(stopped.headers["Retry-After"]) <= 61
    assert Worker("Other").refresh("x").error == (401, "session_invalidated")


def test_the_right_secret_passes_whatever_others_guess() -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    for _ in range(25):
        worker.refresh(token, client_secret="wrong")
    assert worker.refresh(token, client_secret="wrong").status == 429
    assert worker.refresh(token).status == 200
    assert worker.post("/oauth/revoke_token", {"token": token, **worker.credentials}).status == 200


def test_an_exporter_may_refresh_as_often_as_it_likes() -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    assert {worker.refresh(token).status for _ in range(60)} == {200}
    assert {worker.refresh("unknown").status for _ in range(60)} == {401}
