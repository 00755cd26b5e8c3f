"""A leave is for one thing: for leaving, or for arriving."""

import base64
import html
from hashlib import sha256
from importlib import import_module

import httpx
import pytest
from django.apps import apps
from oauth2_provider.models import AccessToken

from accounts.models import Application
from moves.models import Move, MoveCode
from moves.moving import tokens
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Person
from tests.support.moving import MoveWizard, query, submit_to, wizards_client
from tests.support.worker import PASSWORD, browser

STATE = "of-the-wizard"
HERE = "http://127.0.0.1:8000"


@pytest.fixture
def ada(server: str) -> Person:
    return Person.create("ada", password=PASSWORD)


@pytest.fixture
def wizard(http: httpx.Client) -> MoveWizard:
    return MoveWizard(http)


def test_an_evil_source_asks_for_no_move_with_what_it_is_handed(wizard: MoveWizard, ada: Person) -> None:
    token = wizard.target_token(ada, PASSWORD)
    assert AccessToken.objects.get(user=ada.row).scope == "io.cozy.imports"
    target = {"target_url": "https://evil.example/", "target_token": "x"}
    answer = wizard.request(token=token, **wizard.credentials, **target)
    assert answer.status_code == 403
    assert "not one that allows to ask for a move away" in answer.text
    assert not Move.objects.exists()
    for path in ("/move/exports", "/move/finalize", "/move/changes"):
        bearer = {"Authorization": f"Bearer {token}"}
        assert wizard.http.post(path, headers=bearer, json={}).status_code == 403


def test_a_leave_to_depart_lets_nothing_arrive(wizard: MoveWizard, ada: Person) -> None:
    answer = browser(ada.row).post("/move/initialize", headers={"Origin": HERE})
    wizard.client = query(answer["Location"])
    given = wizard.exchange(wizard.client["code"]).json()
    assert given["scope"] == "io.cozy.exports.requests"
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    for path in ("/move/importing?source=a.example", "/move/imports", "/move/imports/precheck"):
        assert wizard.http.post(path, headers=bearer, json={}).status_code == 403
    assert not Move.objects.exists()


def test_a_program_that_may_bring_archives_in_announces_no_move(http: httpx.Client, ada: Person) -> None:
    token = tokens.issue(ada.row, tokens.own_client(), "io.cozy.imports")
    bearer = {"Authorization": f"Bearer {token}"}
    moved = {"url": "https://a.example/#/exports/x", "move_from": {"url": "https://a.example", "token": "x"}}
    assert http.post("/move/importing?source=a.example", headers=bearer).status_code == 403
    body = {"data": {"attributes": moved}}
    assert http.post("/move/imports", headers=bearer, json=body).status_code == 403


def test_consent_names_each_leave_with_what_it_allows_and_for_how_long(wizard: MoveWizard, ada: Person) -> None:
    wizard.register()
    wanted = {"state": STATE, "redirect_uri": wizard.client["redirect_uris"][0]}
    arriving = browser(ada.row).get("/auth/authorize/move", wanted | {"client_id": wizard.client["client_id"]})
    leaving = browser(ada.row).get("/move/authorize", {"state": STATE, "redirect_uri": "https://a.example/callback"})
    for page, name, allows, lasts in (
        (arriving, "io.cozy.imports", "bring archives of another account into yours", "for 7 days at most"),
        (leaving, "io.cozy.exports.requests", "ask for a move of your account to another server", "within an hour"),
    ):
        words = page.content.decode()
        assert name in words
        assert allows in words
        assert lasts in words


def test_the_address_of_a_code_must_be_the_one_that_it_was_sent_to(wizard: MoveWizard, ada: Person) -> None:
    wizard.register()
    there = wizard.client["redirect_uris"][0]
    wanted = {"state": STATE, "redirect_uri": there, "client_id": wizard.client["client_id"]}

    def code() -> str:
        answer = submit_to(browser(ada.row), "/auth/authorize/move", wanted, {"password": PASSWORD})
        return query(answer["Location"])["code"]

    wrong = wizard.exchange(code(), redirect_uri="https://evil.example/callback/target")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    verifier = wizard.exchange(code(), code_verifier="x" * 43)
    assert (verifier.status_code, verifier.json()["error"]) == (400, "invalid_grant")
    assert wizard.exchange(code(), redirect_uri=there).status_code == 200
    assert wizard.exchange(code()).status_code == 200


VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
S256 = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


def test_where_a_challenge_was_sent_its_verifier_must_come(wizard: MoveWizard, ada: Person) -> None:
    wizard.register()
    there = wizard.client["redirect_uris"][0]
    wanted = {"state": STATE, "redirect_uri": there, "client_id": wizard.client["client_id"]} | S256
    answer = submit_to(browser(ada.row), "/auth/authorize/move", wanted, {"password": PASSWORD})
    code = query(answer["Location"])["code"]
    for wrong in ({}, {"code_verifier": "w" * 50}, {"code_verifier": CHALLENGE}, {"code_verifier": "v"}):
        refused = wizard.exchange(code, **wrong)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert wizard.exchange(code, code_verifier=VERIFIER).status_code == 200


def test_a_code_that_asks_for_a_move_has_its_verifier_too(wizard: MoveWizard, ada: Person) -> None:
    wanted = {"state": STATE, "redirect_uri": f"{wizard.site}/callback/source"}
    target = {"target_url": "https://b.example/", "target_token": "x"}

    def code(**challenge: str) -> str:
        answer = submit_to(browser(ada.row), "/move/authorize", wanted | challenge, {"allow": "true"})
        return query(answer["Location"])["code"]

    asked = code(**S256)
    for wrong in ({}, {"code_verifier": "w" * 50}):
        assert "could not show that the code is its own" in wizard.request(code=asked, **target, **wrong).text
    assert wizard.request(code=code(), code_verifier=VERIFIER, **target).status_code == 400
    assert not Move.objects.exists()
    assert wizard.request(code=asked, code_verifier=VERIFIER, **target).status_code == 200


@pytest.mark.parametrize(
    "challenge",
    [
        {"code_challenge": CHALLENGE},
        {"code_challenge": CHALLENGE, "code_challenge_method": "plain"},
        {"code_challenge": "short", "code_challenge_method": "S256"},
        {"code_challenge": "", "code_challenge_method": "S256"},
        {"code_challenge_method": "S256"},
    ],
)
def test_no_other_challenge_is_taken(wizard: MoveWizard, ada: Person, challenge: dict[str, str]) -> None:
    wizard.register()
    wanted = {"state": STATE, "redirect_uri": wizard.client["redirect_uris"][0], **challenge}
    arriving = browser(ada.row).get("/auth/authorize/move", wanted | {"client_id": wizard.client["client_id"]})
    leaving = browser(ada.row).get("/move/authorize", wanted)
    for answer in (arriving, leaving):
        assert answer.status_code == 400
        assert "Only the code_challenge_method S256 is taken" in html.unescape(answer.content.decode())


def test_leaves_that_stand_at_an_upgrade_keep_the_half_that_they_were_given_for(
    wizard: MoveWizard, ada: Person
) -> None:
    both = "io.cozy.exports.requests io.cozy.imports"
    arriving = tokens.issue(ada.row, wizards_client(), both)
    own = wizards_client()
    Application.objects.filter(pk=own.pk).update(
        name="Wizard at a.example", redirect_uris="https://a.example/initialize"
    )
    leaving = tokens.issue(ada.row, own, both)
    code = tokens.new_code(ada.row, "", own)
    [migration] = (CHECKOUT / "moves" / "migrations").glob("*_one_leave_for_one_thing.py")
    import_module(f"moves.migrations.{migration.stem}").part_leaves(apps, None)
    scopes = dict(AccessToken.objects.values_list("token_checksum", "scope"))
    assert scopes[tokens.hashed(arriving)] == "io.cozy.imports"
    assert scopes[tokens.hashed(leaving)] == "io.cozy.exports.requests"
    assert MoveCode.objects.get(code_hash=tokens.hashed(code)).scope == "io.cozy.exports.requests"
    announced = wizard.http.post("/move/importing?source=a.example", headers={"Authorization": f"Bearer {arriving}"})
    assert announced.status_code == 204
