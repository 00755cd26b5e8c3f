"""Codes that become tokens, and what is stored of both."""

import base64
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.oauth.validator import Validator
from tests.support.worker import Worker, person

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.mark.parametrize("options", [[], ["--public"]])
def test_a_code_works_once_and_what_it_gave_ends_when_it_is_used_again(options: list[str]) -> None:
    worker, other, ada = Worker("Cloud One", *options), Worker("Other"), person()
    kept = worker.connect(ada)
    code = worker.code(ada)
    tokens = worker.exchange(code).body
    fresh = worker.refresh(tokens["refresh_token"]).body
    assert other.exchange(code).error == (400, "invalid_grant")
    assert worker.item_status(fresh["access_token"])[0] == 400
    assert worker.exchange(code).error == (400, "invalid_grant")
    assert worker.item_status(tokens["access_token"])[0] == worker.item_status(fresh["access_token"])[0] == 401
    assert worker.refresh(fresh["refresh_token"]).error == (401, "session_invalidated")
    assert worker.refresh(kept["refresh_token"]).status == 200


def test_a_code_that_is_used_again_when_it_has_long_expired_ends_nothing() -> None:
    worker = Worker()
    code = worker.code(person())
    tokens = worker.exchange(code).body
    RefreshToken.objects.update(created=timezone.now() - timedelta(minutes=2))
    assert worker.exchange(code).error == (400, "invalid_grant")
    assert worker.item_status(tokens["access_token"])[0] == 400


def test_a_code_that_was_spent_meanwhile_gives_no_tokens() -> None:
    worker = Worker()
    code = worker.code(person())
    save = Validator._create_refresh_token

    def spend_then_save(self: Validator, *args: Any) -> object:
        Grant.objects.all().delete()
        return save(self, *args)

    with patch.object(Validator, "_create_refresh_token", spend_then_save):
        assert worker.exchange(code).error == (400, "invalid_grant")
    assert not AccessToken.objects.exists()


def test_a_public_clients_code_needs_its_verifier() -> None:
    worker = Worker("App", "--public")
    assert worker.exchange(worker.code(person()), code_verifier="x" * 50).error == (400, "invalid_grant")


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
    assert worker.post("/oauth/token/", sent).error == (400, "unsupported_grant_type")
    assert worker.post("/oauth/refresh", sent).error == (400, "invalid_request")


def test_nothing_that_gives_access_is_stored_in_the_clear() -> None:
    worker, ada = Worker(), person()
    tokens, code = worker.connect(ada), worker.code(ada)
    secrets_given = (tokens["access_token"], tokens["refresh_token"], code, worker.secret)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            stored = repr(cursor.fetchall())
            assert not [given for given in secrets_given if given in stored], table


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
