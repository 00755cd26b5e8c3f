"""Tokens that are refreshed, by both kinds of clients."""

import base64
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from django.db import OperationalError
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.connections import connections, disconnect
from accounts.models import Application, User
from accounts.oauth.validator import Validator
from accounts.tasks import clear_expired_tokens
from tests.support.worker import Worker, browser, person, submit

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def test_an_access_token_is_good_for_one_hour() -> None:
    worker = Worker()
    tokens = worker.connect(person())
    assert (tokens["expires_in"], tokens["token_type"]) == (3600, "Bearer")
    assert worker.item_status(tokens["access_token"])[0] == 400
    AccessToken.objects.update(expires=timezone.now())
    assert worker.item_status(tokens["access_token"]) == (401, "invalid_token")


@pytest.mark.parametrize("path", ["/oauth/refresh", "/oauth/refresh/", "/oauth/token", "/oauth/token/"])
def test_an_expired_token_is_refreshed(path: str) -> None:
    worker = Worker()
    tokens = worker.connect(person())
    AccessToken.objects.update(expires=timezone.now() - timedelta(days=400))
    fresh = worker.refresh(tokens["refresh_token"], path)
    assert fresh.status == 200
    assert worker.item_status(fresh.body["access_token"])[0] == 400


@pytest.mark.parametrize("path", ["/oauth/refresh", "/oauth/token/"])
def test_a_refresh_may_be_sent_as_json(path: str) -> None:
    worker = Worker()
    tokens = worker.connect(person())
    body = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "scope": None,
        **worker.credentials,
    }
    assert worker.post_json(path, body).status == 200


def test_the_refresh_address_needs_no_grant_type() -> None:
    worker = Worker()
    tokens = worker.connect(person())
    sent = {"refresh_token": tokens["refresh_token"], **worker.credentials}
    assert worker.post("/oauth/refresh", sent).status == 200
    assert worker.post("/oauth/token/", sent).error == (400, "invalid_request")


def test_a_lost_refresh_answer_locks_nobody_out() -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    for _ in range(5):  # each answer but the last got lost
        answer = worker.refresh(token)
        assert (answer.status, answer.body["refresh_token"]) == (200, token)
    assert worker.item_status(answer.body["access_token"])[0] == 400


def test_a_public_clients_refresh_token_is_replaced_and_using_the_old_one_ends_its_family() -> None:
    worker = Worker("App", "--public")
    first = worker.connect(person())["refresh_token"]
    second = worker.refresh(first).body
    assert second["refresh_token"] != first
    assert worker.refresh(first).error == (400, "invalid_grant")
    assert worker.refresh(second["refresh_token"]).error == (400, "invalid_grant")
    assert worker.item_status(second["access_token"]) == (401, "invalid_token")


@pytest.mark.parametrize("options", [[], ["--public"]])
def test_two_jobs_of_one_exporter_do_not_end_each_other(options: list[str]) -> None:
    worker, ada = Worker("Cloud One", *options), person()
    one, two = worker.connect(ada), worker.connect(ada)
    assert worker.item_status(one["access_token"])[0] == worker.item_status(two["access_token"])[0] == 400
    one = worker.refresh(one["refresh_token"]).body
    assert worker.item_status(two["access_token"])[0] == 400
    assert worker.post("/oauth/revoke_token/", {"token": one["refresh_token"], **worker.credentials}).status == 200
    assert worker.item_status(one["access_token"])[0] == 401
    assert worker.item_status(two["access_token"])[0] == 400
    assert worker.refresh(two["refresh_token"]).status == 200


@pytest.mark.parametrize("path", ["/oauth/refresh", "/oauth/token/"])
@pytest.mark.parametrize("why", ["unknown", "of another client", "revoked by the client", "of an inactive person"])
def test_every_dead_refresh_token_tells_the_worker_to_stop(why: str, path: str) -> None:
    worker, ada = Worker(), person()
    token = worker.connect(ada)["refresh_token"]
    if why == "unknown":  # a backup was restored
        token = "unknown"
    elif why == "of another client":
        token = Worker("Other").connect(ada)["refresh_token"]
    elif why == "revoked by the client":
        worker.post("/oauth/revoke_token", {"token": token, **worker.credentials})
    else:
        User.objects.update(is_active=False)
    assert worker.refresh(token, path).error == (401, "session_invalidated")
    assert worker.refresh(token, path, client_secret="wrong").error == (401, "invalid_client")


