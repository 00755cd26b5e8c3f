"""What outsiders and exporters can repeat is one event for each subject, cause and minute."""

import pytest
from django.test import Client

from audit.models import AuditEvent, AuditRepeat
from tests.support.trail import events, kinds, verified
from tests.support.worker import person

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.services]


def guess(name: str) -> None:
    Client().post("/auth/login", {"username": name, "password": "not the right one"})


def test_wrong_passwords_of_one_account_are_one_event_that_says_how_many_and_from_where() -> None:
    ada = person()
    for _ in range(3):
        guess("ada")
    (wrong,) = events("--person", "ada", "--kind", "password-wrong")
    assert (wrong["actor"], wrong["what"]["times"], wrong["who"]["address"]) == ("stranger", 3, "127.0.0.1")
    assert wrong["subject"] == f"person:{ada.pk}"
    assert verified()["faults"] == []


def test_a_minute_that_lasts_is_counted_and_is_no_event_yet() -> None:
    person()
    before = AuditEvent.objects.count()
    guess("ada")
    assert AuditEvent.objects.count() == before
    assert AuditRepeat.objects.get().times == 1


def test_guesses_at_names_that_nobody_has_are_in_one_chain_for_all_of_a_day() -> None:
    for name in ("nobody", "somebody", "else"):
        guess(name)
    (wrong,) = events("--kind", "password-wrong")
    assert wrong["subject"] == f"strangers:{wrong['at'][:10]}"
    assert wrong["what"]["times"] == 3
    assert "nobody" not in str(wrong), "it may have been a password"


def test_clients_that_register_themselves_have_no_chain_each() -> None:
    for number in range(3):
        asked = {"redirect_uris": ["https://wizard.example/back"], "client_name": f"Wizard {number}"}
        assert Client().post("/auth/register", asked, content_type="application/json").status_code == 201
    (registered,) = events("--kind", "client-registered")
    assert registered["what"]["times"] == 3
    assert kinds() == ["client-registered"]
