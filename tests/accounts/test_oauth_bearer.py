"""Bearer tokens on /import, as RFC 6750 and the import specification have them."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from oauth2_provider.models import AccessToken
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import Application, User
from accounts.oauth.bearer import InsufficientScope
from accounts.rest.authentication import BearerAuthentication
from accounts.rest.scopes import require_import
from importers.models import Rejection
from importers.verticals.unknown.models import UnknownItem
from tests.support.worker import Worker, person

pytestmark = pytest.mark.django_db


NOTE = b'{"@type": "Something", "id": "1"}'


def send_note(token: str, body: bytes) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return Client().post("/import/blobs", body, content_type="application/json", headers=headers)


def send(header: str | None) -> Any:
    headers = {} if header is None else {"Authorization": header}
    return Client().post("/import/blobs", b"{}", content_type="application/json", headers=headers)


def test_an_expired_token_is_answered_as_the_specification_has_it() -> None:
    token = Worker().connect(person())["access_token"]
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    answer = send(f"Bearer {token}")
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_token", "error_description": "The access token expired"}
    assert answer["WWW-Authenticate"] == (
        'Bearer realm="wharf", error="invalid_token", error_description="The access token expired"'
    )


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer unknown",
        "Bearer a b",
        "Bearer \N{SNOWMAN}",
        "Bearer a\0b",
        "Bearer " + "x" * 1_000_000,
        "Basic YTpi",
        "Token unknown",
        "\N{SNOWMAN}",
    ],
)
def test_a_header_without_a_good_token_is_refused(header: str | None) -> None:
    answer = send(header)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert answer["WWW-Authenticate"].startswith('Bearer realm="wharf", error="invalid_token"')
    assert answer.json()["error_description"] != "The access token expired"


def test_the_scheme_may_be_written_in_any_case() -> None:
    token = Worker().connect(person())["access_token"]
    assert send(f"bEaReR   {token}").status_code != 401


@pytest.mark.services
def test_it_takes_one_query() -> None:
    token = Worker().connect(person())["access_token"]
    request = Request(APIRequestFactory().post("/import/blobs", HTTP_AUTHORIZATION=f"Bearer {token}"))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        user, access = BearerAuthentication().authenticate(request)
        assert (user.username, access.user.username, access.application.name) == ("ada", "ada", "Cloud One")
    assert len(queries) == 1


def test_a_token_for_another_server_is_refused() -> None:
    worker = Worker()
    code = worker.code(person(), resource="https://other.example/")
    token = worker.exchange(code).body["access_token"]
    assert worker.item_status(token) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("scope", "verticals", "allowed"),
    [
        ("import", "blobs", True),
        ("import:blobs", "blobs", True),
        ("import:calendar import:blobs", "blobs", True),
        ("import:blobs", "calendar", False),
        ("import:photos", "photos-more", False),
        ("import:photos", "media photos", True),
        ("export", "blobs", False),
        ("", "blobs", False),
    ],
)
def test_scopes_say_which_verticals_are_allowed(scope: str, verticals: str, allowed: bool) -> None:
    with nullcontext() if allowed else pytest.raises(InsufficientScope):
        require_import(set(scope.split()), verticals.split())


@pytest.mark.services
@pytest.mark.parametrize(
    "change",
    [
        lambda: AccessToken.objects.all().delete(),
        lambda: AccessToken.objects.update(token_checksum="0" * 64),
        lambda: AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1)),
        lambda: Application.objects.all().delete(),
        lambda: User.objects.update(is_active=False),
        lambda: User.objects.all().delete(),
    ],
    ids=["revoked", "replaced", "expired", "of a client that is gone", "of somebody who may not", "of nobody"],
)
@pytest.mark.parametrize("body", [NOTE, b"no JSON"], ids=["an item", "a refusal"])
def test_a_token_that_has_just_been_good_is_refused_as_soon_as_it_is_not(
    body: bytes, change: Callable[[], Any]
) -> None:
    token = Worker().connect(person())["access_token"]
    assert [send_note(token, NOTE).status_code for _ in range(2)] == [201, 201]
    records, refused = UnknownItem.objects.count(), Rejection.objects.count()
    change()
    answer = send_note(token, body)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert (UnknownItem.objects.count() in (0, records), Rejection.objects.count()) == (True, refused)


@pytest.mark.services
def test_a_token_that_has_just_been_good_allows_what_it_allows_now() -> None:
    token = Worker().connect(person())["access_token"]
    assert send_note(token, NOTE).status_code == 201
    AccessToken.objects.update(scope="import:photos")
    assert send_note(token, NOTE).status_code == 403
    AccessToken.objects.update(scope="import")
    assert send_note(token, NOTE).status_code == 201


@pytest.mark.services
def test_an_account_that_is_shut_and_opened_again_is_so_at_once() -> None:
    token = Worker().connect(person())["access_token"]
    assert send_note(token, NOTE).status_code == 201
    User.objects.update(blocked=User.Blocked.MOVING)
    assert [send_note(token, NOTE).status_code for _ in range(2)] == [413, 413]
    User.objects.update(blocked="")
    assert send_note(token, NOTE).status_code == 201
