"""Leave for a wizard: who may ask for a move, how it registers, and what its codes and tokens are good for."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.test import Client, override_settings
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import Application, User
from moves.models import Document, Move, MoveCode
from moves.tasks import clean_moves
from tests.support.exporter import Person
from tests.support.factors import set_up_app
from tests.support.moving import STATE, MoveWizard, query, submit_to
from tests.support.worker import PASSWORD, browser, hidden_fields, submit

HERE = "http://127.0.0.1:8000"
KNOWN = {"state": STATE, "redirect_uri": f"{HERE}/callback/source"}
ELSEWHERE = {"state": STATE, "redirect_uri": "https://wizard.example/callback/source"}


@pytest.fixture
def ada(server: str) -> Person:
    return Person.create("ada", password=PASSWORD)


def at(client: Client, path: str, wanted: dict[str, str]) -> Any:
    return client.get(f"{path}?{httpx.QueryParams(wanted)}")


# GET /move/authorize


def test_a_known_wizard_gets_a_code_at_once(ada: Person) -> None:
    answer = at(browser(ada.row), "/move/authorize", KNOWN)
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{HERE}/callback/source?")
    said = query(answer["Location"])
    assert said.keys() == {"account", "code", "used", "state", "vault", "iss"}
    assert said["iss"] == HERE
    assert said["state"] == STATE
    assert said["vault"] == "false"
    assert "no-store" in answer["Cache-Control"]


def test_the_quota_is_said_where_there_is_one_and_the_vault_too(ada: Person) -> None:
    User.objects.filter(pk=ada.row.pk).update(quota_bytes=5_000_000, used_bytes=123_456)
    Document.objects.create(owner=ada.row, doctype="com.bitwarden.ciphers", doc_id="1", body="{}")
    said = query(at(browser(ada.row), "/move/authorize", KNOWN)["Location"])
    assert (said["used"], said["quota"], said["vault"]) == ("123456", "5000000", "true")


def test_a_known_wizard_may_have_an_address_for_each_question(ada: Person) -> None:
    wanted = KNOWN | {"redirect_uri": f"{HERE}/callback/source/Q-1_x"}
    assert at(browser(ada.row), "/move/authorize", wanted)["Location"].startswith(f"{HERE}/callback/source/Q-1_x?")


@override_settings(WHARF_KNOWN_WIZARDS=["https://wizard.example"])
def test_the_operator_can_name_wizards(ada: Person) -> None:
    assert at(browser(ada.row), "/move/authorize", ELSEWHERE).status_code == 302
    other = ELSEWHERE | {"redirect_uri": "https://wizard.example/elsewhere"}
    assert at(browser(ada.row), "/move/authorize", other).status_code == 200


def test_any_other_address_is_named_first(ada: Person) -> None:
    page = at(browser(ada.row), "/move/authorize", ELSEWHERE)
    assert page.status_code == 200
    assert "wizard.example" in page.content.decode()
    assert "https://wizard.example" in page["Content-Security-Policy"]
    allowed = submit_to(browser(ada.row), "/move/authorize", ELSEWHERE, {"allow": "true"})
    assert allowed.status_code == 302
    assert query(allowed["Location"])["code"]
    denied = submit_to(browser(ada.row), "/move/authorize", ELSEWHERE, {"deny": "true"})
    assert query(denied["Location"]) == {"error": "access_denied", "state": STATE, "iss": HERE}


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "wizard.example",
            "javascript:alert(1)",
            "https://",
            "https://user@wizard.example/x",
            "ftp://wizard.example",
        ),
        *(
            "https://wizard.example/#x",
            "https://wizard.example\\@evil.example",
            "//evil.example",
            "https://a b.example/",
        ),
    ],
)
def test_what_is_no_address_leads_nowhere(ada: Person, address: str) -> None:
    answer = at(browser(ada.row), "/move/authorize", {"state": STATE, "redirect_uri": address})
    assert answer.status_code == 400
    assert "Location" not in answer


@pytest.mark.parametrize(
    "address",
    [
        f"{HERE}/callback/source/../../evil",
        f"{HERE}/callback/source/a/b",
        f"{HERE}/callback/sources",
        "http://127.0.0.1.evil.example/callback/source",
    ],
)
def test_an_address_that_only_looks_known_is_asked_about(ada: Person, address: str) -> None:
    answer = at(browser(ada.row), "/move/authorize", {"state": STATE, "redirect_uri": address})
    assert answer.status_code == 200


def test_somebody_who_is_not_logged_in_logs_in_and_comes_back(ada: Person) -> None:
    answer = at(browser(), "/move/authorize", KNOWN)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/auth/login?next=/move/authorize")


def test_an_account_that_is_blocked_gets_no_code(ada: Person) -> None:
    User.objects.update(blocked=User.Blocked.MOVING)
    assert at(browser(ada.row), "/move/authorize", KNOWN).status_code == 403
    assert not MoveCode.objects.exists()


# POST /move/initialize


def initialize(client: Client, **headers: str) -> Any:
    return client.post("/move/initialize", headers=headers)


def test_starting_from_the_settings_leads_to_the_wizard_with_a_client_and_a_code(
    ada: Person, wizard: MoveWizard
) -> None:
    answer = initialize(browser(ada.row), Origin=HERE)
    assert answer.status_code == 307
    assert answer["Location"].startswith(f"{HERE}/initialize?")
    said = query(answer["Location"])
    assert said.keys() == {"code", "cozy_url", "client_id", "client_secret", "used", "vault"}
    assert said["cozy_url"] == f"{HERE}/"
    wizard.client = said
    token = wizard.exchange(said["code"]).json()
    assert token["scope"] == "io.cozy.exports.requests"
    assert "refresh_token" not in token
    assert 600_000 < token["expires_in"] <= 604_800


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{HERE}.evil.example"])
def test_no_other_site_can_start_a_move(ada: Person, origin: str) -> None:
    assert initialize(browser(ada.row), Origin=origin).status_code == 403
    unsaid = initialize(browser(ada.row))
    assert unsaid.status_code == 403
    assert "did not say which page you come from" in unsaid.content.decode()
    assert not MoveCode.objects.exists()


def test_the_page_of_the_settings_may_lead_to_the_wizard(ada: Person) -> None:
    with override_settings(WHARF_MOVE_URL="https://wizard.example"):
        page = browser(ada.row).get("/settings/move")
        assert "https://wizard.example" in page["Content-Security-Policy"]
        assert 'action="/move/initialize"' in page.content.decode()
        there = initialize(browser(ada.row), Origin=HERE)["Location"]
        assert there.startswith("https://wizard.example/initialize?")


# POST /auth/register


def test_a_wizard_registers_itself_as_a_cozy_has_it(wizard: MoveWizard) -> None:
    answer = wizard.register()
    assert answer.status_code == 201
    assert "no-store" in answer.headers["Cache-Control"]
    said = answer.json()
    assert said["client_id"]
    assert said["client_secret"]
    assert said["client_name"] == "Cozy-Move"
    assert (said["client_kind"], said["software_version"]) == ("web", "0.1.0")
    assert said["redirect_uris"] == ["https://wizard.example/callback/target"]
    assert said["grant_types"] == ["authorization_code"]
    assert (
        wizard.http.get("/.well-known/oauth-authorization-server")
        .json()["registration_endpoint"]
        .endswith("/auth/register")
    )


def test_a_registration_is_read_changed_and_ended_as_it_was_made(wizard: MoveWizard) -> None:
    made = wizard.register().json()
    own = {"Authorization": f"Bearer {made['registration_access_token']}"}
    path = urlsplit(made["registration_client_uri"]).path.rstrip("/")
    read = wizard.http.get(path, headers=own)
    secrets = {"client_secret", "client_secret_expires_at", "client_kind", "client_uri", "software_id"}
    unsaid = secrets | {"software_version", "logo_uri", "policy_uri"}  # nobody keeps what a client said of itself
    assert read.status_code == 200
    assert "no-store" in read.headers["Cache-Control"]
    assert {name: value for name, value in read.json().items() if name not in unsaid} == {
        name: value for name, value in made.items() if name not in unsaid
    }
    other = {"client_name": "Other", "redirect_uris": ["https://wizard.example/back"], "client_id": "another"}
    assert wizard.http.put(path, headers=own, json=other).status_code == 400
    changed = wizard.http.put(path, headers=own, json=other | {"client_id": made["client_id"]})
    assert (changed.status_code, changed.json()["redirect_uris"]) == (200, ["https://wizard.example/back"])
    assert changed.json()["scope"] == made["scope"]
    token = changed.json().get("registration_access_token", made["registration_access_token"])
    assert wizard.http.put(path, headers={"Authorization": "Bearer wrong"}, content=b"no JSON").status_code == 401
    assert wizard.http.delete(path, headers={"Authorization": f"Bearer {token}"}).status_code == 204
    assert wizard.http.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": []},
        {"redirect_uris": "https://wizard.example"},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["https://wizard.example/#x"]},
        {"redirect_uris": ["https://a.example https://b.example"]},
        {"redirect_uris": ["https://u@wiz.example/x"]},
        {"redirect_uris": ["https://wiz.example\\@evil/"]},
        {"redirect_uris": ["https://wiz.example", "https://"]},
        {"redirect_uris": ["https://wizard.example"] * 11},
        {"client_name": 7},
        {"client_name": "a\nb"},
        {"token_endpoint_auth_method": "none"},
        {"grant_types": ["password"]},
        {"grant_types": ["client_credentials"]},
    ],
)
def test_what_can_not_be_registered_is_said_in_rfc_7591s_words(wizard: MoveWizard, changes: dict[str, Any]) -> None:
    answer = wizard.register(**changes)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_client_metadata"
    assert not Application.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null"])
def test_a_registration_that_is_not_json_is_refused(http: httpx.Client, server: str, body: bytes) -> None:
    assert http.post("/auth/register", content=body).json()["error"] == "invalid_client_metadata"
    assert http.get("/auth/register").status_code == 405


def test_registering_is_throttled(wizard: MoveWizard) -> None:
    statuses = [wizard.register().status_code for _ in range(121)]
    assert statuses == [201] * 120 + [429]
    assert wizard.register().status_code == 429


def test_a_registered_wizard_can_not_use_the_consent_page_of_exporters(ada: Person, wizard: MoveWizard) -> None:
    wizard.register()
    wanted = {
        "response_type": "code",
        "client_id": wizard.client["client_id"],
        "redirect_uri": "https://wizard.example/callback/target",
        "state": STATE,
    }
    for scope in ("import", "io.cozy.exports", "io.cozy.exports.requests", ""):
        answer = at(browser(ada.row), "/oauth/authorize/", wanted | {"scope": scope})
        assert answer.status_code == 302
        assert query(answer["Location"])["error"] == "unauthorized_client"


def test_what_was_never_used_is_removed_and_what_is_in_use_is_not(ada: Person, wizard: MoveWizard) -> None:
    wizard.register()
    used = MoveWizard(wizard.http)
    used.target_token(ada, PASSWORD)
    Application.objects.update(created=timezone.now() - timedelta(days=1, minutes=1))
    wizard.register()
    clean_moves()
    left = set(Application.objects.values_list("client_id", flat=True))
    assert left == {used.client["client_id"], wizard.client["client_id"]}


# GET /auth/authorize/move


def wanted_of(wizard: MoveWizard) -> dict[str, str]:
    wizard.register()
    return {"state": STATE, "redirect_uri": wizard.client["redirect_uris"][0], "client_id": wizard.client["client_id"]}


def test_the_password_is_typed_even_by_who_is_logged_in(ada: Person, wizard: MoveWizard) -> None:
    wanted = wanted_of(wizard)
    page = at(browser(ada.row), "/auth/authorize/move", wanted).content.decode()
    assert 'type="password"' in page
    assert 'name="username"' not in page
    assert "wizard.example" in page
    wrong = submit_to(browser(ada.row), "/auth/authorize/move", wanted, {"password": "guessed"})
    assert wrong.status_code == 200
    assert not MoveCode.objects.exists()
    right = submit_to(browser(ada.row), "/auth/authorize/move", wanted, {"password": PASSWORD})
    assert right.status_code == 302
    assert right["Location"].startswith("https://wizard.example/callback/target?")
    assert query(right["Location"]).keys() == {"account", "code", "used", "state", "vault", "iss"}
    assert query(right["Location"])["iss"] == HERE


def test_who_is_not_logged_in_types_name_and_password_and_stays_logged_out(ada: Person, wizard: MoveWizard) -> None:
    client = browser()
    fields = {"username": "ADA@example.org", "password": PASSWORD}
    # what is allowed is read first: a phone would go past it to where something is typed
    assert "autofocus" not in at(client, "/auth/authorize/move", wanted_of(wizard)).content.decode()
    answer = submit_to(client, "/auth/authorize/move", wanted_of(wizard), fields)
    assert answer.status_code == 302
    assert client.get("/settings/move").status_code == 302
    # but the browser may see how the account arrives
    assert "wharf_arrival" in client.cookies


def test_who_has_a_second_step_logs_in_before_a_wizard_gets_a_leave(ada: Person, wizard: MoveWizard) -> None:
    app = set_up_app(browser(ada.row))
    wanted, client = wanted_of(wizard), browser()
    known = {"username": "ada", "password": PASSWORD}
    answer = submit_to(client, "/auth/authorize/move", wanted, known)
    assert answer["Location"] == "/auth/second"
    assert not MoveCode.objects.exists()
    back = submit(client, "/auth/second", {"code": app.code()})["Location"]
    assert back.startswith("/auth/authorize/move?")
    page = client.get(back)
    assert 'name="code"' not in page.content.decode(), "no code is good twice, so nobody waits for the next one"
    assert query(client.post(back, hidden_fields(page))["Location"])["code"]


def test_who_is_logged_in_and_has_a_second_step_is_asked_for_it(ada: Person, wizard: MoveWizard) -> None:
    app = set_up_app(browser(ada.row))
    wanted, client = wanted_of(wizard), browser(ada.row)
    for refused in ({"password": PASSWORD}, {"code": "000000"}, {}):
        assert submit_to(client, "/auth/authorize/move", wanted, refused).status_code == 200
    answer = submit_to(client, "/auth/authorize/move", wanted, {"code": app.code()})
    assert query(answer["Location"])["code"]


def test_guessing_is_slowed_down_as_at_the_log_in(ada: Person, wizard: MoveWizard) -> None:
    wanted = wanted_of(wizard)
    client = browser(ada.row)
    statuses = [
        submit_to(client, "/auth/authorize/move", wanted, {"password": f"guess {number}"}).status_code
        for number in range(11)
    ]
    assert statuses[-1] == 429
    assert submit_to(client, "/auth/authorize/move", wanted, {"password": PASSWORD}).status_code == 429


def test_only_the_registered_address_is_good_to_the_letter(ada: Person, wizard: MoveWizard) -> None:
    wanted = wanted_of(wizard)
    for address in ("https://wizard.example/callback/target/", "https://wizard.example", "https://evil.example/", ""):
        answer = at(browser(ada.row), "/auth/authorize/move", wanted | {"redirect_uri": address})
        assert answer.status_code == 400
    assert at(browser(ada.row), "/auth/authorize/move", wanted | {"client_id": "unknown"}).status_code == 400
    assert at(browser(ada.row), "/auth/authorize/move", wanted | {"client_id": "a\0"}).status_code == 400


def test_an_exporter_can_not_be_a_wizard(ada: Person, http: httpx.Client) -> None:
    from tests.support.worker import CALLBACK, Worker

    worker = Worker()
    wanted = {"state": STATE, "redirect_uri": CALLBACK, "client_id": worker.id}
    assert at(browser(ada.row), "/auth/authorize/move", wanted).status_code == 400


# POST /auth/access_token


def code_of(ada: Person, wizard: MoveWizard) -> str:
    fields = {"password": PASSWORD}
    return query(submit_to(browser(ada.row), "/auth/authorize/move", wanted_of(wizard), fields)["Location"])["code"]


def test_a_code_works_once_and_what_it_gave_ends_when_it_comes_again(ada: Person, wizard: MoveWizard) -> None:
    code = code_of(ada, wizard)
    token = wizard.exchange(code).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert wizard.http.post("/move/abort", headers=headers).status_code == 204
    again = wizard.exchange(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert wizard.http.post("/move/abort", headers=headers).status_code == 401


def test_a_code_is_good_for_an_hour_and_for_its_client_alone(ada: Person, wizard: MoveWizard) -> None:
    code = code_of(ada, wizard)
    other = MoveWizard(wizard.http)
    other.register()
    assert other.exchange(code).json()["error"] == "invalid_grant"
    assert wizard.exchange(code, client_secret="guessed").status_code == 401
    assert wizard.exchange(code, grant_type="password").json()["error"] == "unsupported_grant_type"
    assert wizard.exchange("").json()["error"] == "invalid_request"
    MoveCode.objects.update(expires_at=timezone.now())
    assert wizard.exchange(code).json()["error"] == "invalid_grant"
    assert not AccessToken.objects.filter(user__isnull=False).exists()


def test_a_token_of_a_move_can_not_read_the_account_nor_add_to_it(ada: Person, wizard: MoveWizard) -> None:
    token = wizard.target_token(ada, PASSWORD)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    assert wizard.http.post("/move/exports", content=b'{"data": {}}', headers=headers).status_code == 403
    assert wizard.http.post("/import/blobs", content=b"{}", headers=headers).status_code == 403


def test_nothing_that_was_given_away_is_stored_as_it_is(ada: Person, wizard: MoveWizard) -> None:
    from django.db import connection

    code = wizard.source_code(ada)
    token = wizard.target_token(ada, PASSWORD)
    given = [code, token, wizard.client["client_secret"]]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            kept = str(cursor.fetchall())
            assert not [secret for secret in given if secret in kept], table


def test_status_says_that_changes_are_known(http: httpx.Client) -> None:
    assert http.get("/status").json()["move"] == {"changes": True}


def test_the_vaults_page_is_there_for_anyone(http: httpx.Client) -> None:
    page = http.get("/move/vault")
    assert page.status_code == 200
    assert re.search("Export vault", page.text)


def test_no_move_begins_by_leave_alone(ada: Person, wizard: MoveWizard) -> None:
    wizard.source_code(ada)
    wizard.target_token(ada, PASSWORD)
    assert not Move.objects.exists()
