"""The page where a person waits for their data."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.signing import TimestampSigner
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from moves.imports.progress import cookie as visitor
from moves.models import ImportPart, Move
from tests.support.arrivals import announced, arriving, with_cookie
from tests.support.exporter import Person, run
from tests.support.worker import browser, person

PAGE = "/move/importing"

pytestmark = pytest.mark.django_db


def text(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return " ".join(answer.content.decode().split())


def test_a_stranger_sees_a_page_without_data() -> None:
    arriving(person())
    page = text(Client())
    assert "Nothing is on its way here" in page
    for secret in ("cloud.example", "1,100", "25 %", "data-realtime"):
        assert secret not in page


def test_who_has_imported_nothing_sees_the_same_sentence() -> None:
    arriving(person("other"))
    assert "Nothing is on its way here" in text(browser(person()))


def test_the_person_sees_what_came_what_is_left_and_how_fast() -> None:
    ada = person()
    row = arriving(ada)
    ImportPart.objects.create(archive_import=row, number=0, done_at=timezone.now())
    ImportPart.objects.create(archive_import=row, number=1)
    ImportPart.objects.create(archive_import=row, number=2)
    page = text(browser(ada))
    assert "It comes from cloud.example" in page
    assert 'value="25"' in page
    assert "250 MB of 1 GB, 5 MB a second, about 2 minutes left" in page or "about 3 minutes left" in page
    for words in ("1,100", "files and folders", ">album<", "133", "other things", "Archive 2 of 3."):
        assert words in page
    assert "1,000 files of 240 MB in all came whole." in page


def test_an_import_whose_size_nobody_knows_shows_no_share() -> None:
    ada = person()
    arriving(ada, bytes_expected=0)
    page = text(browser(ada))
    assert "250 MB so far, " in page
    assert '<progress max="100" aria-label' in page


def test_an_import_that_nobody_works_on_yet_says_that_it_waits() -> None:
    ada = person()
    arriving(ada, heartbeat_at=None, started_at=None, bytes_read=0, documents=0, files_count=0, doctypes={})
    assert "It waits for its turn." in text(browser(ada))


def test_the_page_works_without_javascript() -> None:
    ada = person()
    arriving(ada)
    page = text(browser(ada))
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert "<style" not in page
    assert " onclick" not in page
    assert all("src=" in tag for tag in page.split("<script")[1:])


def test_the_cookie_of_a_password_typed_for_a_wizard_shows_the_progress() -> None:
    ada = person()
    arriving(ada)
    assert "It comes from cloud.example" in text(with_cookie(ada))


def test_the_cookie_opens_no_other_page() -> None:
    ada = person()
    response = HttpResponse()
    visitor.grant(response, ada)
    cookie = response.cookies[visitor.ARRIVAL_COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (PAGE, True, "Lax")
    assert with_cookie(ada).get("/settings/services").status_code == 302


@pytest.mark.parametrize(
    "forged",
    ["1", "1:abc:def", "", "x" * 5000, TimestampSigner(salt="else").sign("1")],
    ids=["no signature", "wrong signature", "nothing", "much", "signature of another"],
)
def test_a_cookie_that_is_not_ours_shows_nothing(forged: str) -> None:
    arriving(person())
    client = Client()
    client.cookies[visitor.ARRIVAL_COOKIE] = forged
    assert "Nothing is on its way here" in text(client)


def test_an_old_cookie_shows_nothing(settings: Any) -> None:
    ada = person()
    arriving(ada)
    client = with_cookie(ada)
    settings.WHARF_ARRIVAL_COOKIE_AGE = timedelta(seconds=-1)
    assert "Nothing is on its way here" in text(client)


def test_between_two_accounts_of_one_server_the_one_that_waits_is_shown() -> None:
    leaves, arrives = person("leaves"), person("arrives")
    arriving(arrives)
    client = with_cookie(arrives)
    client.force_login(leaves, backend="accounts.backends.NameOrEmail")
    assert "It comes from cloud.example" in text(client)


def test_an_announced_move_says_that_the_other_server_packs() -> None:
    ada = person()
    arriving(ada, state="done", created_at=timezone.now() - timedelta(days=1))
    announced(ada)
    page = text(browser(ada))
    assert "The other server is packing your data" in page
    assert "old.example" in page
    assert "1,100" not in page


def test_a_move_whose_import_is_done_is_still_being_compared() -> None:
    ada = person()
    arriving(ada, state="done", move=announced(ada, state=Move.State.ASKING))
    page = text(browser(ada))
    assert "What came is being compared" in page
    assert "1,100" in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (Move.State.FINALIZING, "old.example is being told"),
        (Move.State.ARRIVED, "Your account has moved here from old.example"),
        (Move.State.COPIED, "Your account at old.example stays open as well"),
    ],
)
def test_a_move_that_has_brought_everything_says_so(state: str, words: str) -> None:
    ada = person()
    arriving(ada, state="done", move=announced(ada, state=state))
    page = text(browser(ada))
    assert words in page
    assert 'href="/"' in page


def test_a_move_that_failed_before_anything_came_says_that_nobody_moved() -> None:
    ada = person()
    announced(ada, state=Move.State.FAILED, ended_at=timezone.now(), error="The export failed: no room.")
    page = text(browser(ada))
    assert "You have not moved" in page
    assert "The export failed: no room." in page
    assert 'href="/settings/move"' in page


def test_an_import_after_a_move_is_shown_for_itself() -> None:
    ada = person()
    announced(ada, state=Move.State.ARRIVED, ended_at=timezone.now())
    arriving(ada)
    assert "It comes from cloud.example" in text(browser(ada))


def test_an_import_that_was_interrupted_says_why_it_waits() -> None:
    ada = person()
    arriving(ada, waiting_for="cloud.example does not answer; it is tried again.")
    assert "cloud.example does not answer; it is tried again." in text(browser(ada))


def test_a_done_import_leads_to_the_data_or_to_log_in() -> None:
    ada = person()
    arriving(ada, state="done")
    assert '<a class="button" href="/">To my data</a>' in text(browser(ada))
    assert '<a class="button" href="/auth/login">Log in</a>' in text(with_cookie(ada))


def test_a_failed_import_leads_to_its_report() -> None:
    ada = person()
    row = arriving(ada, state="error", error="The link has expired.")
    page = text(browser(ada))
    assert "The link has expired." in page
    assert row.doc_id in page
    assert "See the report" in page
    assert "See the report" not in text(with_cookie(ada))


def test_a_source_server_is_answered_200(server: str, http: Any, ada: Person) -> None:
    """Its client follows the 303 of `POST /move/imports` with the token that it has."""
    token = run("create_token", ada.name, "--scope", "io.cozy.imports")["access_token"]
    arriving(ada.row)
    answer = http.get(PAGE, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert http.head(PAGE).status_code == 200


def test_what_is_posted_there_is_for_a_source_with_a_token(server: str, http: Any) -> None:
    assert http.post(PAGE).status_code == 401
    refused = http.put(PAGE)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, POST")


def test_what_came_by_any_archive_of_a_move_is_counted_once_and_the_report_is_that_of_the_largest() -> None:
    ada = person()
    move = announced(ada, state=Move.State.ARRIVED, ended_at=timezone.now())
    first = arriving(ada, state="done", move=move)
    arriving(ada, state="done", move=move, documents=2, files_count=1, files_size=5, doctypes={"io.cozy.files": 2})
    page = text(browser(ada))
    for words in ("1,100", ">album<", "133", "1,000 files of 240 MB in all came whole.", f"/{first.doc_id}"):
        assert words in page


@pytest.mark.parametrize(("documents", "says"), [(0, "Nothing of it has come here."), (3, "What has come here stays")])
def test_a_move_that_failed_says_whether_anything_of_it_came(documents: int, says: str) -> None:
    ada = person()
    move = announced(ada, state=Move.State.FAILED, ended_at=timezone.now(), why=Move.Why.FAILURE)
    arriving(ada, state="error", move=move, documents=documents)
    page = text(browser(ada))
    assert says in page
    assert "you can begin again from there" in page
    assert "Your account at old.example was not moved here." in text(browser(ada), "/")
    announced(ada, state=Move.State.ARRIVED, ended_at=timezone.now())
    page = text(browser(ada), "/")
    assert "Your account has arrived from old.example." in page and "was not moved here" not in page


def test_whom_the_operator_has_blocked_is_told_so_and_offered_nothing_that_would_be_refused() -> None:
    ada = person(blocked="operator", blocked_note="Write to us.")
    for path in ("/", "/settings/imports"):
        page = text(browser(ada), path)
        assert "Nothing can be added to your account now." in page
        assert "Write to us." in page
        assert "Nothing has arrived yet" not in page
        assert "Bring it in" not in page and "Connect a service" not in page