def test_a_refresh_token_of_another_client_stays_good_for_its_own() -> None:
    one, two = Worker("One"), Worker("Two")
    token = one.connect(person())["refresh_token"]
    assert two.refresh(token).error == (401, "session_invalidated")
    assert one.refresh(token).status == 200


@pytest.mark.parametrize("path", ["/oauth/refresh", "/oauth/token/"])
@pytest.mark.parametrize("by", ["the command line", "the admin"])
def test_a_deleted_exporter_is_told_to_stop(by: str, path: str) -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    if by == "the admin":
        operator = person("root", is_staff=True, is_superuser=True)
        row = Application.objects.get(client_id=worker.id)
        submit(browser(operator), f"/admin/accounts/application/{row.pk}/delete/", {"post": "yes"})
    else:
        Application.objects.filter(client_id=worker.id).delete()
    assert not Application.objects.exists()
    assert worker.refresh(token, path).error == worker.refresh("unknown", path).error == (401, "session_invalidated")
    basic = base64.b64encode(f"{worker.id}:{worker.secret}".encode()).decode()
    refresh = urlencode({"grant_type": "refresh_token", "refresh_token": token}).encode()
    assert worker.send(path, refresh, authorization=f"Basic {basic}").error == (401, "session_invalidated")
    assert worker.refresh(token, path, client_secret="wrong").error == (401, "invalid_client")
    assert worker.exchange("code").error == (401, "invalid_client")


def test_who_does_not_know_the_secret_learns_nothing_of_ended_sessions() -> None:
    worker, ada = Worker(), person()
    token = worker.connect(ada)["refresh_token"]
    ada.delete()
    assert worker.refresh(token, client_secret="wrong").error == (401, "invalid_client")


def test_a_connection_that_ends_while_it_is_refreshed_is_told_so() -> None:
    worker, ada = Worker(), person()
    token = worker.connect(ada)["refresh_token"]
    checked = Validator.validate_refresh_token

    def check_then_disconnect(self: Validator, *args: object, **kwargs: object) -> bool:
        valid = checked(self, *args, **kwargs)  # type: ignore[arg-type]
        disconnect(ada, Application.objects.get(client_id=worker.id))
        return valid

    with patch.object(Validator, "validate_refresh_token", check_then_disconnect):
        assert worker.refresh(token).error == (401, "session_invalidated")


@pytest.mark.parametrize("path", ["/oauth/refresh", "/oauth/token/"])
def test_a_database_that_is_away_or_locked_is_answered_503(path: str) -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    with patch.object(Validator, "save_bearer_token", side_effect=OperationalError("database is locked")):
        sent = urlencode({"grant_type": "refresh_token", "refresh_token": token, **worker.credentials})
        answer = worker.http.post(path, sent, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert worker.refresh(token, path).status == 200


def test_what_a_refresh_gave_does_not_end_what_was_given_before() -> None:
    worker = Worker()
    tokens = worker.connect(person())
    given = [tokens["access_token"]] + [worker.refresh(tokens["refresh_token"]).body["access_token"] for _ in range(3)]
    assert [worker.item_status(token)[0] for token in given] == [400] * 4


def test_a_refresh_may_ask_for_a_part_of_import_and_the_next_one_for_all_again() -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    less = worker.refresh(token, scope="import:blobs")
    assert (less.status, less.body["scope"]) == (200, "import:blobs")
    assert worker.item_status(less.body["access_token"]) == (403, "insufficient_scope")
    assert worker.refresh(token).body["scope"] == "import"
    assert worker.refresh(token, scope="import:blobs nonsense").error == (400, "invalid_scope")


def test_a_refresh_may_not_ask_for_more_than_was_granted() -> None:
    worker = Worker()
    token = worker.connect(person(), scope="import:blobs")["refresh_token"]
    assert worker.refresh(token, scope="import:mail").error == (400, "invalid_scope")
    assert worker.refresh(token, scope="import").error == (400, "invalid_scope")


def test_a_connection_that_is_refreshed_was_active_just_now() -> None:
    worker, ada = Worker(), person()
    token = worker.connect(ada)["refresh_token"]
    long_ago = timezone.now() - timedelta(days=9)
    AccessToken.objects.update(created=long_ago, updated=long_ago, expires=long_ago)
    worker.refresh(token)
    AccessToken.objects.update(expires=long_ago)
    clear_expired_tokens()
    (held,) = connections(ada)
    assert (held.application.client_id, held.last_active) == (worker.id, None)  # it is connected, and nothing has come
