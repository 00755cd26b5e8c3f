"""What the audit trail tells of people and of services."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Application
from tests.support.exporter import run
from tests.support.signing_up import sign_up
from tests.support.trail import events, kinds, verified
from tests.support.worker import PASSWORD, Worker, browser, hidden_fields, person, submit

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.services]


def test_an_account_made_on_the_page_was_made_by_a_stranger_who_is_named_where_it_can_be_erased() -> None:
    asked = {"username": "ada", "email": "ada@example.org", "password": "correct horse battery"}
    assert sign_up(Client(), asked).status_code == 302
    made, proven, logged_in = events("--person", "ada")
    assert (made["kind"], made["actor"], made["what"]["name"]) == ("account-made", "stranger", "ada")
    assert made["who"]["address"] == "127.0.0.1"
    assert made["who"]["request"], "the id that the log has of it, too"
    assert (proven["kind"], proven["what"]["email"]) == ("address-proven", "ada@example.org")
    assert (logged_in["kind"], logged_in["actor"]) == ("logged-in", made["subject"])


def test_a_log_in_and_a_log_out_are_told() -> None:
    person()
    visitor = Client()
    assert visitor.post("/auth/login", {"username": "ada", "password": PASSWORD}).status_code == 302
    visitor.post("/auth/logout")
    assert kinds("--person", "ada") == ["account-made", "logged-in", "logged-out"]


def test_what_an_operator_changes_of_a_person_says_who_did_it_from_what_to_what_and_why() -> None:
    root = person("root", is_staff=True, is_superuser=True)
    ada = person()
    page = f"/admin/accounts/user/{ada.pk}/change/"
    fields = {"username": "ada", "email": "new@example.org", "quota_bytes": "2GB", "is_active": "on", "is_staff": "on"}
    fields |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    operator = browser(root)
    assert submit(operator, page, fields).status_code == 302
    assert submit(operator, f"/admin/accounts/user/{ada.pk}/do/block/", {"text": "Pay."}).status_code == 302
    found = {event["kind"]: event for event in events("--person", "ada", "--actor", "root")}
    assert found["quota-changed"]["what"] == {"bytes": 2_000_000_000}
    assert found["address-changed"]["what"] == {"former": "ada@example.org", "now": "new@example.org"}
    assert found["rights-changed"]["what"] == {"rights": {"is_staff": True}}
    assert found["account-blocked"]["what"]["why"] == "Pay."
    assert found["account-blocked"]["who"]["name"] == "root"


def test_another_name_of_an_account_and_other_addresses_of_an_exporter_are_told_with_the_former_ones() -> None:
    root, ada, worker = person("root", is_staff=True, is_superuser=True), person(), Worker("Cloud One")
    client = Application.objects.get(client_id=worker.id)
    said = {"name": "Cloud Two", "redirect_uris": "https://other.example/back", "allowed_scopes": "import"}
    assert submit(browser(root), f"/admin/accounts/application/{client.pk}/change/", said).status_code == 302
    (changed,) = events("--subject", f"exporter:{client.pk}", "--kind", "exporter-changed")
    assert changed["who"]["name"] == "root"
    assert changed["what"] == {
        "client_id": worker.id,
        "former_name": "Cloud One",
        "name_now": "Cloud Two",
        "former_addresses": client.redirect_uris,
        "addresses_now": "https://other.example/back",
        "former_scope": "–",
        "scope_now": "import",
    }
    fields = {"username": "eve", "email": ada.email, "is_active": "on", "quota_bytes": ""}
    assert submit(browser(root), f"/admin/accounts/user/{ada.pk}/change/", fields).status_code == 302
    (renamed,) = events("--person", "eve", "--kind", "name-changed")
    assert renamed["what"] == {"former": "ada", "now": "eve"}
    client.refresh_from_db()
    client.save()
    assert kinds("--subject", f"exporter:{client.pk}", "--kind", "exporter-changed") == ["exporter-changed"]


def test_people_blocked_in_the_list_are_told_of_one_by_one() -> None:
    root = browser(person("root", is_staff=True, is_superuser=True))
    people = [person(name) for name in ("ada", "eve")]
    for action in ("block", "unblock"):
        chosen = {"action": action, "_selected_action": [one.pk for one in people], "confirmed": "yes"}
        page = root.get("/admin/accounts/user/")
        token = page.context["csrf_token"]
        root.post("/admin/accounts/user/", chosen | {"csrfmiddlewaretoken": str(token)})
    for name in ("ada", "eve"):
        assert kinds("--person", name, "--actor", "root") == [
            "account-blocked",
            "staff-acted",
            "account-unblocked",
            "staff-acted",
        ]


def test_a_service_is_told_of_from_consent_to_its_end() -> None:
    ada = person()
    worker = Worker()
    token = worker.connect(ada)
    worker.refresh(token["refresh_token"])
    mine = browser(ada)
    client = Application.objects.get(client_id=worker.id)
    mine.post(reverse("disconnect", args=[client.pk]), hidden_fields(mine.get(reverse("services"))))
    found = events("--person", "ada")
    told = [event["kind"] for event in found if event["kind"] not in ("account-made", "logged-in")]
    assert told == ["consent-given", "token-given", "connection-ended", "token-refreshed"]
    given = next(event for event in found if event["kind"] == "token-given")
    assert given["actor"] == f"exporter:{client.pk}"
    assert given["what"]["client_id"] == worker.id
    assert token["access_token"] not in str(found)
    assert token["refresh_token"] not in str(found)


def test_an_exporter_that_is_registered_has_a_chain_of_its_own() -> None:
    run("create_exporter", "Cloud One", "--redirect-uri", "https://exporter.example/callback")
    (made,) = events("--kind", "exporter-made")
    assert made["subject"].startswith("exporter:")
    assert made["what"]["name"] == "Cloud One"
    assert verified()["faults"] == []
