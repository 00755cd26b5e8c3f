"""Grants that end, and what is told to whoever still has their tokens."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.connections import disconnect, end_access, end_grant
from accounts.models import Application, EndedSession, LaterAccess, User
from accounts.tasks import clear_expired_tokens
from tests.support.deleting import day_comes, delete
from tests.support.exporter import run
from tests.support.worker import Worker, browser, person, submit

pytestmark = [pytest.mark.django_db, pytest.mark.services]


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
    assert worker.refresh(tokens["refresh_token"]).error == (401, "session_invalidated")
    assert worker.refresh(first["refresh_token"]).error == (401, "session_invalidated")
    assert other.refresh(kept["refresh_token"]).status == 200


def test_connecting_again_after_disconnecting_works() -> None:
    worker, ada = Worker(), person()
    old = worker.connect(ada)["refresh_token"]
    disconnect(ada, Application.objects.get(client_id=worker.id))
    fresh = worker.connect(ada)["refresh_token"]
    assert worker.refresh(fresh).status == 200
    assert worker.refresh(old).error == (401, "session_invalidated")


@pytest.mark.parametrize("by", ["instance", "queryset", "page", "admin"])
def test_after_the_account_is_gone_the_worker_is_told_to_stop(by: str) -> None:
    worker, ada = Worker(), person()
    tokens = worker.connect(ada)
    if by == "instance":
        ada.delete()
    elif by == "queryset":
        User.objects.filter(pk=ada.pk).delete()
    elif by == "page":
        delete(ada)
    else:
        operator = person("root", is_staff=True, is_superuser=True)
        submit(browser(operator), f"/admin/accounts/user/{ada.pk}/do/delete-later/", {"confirmed": "yes"})
        day_comes(ada)
    assert not User.objects.filter(username="ada").exists()
    assert not AccessToken.objects.exists()
    assert worker.item_status(tokens["access_token"]) == (401, "invalid_token")
    assert worker.refresh(tokens["refresh_token"]).error == (401, "session_invalidated")


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
    assert worker.refresh(tokens["refresh_token"]).error == (401, "session_invalidated")
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
    assert worker.refresh(tokens["refresh_token"]).error == (401, "session_invalidated")
    assert other.item_status(kept["access_token"])[0] == other.item_status(kept_later)[0] == 400
    assert not LaterAccess.objects.filter(access_token__application=client).exists()


def test_an_inactive_account_is_refused_everywhere() -> None:
    worker, ada = Worker(), person()
    tokens, code = worker.connect(ada), worker.code(ada)
    User.objects.update(is_active=False)
    assert worker.item_status(tokens["access_token"]) == (401, "invalid_token")
    assert worker.refresh(tokens["refresh_token"]).error == (401, "session_invalidated")
    assert worker.exchange(code).error == (400, "invalid_grant")


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
    assert worker.refresh(alive["refresh_token"]).error == (400, "invalid_grant")
    assert not RefreshToken.objects.filter(revoked=None).exists()


def test_a_client_may_revoke_its_token_and_no_other_clients() -> None:
    one, two = Worker("One"), Worker("Two")
    tokens = one.connect(person())
    assert two.post("/oauth/revoke_token", {"token": tokens["refresh_token"], **two.credentials}).status == 200
    assert one.item_status(tokens["access_token"])[0] == 400
    assert one.post("/oauth/revoke_token", {"token": tokens["access_token"], **one.credentials}).status == 200
    assert one.item_status(tokens["access_token"])[0] == 401
    assert one.refresh(tokens["refresh_token"]).error == (401, "session_invalidated")
    assert one.post("/oauth/revoke_token", {"token": "x", "client_id": one.id}).error == (401, "invalid_client")


def test_an_ended_session_is_remembered_by_client_and_checksum_alone() -> None:
    worker, ada = Worker(), person()
    worker.connect(ada)
    checksum = RefreshToken.objects.get().token_checksum
    ada.delete()
    row = EndedSession.objects.get()
    assert (row.client_id, row.checksum) == (worker.id, checksum)
    assert "ada" not in json.dumps([str(value) for value in vars(row).values()])
