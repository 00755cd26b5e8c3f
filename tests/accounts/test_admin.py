"""The operator's view of people, clients and grants."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from oauth2_provider.models import AccessToken, RefreshToken

from accounts.models import Application, User
from accounts.paging import MOST_COUNTED, CappedPaginator
from tests.support.worker import Worker, browser, person, submit

pytestmark = [pytest.mark.django_db, pytest.mark.services]

USERS, CLIENTS = "/admin/accounts/user/", "/admin/accounts/application/"
GRANTS, TOKENS = "/admin/oauth2_provider/refreshtoken/", "/admin/oauth2_provider/accesstoken/"


@pytest.fixture
def operator() -> Client:
    return browser(person("root", is_staff=True, is_superuser=True))


def test_people_are_listed_with_use_and_quota(operator: Client) -> None:
    person(used_bytes=1_500_000, quota_bytes=3_000_000, blocked="operator")
    page = operator.get(USERS + "?q=ada@").content.decode()
    assert "1.5 MB (50%)" in page
    assert "3 MB" in page
    assert "root@" not in page
    assert "ada@example.org" in operator.get(USERS + "?blocked__exact=operator").content.decode()


def test_the_quota_can_be_set_and_a_block_is_none_of_the_forms(operator: Client) -> None:
    ada = person(blocked="moving", blocked_note="It moves.")
    fields = {"username": "ada", "email": ada.email, "quota_bytes": "2 GiB", "blocked": "", "is_active": "on"}
    fields |= {"blocked_note": "", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    answer = submit(operator, f"{USERS}{ada.pk}/change/", fields)
    assert answer.status_code == 302
    ada.refresh_from_db()
    assert (ada.quota_bytes, ada.blocked, ada.blocked_note) == (2 * 1024**3, "moving", "It moves.")
    answer = submit(operator, f"{USERS}{ada.pk}/change/", fields | {"quota_bytes": "much"})
    assert "is not a size" in answer.content.decode()


def test_a_password_hash_is_never_a_field(operator: Client) -> None:
    ada = person()
    assert ada.password not in operator.get(f"{USERS}{ada.pk}/change/").content.decode()


def act(operator: Client, page: str, action: str, *rows: Any) -> None:
    operator.get(page)
    fields = {
        "csrfmiddlewaretoken": operator.cookies["csrftoken"].value,
        "action": action,
        "_selected_action": [row.pk for row in rows],
        "confirmed": "yes",
    }
    assert operator.post(page, fields).status_code == 302


def test_people_are_blocked_and_unblocked_by_action(operator: Client) -> None:
    ada, moving = person(), person("grace", blocked="moving")
    act(operator, USERS, "block", ada, moving)
    assert set(User.objects.values_list("username", "blocked")) >= {("ada", "operator"), ("grace", "moving")}
    act(operator, USERS, "unblock", ada, moving)
    assert set(User.objects.values_list("username", "blocked")) >= {("ada", ""), ("grace", "moving")}


def test_no_page_shows_a_secret_a_token_or_its_checksum(operator: Client) -> None:
    worker, ada = Worker(), person()
    tokens = worker.connect(ada)
    client, refresh, access = Application.objects.get(), RefreshToken.objects.get(), AccessToken.objects.get()
    hidden = [worker.secret, client.client_secret, refresh.token_checksum, access.token_checksum]
    hidden += [tokens["access_token"], tokens["refresh_token"]]
    for page in (
        CLIENTS,
        f"{CLIENTS}{client.pk}/change/",
        GRANTS,
        f"{GRANTS}{refresh.pk}/change/",
        TOKENS,
        f"{TOKENS}{access.pk}/change/",
        f"{USERS}{ada.pk}/change/",
    ):
        answer = operator.get(page)
        assert answer.status_code == 200
        assert not [secret for secret in hidden if secret in answer.content.decode()]
    for gone in ("grant", "idtoken"):
        assert operator.get(f"/admin/oauth2_provider/{gone}/").status_code == 404


def test_grants_are_found_by_person_and_client(operator: Client) -> None:
    Worker("Drive").connect(person())
    Worker("Photos").connect(person("grace"))
    rows = operator.get(GRANTS + "?q=grace").content.decode()
    assert "Photos</" in rows
    assert "2 grants" not in rows
    ada = User.objects.get(username="ada")
    assert operator.get(f"{GRANTS}?user__id__exact={ada.pk}").status_code == 200


@pytest.mark.parametrize("page", [GRANTS, TOKENS])
def test_an_operator_ends_one_grant_and_its_client_is_told(operator: Client, page: str) -> None:
    worker, ada = Worker(), person()
    one, two = worker.connect(ada), worker.connect(ada)
    rows = RefreshToken if page == GRANTS else AccessToken
    act(operator, page, "disconnect", rows.objects.order_by("pk")[0])
    assert worker.refresh(one["refresh_token"]).body["error"] == "session_invalidated"
    assert worker.item_status(one["access_token"])[0] == 401
    assert worker.refresh(two["refresh_token"]).status == 200


def test_a_person_is_deleted_in_one_way_which_lists_nothing_of_what_they_have(operator: Client) -> None:
    ada = person(used_bytes=2_000_000)
    for _ in range(3):
        Worker(f"Cloud {_}").connect(ada)
    with CaptureQueriesContext(connection) as queries:
        question = operator.get(f"{USERS}{ada.pk}/do/delete-later/").content.decode()
    assert "They hold 2 MB in all. Everything of theirs is deleted in 7 days" in question
    assert not [query for query in queries if "token" in query["sql"].lower() and "oauth2" in query["sql"]]
    assert f"{ada.pk}/delete/" not in operator.get(f"{USERS}{ada.pk}/change/").content.decode()
    assert "delete_selected" not in operator.get(USERS).content.decode()
    assert operator.post(f"{USERS}{ada.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.get(pk=ada.pk).deletion_at is None


def test_who_deletes_a_client_is_told_how_many_people_that_hits(operator: Client) -> None:
    Worker().connect(person())
    client = Application.objects.get()
    page = operator.get(f"{CLIENTS}{client.pk}/delete/").content.decode()
    assert "1 person is connected" in page


def test_lists_never_count_everything(operator: Client) -> None:
    person()
    for page in (USERS, CLIENTS, GRANTS, TOKENS):
        with CaptureQueriesContext(connection) as queries:
            assert operator.get(page).status_code == 200
        counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
        assert counts
        assert all(f"LIMIT {MOST_COUNTED}" in sql for sql in counts), counts


def test_lists_of_grants_take_as_many_queries_for_many_rows(operator: Client) -> None:
    ada = person()
    Worker("One").connect(ada)
    with CaptureQueriesContext(connection) as few:
        operator.get(GRANTS)
    for name in ("Two", "Three", "Four"):
        Worker(name).connect(ada)
    with CaptureQueriesContext(connection) as many:
        operator.get(GRANTS)
    assert len(many) == len(few)


def test_the_paginator_counts_no_further_than_it_must() -> None:
    assert CappedPaginator(list(range(20_000)), 100).count == MOST_COUNTED
    assert CappedPaginator(User.objects.order_by("pk"), 100).count == 0
