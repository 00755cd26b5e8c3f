"""How many codes a person gives to wizards, and how many somebody may make up."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.test import Client

from accounts.models import Application
from moves.models import MoveCode
from tests.support.exporter import Person
from tests.support.moving import STATE, MoveWizard
from tests.support.worker import PASSWORD, browser

HERE = "http://127.0.0.1:8000"
KNOWN = httpx.QueryParams({"state": STATE, "redirect_uri": f"{HERE}/callback/source"})
GIVEN, TRIED = 60, 120  # an hour


@pytest.fixture
def ada(server: str) -> Person:
    return Person.create("ada", password=PASSWORD)


def begun_at_the_wizard(client: Client) -> Any:
    return client.get(f"/move/authorize?{KNOWN}")


def begun_here(client: Client) -> Any:
    return client.post("/move/initialize", headers={"Origin": HERE})


def test_a_person_gives_so_many_codes_an_hour_and_no_client_is_made_without_one(ada: Person) -> None:
    client = browser(ada.row)
    for number in range(GIVEN):
        answer = begun_at_the_wizard(client) if number % 2 else begun_here(client)
        assert answer.status_code in (302, 307), number
    for stopped in (begun_at_the_wizard(client), begun_here(client)):
        assert stopped.status_code == 429
        assert 1 <= int(stopped["Retry-After"]) <= 3_600
    assert MoveCode.objects.count() == GIVEN
    assert Application.objects.count() == GIVEN / 2


def test_codes_that_no_move_has_count_at_every_door_together_and_a_right_one_passes(
    wizard: MoveWizard, ada: Person
) -> None:
    assert wizard.register().status_code == 201
    client, right = browser(ada.row), wizard.source_code(ada)
    doors: list[tuple[int, Callable[[str], int]]] = [
        (400, lambda made_up: wizard.request(code=made_up).status_code),
        (400, lambda made_up: wizard.exchange(made_up).status_code),
        (401, lambda made_up: wizard.request(token=made_up, **wizard.credentials).status_code),
        (404, lambda made_up: client.get(f"/move/go?secret={made_up}").status_code),
        (404, lambda made_up: client.get("/move/go").status_code),
        (400, lambda made_up: wizard.request(code=right, code_verifier=made_up * 5).status_code),
    ]
    for number in range(TRIED):
        status, door = doors[number % len(doors)]
        assert door(f"made-up-{number}") == status, number
    assert [door("made-up") for _, door in doors] == [429] * len(doors)
    assert wizard.request(code=right, target_url="https://there.example", target_token="x").status_code == 200
