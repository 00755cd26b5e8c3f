"""Pages of an account that is on its way: what they show, and that nothing is edited."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Application, User
from moves.models import ArchiveImport, Export, Move
from tests.support.arrivals import announced, arriving
from tests.support.deleting import delete
from tests.support.exporter import Exporter
from tests.support.takeout import post
from tests.support.worker import PASSWORD, Worker, browser, hidden_fields, person, submit

CONTROLS = (
    "/settings/services",
    "/settings/password",
    "/settings/address",
    "/settings/sessions",
    "/settings/second",
    "/settings/delete",
)
PAGES = ("/", "/settings/exports")

pytestmark = pytest.mark.django_db


def leaving(owner: User, **columns: Any) -> Move:
    """A move away, for which the account is frozen."""
    User.objects.filter(pk=owner.pk).update(blocked=User.Blocked.MOVING, blocked_note="It moves.")
    told = {
        "side": Move.Side.SOURCE,
        "state": Move.State.WAITING,
        "peer_url": "https://new.example/",
        "lease_until": timezone.now() + timedelta(hours=1),
    }
    return Move.objects.create(owner=owner, **(told | columns))


def shown(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return " ".join(answer.content.decode().split())


def sent(client: Client, path: str, **fields: str) -> Any:
    """Sends a form that was open before."""
    token = hidden_fields(client.get("/auth/login?next=/"))
    return client.post(path, token | fields)


def submit_form(client: Client, page: str, action: str) -> Any:
    """Presses the button of a page's form that leads there."""
    opened = client.get(page)
    assert f'action="{action}"' in opened.content.decode()
    return client.post(action, hidden_fields(opened))


# A person's controls


def imported(owner: User) -> None:
    arriving(owner)


def expected(owner: User) -> None:
    announced(owner)


def comparing(owner: User) -> None:
    announced(owner, state=Move.State.FETCHING)


def departing(owner: User) -> None:
    leaving(owner)


