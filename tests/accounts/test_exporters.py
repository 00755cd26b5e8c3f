"""What an operator decides of an exporter holds for everybody: it is suspended, revoked, or given another secret."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Application
from importers.models import Rejection
from tests.support.exporter import Exporter, Person
from tests.support.worker import Worker, browser, person, submit

pytestmark = pytest.mark.services

POST = {"@type": "SocialActivity", "activity": {"id": "p1", "content": "Hello"}}
CLIENTS = "/admin/accounts/application/"


@pytest.fixture
def operator(server: str) -> Client:
    return browser(person("root", is_staff=True, is_superuser=True))


def page_of(client_id: str) -> str:
    return f"{CLIENTS}{Application.objects.get(client_id=client_id).pk}"


def do(operator: Client, client_id: str, deed: str, text: str = "") -> Any:
    """Opens the question, and answers it."""
    answer = submit(operator, f"{page_of(client_id)}/do/{deed}/", {"text": text})
    assert answer.status_code in (200, 302)
    return answer


def test_a_suspended_exporter_waits_and_goes_on_where_it_was(
    exporter: Exporter, operator: Client, ada: Person, client: Client
) -> None:
    client_id = exporter.client["client_id"]
    assert exporter.send("social-posts", POST).status_code == 201
    question = operator.get(f"{page_of(client_id)}/do/suspend/").content.decode()
    assert "1 person is connected" in question
    do(operator, client_id, "suspend", "It sends everything twice.")
    refused = exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p2"}})
    assert (refused.status_code, refused.json()["error"]) == (413, "destination_full")
    assert "It sends everything twice." in refused.json()["error_description"]
    assert Rejection.objects.get().code == "destination_full"
    client.force_login(ada.row, backend="accounts.backends.NameOrEmail")
    assert "It sends everything twice." in client.get("/settings/services").content.decode()
    transfer = client.get(f"/transfers/{Rejection.objects.get().transfer_id}/").content.decode()
    assert "suspended the service" in transfer
    do(operator, client_id, "resume")
    assert exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p2"}}).status_code == 201
    assert Rejection.objects.get().made_good_at is not None


def test_while_it_is_suspended_it_may_refresh(server: str, operator: Client) -> None:
    worker = Worker()
    tokens = worker.connect(person())
    do(operator, worker.id, "suspend")
    fresh = worker.refresh(tokens["refresh_token"])
    assert fresh.status == 200
    assert worker.item_status(fresh.body["access_token"])[0] == 413


def test_revoked_for_everybody_all_must_connect_it_again(server: str, operator: Client) -> None:
    worker = Worker()
    tokens = [worker.connect(person(name)) for name in ("ada", "bob")]
    asked = operator.get(f"{page_of(worker.id)}/do/revoke/").content.decode()
    assert "2 people are connected" in asked
    do(operator, worker.id, "revoke", "Its keys were stolen.")
    for held in tokens:
        assert worker.refresh(held["refresh_token"]).error == (401, "session_invalidated")
        assert worker.item_status(held["access_token"])[0] == 401
    assert worker.connect(person("cyd"))["access_token"]
    history = operator.get(f"{page_of(worker.id)}/history/", follow=True).content.decode()
    assert "Its keys were stolen." in history


def test_a_new_secret_is_shown_once_and_the_one_before_lasts_for_a_while(server: str, operator: Client) -> None:
    worker = Worker()
    tokens = worker.connect(person())
    earlier = worker.secret
    shown = do(operator, worker.id, "rotate").content.decode()
    worker.secret = shown.partition('class="secret">')[2].partition("<")[0]
    assert worker.secret != earlier
    assert worker.refresh(tokens["refresh_token"]).status == 200
    assert worker.secret not in operator.get(f"{page_of(worker.id)}/change/").content.decode()
    newest, worker.secret = worker.secret, earlier
    assert worker.refresh(tokens["refresh_token"]).status == 200
    Application.objects.update(earlier_secret_until=timezone.now())
    assert worker.refresh(tokens["refresh_token"]).error == (401, "invalid_client")
    worker.secret = newest
    assert worker.refresh(tokens["refresh_token"]).status == 200


@pytest.mark.parametrize(("is_good", "code"), [(True, "session_invalidated"), (False, "invalid_client")])
def test_a_worker_with_the_secret_before_is_told_to_stop_where_its_exporter_is_deleted(
    server: str, operator: Client, is_good: bool, code: str
) -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    earlier = worker.secret
    worker.secret = do(operator, worker.id, "rotate").content.decode().partition('class="secret">')[2].partition("<")[0]
    if not is_good:
        do(operator, worker.id, "end-earlier-secret")
    Application.objects.filter(client_id=worker.id).delete()
    for path in ("/oauth/refresh", "/oauth/token/"):
        assert worker.refresh(token, path).error == (401, "session_invalidated")
        assert worker.refresh(token, path, client_secret=earlier).error == (401, code)


def test_the_secret_before_can_be_ended_at_once(server: str, operator: Client) -> None:
    worker = Worker()
    tokens = worker.connect(person())
    do(operator, worker.id, "rotate")
    do(operator, worker.id, "end-earlier-secret")
    assert worker.refresh(tokens["refresh_token"]).error == (401, "invalid_client")


def test_nothing_is_done_without_the_answer_nor_twice(server: str, operator: Client) -> None:
    worker = Worker()
    worker.connect(person())
    address = f"{page_of(worker.id)}/do/suspend/"
    operator.get(address)
    assert Application.objects.get(client_id=worker.id).suspended_at is None
    do(operator, worker.id, "suspend")
    again = operator.get(address, follow=True).content.decode()
    assert "not to be done any more" in again


def test_commands_do_the_same(server: str, operator: Client, capsys: pytest.CaptureFixture[str]) -> None:
    worker = Worker()
    tokens = worker.connect(person())
    call_command("suspend_exporter", "Cloud One", "--note", "Until Monday.")
    assert worker.item_status(tokens["access_token"])[0] == 413
    call_command("exporters", "--json")
    assert '"suspended_note": "Until Monday."' in capsys.readouterr().out
    call_command("suspend_exporter", "Cloud One", "--resume")
    assert worker.item_status(tokens["access_token"])[0] != 413
    with pytest.raises(Exception, match="1 person"):
        call_command("revoke_exporter", "Cloud One")
    call_command("revoke_exporter", "Cloud One", "--yes")
    assert worker.refresh(tokens["refresh_token"]).error == (401, "session_invalidated")
