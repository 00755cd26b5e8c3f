"""Tokens: exchanged, refreshed, revoked, ended."""

import base64
import json
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.connections import connections, disconnect, end_access, end_grant
from accounts.models import Application, EndedSession, LaterAccess, User
from accounts.oauth.validator import Validator
from accounts.tasks import clear_expired_tokens
from tests.support.exporter import run
from tests.support.worker import Answer, Worker, browser, person, submit

pytestmark = pytest.mark.django_db


def error(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["error"]


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
    assert error(worker.post("/oauth/token/", sent)) == (400, "invalid_request")


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
    assert error(worker.refresh(first)) == (400, "invalid_grant")
    assert error(worker.refresh(second["refresh_token"])) == (400, "invalid_grant")
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


def test_an_unknown_refresh_token_is_an_ordinary_invalid_grant() -> None:
    worker = Worker()
    worker.connect(person())
    assert error(worker.refresh("unknown")) == (400, "invalid_grant")


def test_another_clients_refresh_token_is_an_ordinary_invalid_grant() -> None:
    one, two = Worker("One"), Worker("Two")
    token = one.connect(person())["refresh_token"]
    assert error(two.refresh(token)) == (400, "invalid_grant")
    assert one.refresh(token).status == 200


@pytest.mark.parametrize("options", [[], ["--public"]])
def test_after_disconnecting_items_and_refreshes_are_refused(options: list[str]) -> None:
    worker, other, ada = Worker("Cloud One", *options), Worker("Other"), person()
    first = worker.connect(ada)
    tokens = worker.refresh(first["refresh_token"]).body
    kept = other.connect(ada)
    client = browser(ada)
    application = Application.objects.get(client_id=worker.id)
    answer = submit(client, "/settings/services", {})  # opens the page; the button's form leads elsewhere
    token = client.cookies["csrftoken"].value
    answer = client.post(f"/settings/services/{application.pk}/disconnect", {"csrfmiddlewaretoken": token})
    assert answer.status_code == 302
    assert worker.item_status(tokens["access_token"]) == (401, "invalid_token")
    assert error(worker.refresh(tokens["refresh_token"])) == (401, "session_invalidated")
    assert error(worker.refresh(first["refresh_token"])) == (401, "session_invalidated")
    assert other.refresh(kept["refresh_token"]).status == 200


def test_connecting_again_after_disconnecting_works() -> None:
    worker, ada = Worker(), person()
    old = worker.connect(ada)["refresh_token"]
    disconnect(ada, Application.objects.get(client_id=worker.id))
    fresh = worker.connect(ada)["refresh_token"]
    assert worker.refresh(fresh).status == 200
    assert error(worker.refresh(old)) == (401, "session_invalidated")


@pytest.mark.parametrize("by", ["instance", "queryset", "page", "admin"])
def test_after_the_account_is_gone_the_worker_is_told_to_stop(by: str) -> None:
    worker, ada = Worker(), person()
    tokens = worker.connect(ada)
    if by == "instance":
        ada.delete()
    elif by == "queryset":
        User.objects.filter(pk=ada.pk).delete()
    elif by == "page":
        submit(browser(ada), "/settings/delete", {"password": "correct horse battery"})
    else:
        operator = person("root", is_staff=True, is_superuser=True)
        submit(browser(operator), f"/admin/accounts/user/{ada.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(username="ada").exists()
    assert not AccessToken.objects.exists()
    assert worker.item_status(tokens["access_token"]) == (401, "invalid_token")
    assert error(worker.refresh(tokens["refresh_token"])) == (401, "session_invalidated")
    assert error(worker.refresh("unknown")) == (400, "invalid_grant")


def test_who_does_not_know_the_secret_learns_nothing_of_ended_sessions() -> None:
    worker, ada = Worker(), person()
    token = worker.connect(ada)["refresh_token"]
    ada.delete()
    assert error(worker.refresh(token, client_secret="wrong")) == (401, "invalid_client")
    assert error(Worker("Other").refresh(token)) == (400, "invalid_grant")


def test_a_connection_that_ends_while_it_is_refreshed_is_told_so() -> None:
    worker, ada = Worker(), person()
    token = worker.connect(ada)["refresh_token"]
    checked = Validator.validate_refresh_token

    def check_then_disconnect(self: Validator, *args: object, **kwargs: object) -> bool:
        valid = checked(self, *args, **kwargs)  # type: ignore[arg-type]
        disconnect(ada, Application.objects.get(client_id=worker.id))
        return valid

    with patch.object(Validator, "validate_refresh_token", check_then_disconnect):
        assert error(worker.refresh(token)) == (401, "session_invalidated")


def test_what_a_refresh_gave_does_not_end_what_was_given_before() -> None:
    worker = Worker()
    tokens = worker.connect(person())
    given = [tokens["access_token"]] + [worker.refresh(tokens["refresh_token"]).body["access_token"] for _ in range(3)]
    assert [worker.item_status(token)[0] for token in given] == [400] * 4


@pytest.mark.parametrize("sent", ["refresh token", "first access token", "later access token"])
def test_whichever_token_is_revoked_the_whole_grant_ends_and_no_other(sent: str) -> None:
    worker, ada = Worker(), person()
    tokens, other = worker.connect(ada), worker.connect(ada)
    later = [worker.refresh(tokens["refresh_token"]).body["access_token"] for _ in range(2)]
    others = [other["access_token"], worker.refresh(other["refresh_token"]).body["access_token"]]
    token = {
        "refresh token": tokens["refresh_token"],
        "first access token": tokens["access_token"],
        "later access token": later[0],
    }[sent]
    assert worker.post("/oauth/revoke_token", {"token": token, **worker.credentials}).status == 200
    assert {worker.item_status(token) for token in (tokens["access_token"], *later)} == {(401, "invalid_token")}
    assert error(worker.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert {worker.item_status(token)[0] for token in others} == {400}
    assert worker.refresh(other["refresh_token"]).status == 200


@pytest.mark.parametrize("by", ["service", "grant", "first access token", "later access token"])
def test_ending_a_grant_ends_every_access_token_of_it(by: str) -> None:
    worker, other, ada = Worker(), Worker("Other"), person()
    tokens, kept = worker.connect(ada), other.connect(ada)
    later = worker.refresh(tokens["refresh_token"]).body["access_token"]
    kept_later = other.refresh(kept["refresh_token"]).body["access_token"]
    client = Application.objects.get(client_id=worker.id)
    first_row, later_row = AccessToken.objects.filter(application=client).order_by("pk")
    if by == "service":
        disconnect(ada, client)
    elif by == "grant":
        end_grant(RefreshToken.objects.get(application=client))
    else:
        end_access(first_row if by == "first access token" else later_row)
    assert worker.item_status(tokens["access_token"]) == worker.item_status(later) == (401, "invalid_token")
    assert error(worker.refresh(tokens["refresh_token"])) == (401, "session_invalidated")
    assert other.item_status(kept["access_token"])[0] == other.item_status(kept_later)[0] == 400
    assert not LaterAccess.objects.filter(access_token__application=client).exists()


def test_a_refresh_may_ask_for_a_part_of_import_and_the_next_one_for_all_again() -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    less = worker.refresh(token, scope="import:blobs")
    assert (less.status, less.body["scope"]) == (200, "import:blobs")
    assert worker.item_status(less.body["access_token"]) == (403, "insufficient_scope")
    assert worker.refresh(token).body["scope"] == "import"
    assert error(worker.refresh(token, scope="import:blobs nonsense")) == (400, "invalid_scope")


def test_a_refresh_may_not_ask_for_more_than_was_granted() -> None:
    worker = Worker()
    token = worker.connect(person(), scope="import:blobs")["refresh_token"]
    assert error(worker.refresh(token, scope="import:mail")) == (400, "invalid_scope")
    assert error(worker.refresh(token, scope="import")) == (400, "invalid_scope")


@pytest.mark.parametrize("options", [[], ["--public"]])
def test_a_code_works_once_and_what_it_gave_ends_when_it_is_used_again(options: list[str]) -> None:
    worker, other, ada = Worker("Cloud One", *options), Worker("Other"), person()
    kept = worker.connect(ada)
    code = worker.code(ada)
    tokens = worker.exchange(code).body
    fresh = worker.refresh(tokens["refresh_token"]).body
    assert error(other.exchange(code)) == (400, "invalid_grant")
    assert worker.item_status(fresh["access_token"])[0] == 400
    assert error(worker.exchange(code)) == (400, "invalid_grant")
    assert worker.item_status(tokens["access_token"])[0] == worker.item_status(fresh["access_token"])[0] == 401
    assert error(worker.refresh(fresh["refresh_token"])) == (401, "session_invalidated")
    assert worker.refresh(kept["refresh_token"]).status == 200


def test_a_code_that_is_used_again_when_it_has_long_expired_ends_nothing() -> None:
    worker = Worker()
    code = worker.code(person())
    tokens = worker.exchange(code).body
    RefreshToken.objects.update(created=timezone.now() - timedelta(minutes=2))
    assert error(worker.exchange(code)) == (400, "invalid_grant")
    assert worker.item_status(tokens["access_token"])[0] == 400


def test_a_code_that_was_spent_meanwhile_gives_no_tokens() -> None:
    worker = Worker()
    code = worker.code(person())
    save = Validator._create_refresh_token

    def spend_then_save(self: Validator, *args: Any) -> object:
        Grant.objects.all().delete()
        return save(self, *args)

    with patch.object(Validator, "_create_refresh_token", spend_then_save):
        assert error(worker.exchange(code)) == (400, "invalid_grant")
    assert not AccessToken.objects.exists()


def test_a_public_clients_code_needs_its_verifier() -> None:
    worker = Worker("App", "--public")
    assert error(worker.exchange(worker.code(person()), code_verifier="x" * 50)) == (400, "invalid_grant")


def test_a_code_can_not_bring_a_refresh_token_of_the_clients_choice() -> None:
    worker = Worker()
    answer = worker.exchange(worker.code(person()), refresh_token="of-my-choice")
    assert answer.body["refresh_token"] != "of-my-choice"


def test_the_secret_may_be_sent_by_http_basic() -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    basic = base64.b64encode(f"{worker.id}:{worker.secret}".encode()).decode()
    body = f"refresh_token={token}&grant_type=refresh_token".encode()
    assert worker.send("/oauth/refresh", body, Authorization=f"Basic {basic}").status == 200


@pytest.mark.parametrize("grant_type", ["password", "client_credentials", "implicit", "nonsense", "\N{SNOWMAN}"])
def test_other_grant_types_do_not_exist(grant_type: str) -> None:
    worker = Worker()
    person()
    sent = {"grant_type": grant_type, "username": "ada", "password": "correct horse battery", **worker.credentials}
    assert error(worker.post("/oauth/token/", sent)) == (400, "unsupported_grant_type")
    assert error(worker.post("/oauth/refresh", sent)) == (400, "invalid_request")


def test_an_inactive_account_is_refused_everywhere() -> None:
    worker, ada = Worker(), person()
    tokens, code = worker.connect(ada), worker.code(ada)
    User.objects.update(is_active=False)
    assert worker.item_status(tokens["access_token"]) == (401, "invalid_token")
    assert error(worker.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert error(worker.exchange(code)) == (400, "invalid_grant")


def test_nothing_that_gives_access_is_stored_in_the_clear() -> None:
    worker, ada = Worker(), person()
    tokens, code = worker.connect(ada), worker.code(ada)
    secrets_given = (tokens["access_token"], tokens["refresh_token"], code, worker.secret)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            stored = repr(cursor.fetchall())
            assert not [given for given in secrets_given if given in stored], table


def test_clearing_expired_tokens_keeps_what_can_be_refreshed() -> None:
    worker, ada = Worker(), person()
    tokens = worker.connect(ada)
    run("create_token", "ada")
    worker.code(ada)
    AccessToken.objects.update(expires=timezone.now() - timedelta(days=900))
    Grant.objects.update(expires=timezone.now() - timedelta(days=1))
    clear_expired_tokens()
    assert (AccessToken.objects.count(), Grant.objects.count()) == (1, 0)
    assert worker.refresh(tokens["refresh_token"]).status == 200


def test_clearing_expired_tokens_takes_later_access_tokens_away() -> None:
    worker = Worker()
    tokens = worker.connect(person())
    for _ in range(3):
        worker.refresh(tokens["refresh_token"])
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    live = worker.refresh(tokens["refresh_token"]).body["access_token"]
    clear_expired_tokens()
    assert (AccessToken.objects.count(), LaterAccess.objects.count()) == (2, 1)  # the first one and the live one
    assert worker.item_status(live)[0] == 400
    assert worker.refresh(tokens["refresh_token"]).status == 200


def test_clearing_expired_tokens_forgets_rotated_ones_when_their_family_is_gone() -> None:
    worker, ada = Worker("App", "--public"), person()
    gone, alive = worker.connect(ada), worker.connect(ada)
    last = worker.refresh(gone["refresh_token"]).body["refresh_token"]
    worker.refresh(alive["refresh_token"])
    worker.post("/oauth/revoke_token", {"token": last, **worker.credentials})
    clear_expired_tokens()
    assert RefreshToken.objects.count() == 4
    RefreshToken.objects.filter(revoked__isnull=False).update(revoked=timezone.now() - timedelta(days=31))
    clear_expired_tokens()
    assert RefreshToken.objects.filter(revoked__isnull=False).count() == 1
    assert error(worker.refresh(alive["refresh_token"])) == (400, "invalid_grant")
    assert not RefreshToken.objects.filter(revoked=None).exists()


def test_a_connection_that_is_refreshed_was_active_just_now() -> None:
    worker, ada = Worker(), person()
    token = worker.connect(ada)["refresh_token"]
    long_ago = timezone.now() - timedelta(days=9)
    AccessToken.objects.update(created=long_ago, updated=long_ago, expires=long_ago)
    worker.refresh(token)
    AccessToken.objects.update(expires=long_ago)
    clear_expired_tokens()
    (held,) = connections(ada)
    assert held.last_active > timezone.now() - timedelta(minutes=1)


def test_a_client_may_revoke_its_token_and_no_other_clients() -> None:
    one, two = Worker("One"), Worker("Two")
    tokens = one.connect(person())
    assert two.post("/oauth/revoke_token", {"token": tokens["refresh_token"], **two.credentials}).status == 200
    assert one.item_status(tokens["access_token"])[0] == 400
    assert one.post("/oauth/revoke_token", {"token": tokens["access_token"], **one.credentials}).status == 200
    assert one.item_status(tokens["access_token"])[0] == 401
    assert error(one.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert error(one.post("/oauth/revoke_token", {"token": "x", "client_id": one.id})) == (401, "invalid_client")


def test_metadata_says_what_there_is() -> None:
    metadata = Client().get("/.well-known/oauth-authorization-server").json()
    base = "http://127.0.0.1:8000"
    assert metadata["issuer"] == base
    assert metadata["authorization_endpoint"] == base + "/oauth/authorize/"
    assert metadata["token_endpoint"] == base + "/oauth/token/"
    assert metadata["revocation_endpoint"] == base + "/oauth/revoke_token/"
    assert metadata["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    for endpoint in ("token", "revocation"):
        methods = metadata[f"{endpoint}_endpoint_auth_methods_supported"]
        assert methods == ["client_secret_post", "client_secret_basic", "none"]
    assert "import:social-posts" in metadata["scopes_supported"]
    assert "introspection_endpoint" not in metadata


def test_an_ended_session_is_remembered_by_client_and_checksum_alone() -> None:
    worker, ada = Worker(), person()
    worker.connect(ada)
    checksum = RefreshToken.objects.get().token_checksum
    ada.delete()
    row = EndedSession.objects.get()
    assert (row.client_id, row.checksum) == (worker.id, checksum)
    assert "ada" not in json.dumps([str(value) for value in vars(row).values()])