def moved(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(blocked=User.Blocked.MOVED, moved_to="https://new.example/")


def blocked(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(blocked=User.Blocked.BY_OPERATOR)


STATES = pytest.mark.parametrize("state", [imported, expected, comparing, departing, moved, blocked])


@STATES
def test_a_password_can_be_changed_in_every_state(state: Callable[[User], None]) -> None:
    ada = person()
    state(ada)
    fields = {"old_password": PASSWORD, "new_password1": "a violet umbrella", "new_password2": "a violet umbrella"}
    assert submit(browser(ada), "/settings/password", fields).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password("a violet umbrella")


@STATES
def test_a_service_can_be_disconnected_in_every_state(state: Callable[[User], None]) -> None:
    ada = person()
    worker = Worker()
    token = worker.connect(ada)["access_token"]
    state(ada)
    client = browser(ada)
    assert "Cloud One" in shown(client, "/settings/services")
    service = Application.objects.get(client_id=worker.id).pk
    assert sent(client, f"/settings/services/{service}/disconnect").status_code == 302
    assert worker.item_status(token) == (401, "invalid_token")


@pytest.mark.services
@STATES
def test_an_account_can_be_deleted_in_every_state(state: Callable[[User], None]) -> None:
    ada = person()
    state(ada)
    delete(ada)


@STATES
def test_the_link_of_an_export_can_be_revoked_in_every_state(state: Callable[[User], None]) -> None:
    ada = person()
    export = Export.objects.create(
        owner=ada, state=Export.State.DONE, parts_size=1, max_age=1, expires_at=timezone.now()
    )
    state(ada)
    assert sent(browser(ada), "/settings/exports/show", password="wrong").status_code == 422
    assert sent(browser(ada), f"/settings/exports/{export.doc_id}/revoke").status_code == 302
    assert Export.objects.get().link == export.link + 1


def test_an_import_can_be_stopped_and_that_is_no_failure() -> None:
    ada = person()
    row = arriving(ada)
    client = browser(ada)
    assert submit_form(client, "/move/importing", f"/settings/imports/{row.doc_id}/stop").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.error) == ("error", "It was stopped by ada. What has arrived stays.")
    for path in ("/move/importing", "/settings/imports", f"/settings/imports/{row.doc_id}"):
        page = shown(client, path)
        assert "It was stopped by ada" in page
        assert "note bad" not in page and "Failed" not in page, path
    assert "What you brought in from cloud.example was stopped." in shown(client, "/")
    assert sent(client, f"/settings/imports/{row.doc_id}/stop").status_code == 302  # there is nothing to stop any more


def test_nobody_else_can_stop_an_import() -> None:
    row = arriving(person("ada"))
    assert sent(browser(person("ben")), f"/settings/imports/{row.doc_id}/stop").status_code == 404
    assert Client().post(f"/settings/imports/{row.doc_id}/stop")["Location"].startswith("/auth/login")
    row.refresh_from_db()
    assert row.state == "importing"


def test_a_move_can_be_stopped_on_either_side() -> None:
    for owner, move in ((ada := person(), leaving(ada)), (ben := person("ben"), announced(ben))):
        answer = sent(browser(owner), f"/settings/move/{move.doc_id}/stop")
        assert answer.status_code == 302
        move.refresh_from_db()
        assert not move.is_running
        owner.refresh_from_db()


# While an archive comes in


@pytest.mark.parametrize("path", PAGES)
def test_everything_can_be_looked_at_while_an_import_comes_in(path: str) -> None:
    ada = person()
    row = arriving(ada)
    client = browser(ada)
    page = shown(client, path)
    assert "Your data is arriving" in page and "<h1" in page
    ArchiveImport.objects.filter(pk=row.pk).update(state="done", finished_at=timezone.now())
    assert "Your data is arriving" not in shown(client, path)
    assert "Everything of the archive from cloud.example that you brought in is here." in shown(client, "/")


@pytest.mark.parametrize(
    ("side", "state", "words"),
    [
        ("source", "requested", "A move of this account to old.example was asked for."),
        ("source", "waiting", "This account is moving to old.example."),
        ("target", "announced", "An account is moving here from old.example."),
        ("target", "proving", "An account is moving here from old.example."),
        ("target", "finalizing", "Everything has arrived from old.example."),
        ("target", "retracting", "The move from old.example was stopped"),
    ],
)
def test_pages_of_both_sides_say_so_from_the_request_to_the_end(side: str, state: str, words: str) -> None:
    ada = person()
    move = announced(ada, side=side, state=state)
    client = browser(ada)
    page = shown(client, "/")
    assert words in page and "Hello, <bdi>ada</bdi>" in page
    Move.objects.filter(pk=move.pk).update(state="failed", ended_at=timezone.now())
    assert words not in shown(client, "/")


@pytest.mark.parametrize(
    "state", [Move.State.FINALIZING, Move.State.CALLING_OFF, Move.State.FAILED, Move.State.ARRIVED]
)
def test_the_target_is_open_as_soon_as_everything_is_there_or_nothing_comes(state: str) -> None:
    ada = person()
    announced(ada, state=state)
    assert "Hello, <bdi>ada</bdi>" in shown(browser(ada), "/")


def test_nothing_is_edited_while_an_archive_comes_in() -> None:
    ada = person()
    arriving(ada)
    client = browser(ada)
    answer = sent(client, "/settings/exports", what="everything", parts_size="1")
    assert answer.status_code == 409
    assert b"Nothing was changed" in answer.content
    assert b"Your data is arriving" in answer.content
    assert not Export.objects.exists()


@pytest.mark.services
def test_the_person_can_log_out_and_in_again_while_an_archive_comes_in() -> None:
    ada = person()
    arriving(ada)
    client = browser(ada)
    token = hidden_fields(client.get("/"))
    assert client.post("/auth/logout", token).status_code == 302
    answer = client.post(
        "/auth/login", hidden_fields(client.get("/auth/login")) | {"username": "ada", "password": PASSWORD}
    )
    assert answer.status_code == 302
    assert "Your data is arriving" in shown(client, "/")


def test_other_people_and_strangers_notice_nothing() -> None:
    arriving(person("ada"))
    assert "Hello, <bdi>ben</bdi>" in shown(browser(person("ben")), "/")
    assert "arriving" not in shown(Client(), "/")


def test_an_operator_whose_own_data_arrives_can_still_work() -> None:
    boss = person("boss", is_staff=True, is_superuser=True)
    arriving(boss)
    assert "Overview" in shown(browser(boss), "/admin/")


@pytest.mark.services
def test_a_crash_leaves_nobody_frozen_when_the_job_has_ended() -> None:
    ada = person()
    row = arriving(ada, heartbeat_at=timezone.now() - timedelta(hours=3))
    assert "Your data is arriving" in shown(browser(ada), "/")  # it is taken up again
    ArchiveImport.objects.filter(pk=row.pk).update(state="error", error="It could not be read.")
    assert "Hello, <bdi>ada</bdi>" in shown(browser(ada), "/")


def test_exporters_and_programs_go_on_while_an_archive_comes_in(
    server: str, ada: Any, exporter: Exporter, http: Any
) -> None:
    arriving(ada.row)
    answer = exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p1"}})
    assert answer.status_code == 201, answer.text
    assert post(http, ada, {"data": {"attributes": {}}}).status_code == 201


# While it moves away


@pytest.mark.parametrize("path", [*PAGES, *CONTROLS])
def test_pages_of_an_account_that_moves_away_can_be_read_and_say_where_to(path: str) -> None:
    ada = person()
    leaving(ada)
    page = shown(browser(ada), path)
    assert "This account is moving to new.example" in page
    if path == "/":
        assert "Hello, <bdi>ada</bdi>" in page


def test_nothing_of_an_account_that_moves_away_is_edited() -> None:
    ada = person()
    leaving(ada)
    client = browser(ada)
    answer = sent(client, "/settings/exports", what="everything", parts_size="1")
    assert answer.status_code == 409
    assert b"Nothing was changed" in answer.content
    assert b"new.example" in answer.content
    assert not Export.objects.exists()


def test_a_move_that_is_called_off_leaves_the_pages_as_they_were() -> None:
    ada = person()
    move = leaving(ada)
    Move.objects.filter(pk=move.pk).update(state=Move.State.FAILED, ended_at=timezone.now())
    User.objects.filter(pk=ada.pk).update(blocked="", blocked_note="")
    client = browser(ada)
    assert 'class="leaving"' not in shown(client, "/")
    assert sent(client, "/settings/delete", password=PASSWORD).status_code == 302


def test_who_is_not_frozen_yet_can_still_edit() -> None:
    """Between two of ours the source stays in use while the first export is made and arrives."""
    ada = person()
    leaving(ada)
    User.objects.filter(pk=ada.pk).update(blocked="", blocked_note="")
    assert sent(browser(ada), "/settings/delete", password=PASSWORD).status_code == 302


# After it has moved


def test_home_says_where_the_account_went_and_when_it_will_be_deleted() -> None:
    ada = person()
    User.objects.filter(pk=ada.pk).update(
        blocked=User.Blocked.MOVED,
        blocked_at=timezone.now(),
        blocked_note="It has moved.",
        moved_to="https://new.example/",
        delete_after=timezone.now().replace(year=2031, month=5, day=4, hour=3, minute=2),
    )
    page = shown(browser(ada), "/")
    assert "Your account has moved" in page
    assert 'href="https://new.example/"' in page
    assert "4 May 2031, 03:02 UTC" in page
    assert 'action="/settings/move/keep"' in page
    User.objects.filter(pk=ada.pk).update(delete_after=None)
    page = shown(browser(ada), "/")
    assert "stays until you delete it" in page
    assert 'action="/settings/move/keep"' not in page


def test_an_account_that_an_operator_has_blocked_says_so_as_before() -> None:
    ada = person(blocked=User.Blocked.BY_OPERATOR, blocked_note="Please call us.")
    assert "Please call us." in shown(browser(ada), "/")
