"""The consent page: who asks, what for, and where an answer may lead."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from accounts.models import Application, User
from tests.support.worker import CALLBACK, PASSWORD, Worker, browser, hidden_fields, person, submit

pytestmark = pytest.mark.django_db

ISSUER = "http://127.0.0.1:8000"


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def test_it_says_who_asks_what_for_and_how_long() -> None:
    page = browser(person()).get(Worker("Photo Cloud").request(scope="import:blobs import:social-posts"))
    words = page.content.decode()
    for said in (
        "May Photo Cloud add to your account?",
        "exporter.example",
        "add files and folders to your account",
        "add posts to your account",
        "read what you have here",
        "change or delete what you have here",
        "Until you disconnect it",
    ):
        assert said in words
    assert "calendars" not in words
    assert "every hour" not in words  # which is nothing that a person decides by


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("import:photos", "add photos and albums to your account"),
        ("import:videos", "add videos and albums to your account"),
        ("import:media", "add photos, videos and albums to your account"),
    ],
)
def test_it_says_which_of_photos_videos_and_albums_a_scope_takes(scope: str, said: str) -> None:
    assert said in browser(person()).get(Worker().request(scope=scope)).content.decode()


def test_everything_is_named_kind_by_kind() -> None:
    words = browser(person()).get(Worker().request(scope="import")).content.decode()
    assert "files and folders; photos, videos and albums; calendars and events; posts" in words


def test_allowing_sends_the_person_back_with_a_code_and_the_state() -> None:
    answer = submit(browser(person()), Worker().request(), {"allow": "true"})
    assert answer["Location"].startswith(CALLBACK + "?")
    assert query(answer["Location"]).keys() == {"code", "state", "iss"}
    assert query(answer["Location"])["state"] == "of-the-worker"
    assert query(answer["Location"])["iss"] == ISSUER


def test_not_allowing_sends_the_person_back_without_a_code() -> None:
    answer = submit(browser(person()), Worker().request(), {"deny": "true"})
    assert query(answer["Location"]) == {"error": "access_denied", "state": "of-the-worker", "iss": ISSUER}


def test_an_empty_scope_means_everything_that_comes_in_and_no_more() -> None:
    worker, ada = Worker(), person()
    assert worker.connect(ada)["scope"] == "import"
    without = worker.request().replace("&scope=", "")
    assert hidden_fields(browser(ada).get(without))["scope"] == "import"


def test_an_empty_scope_of_a_restricted_exporter_means_its_own_scopes() -> None:
    worker = Worker("Drive", "--vertical", "blobs", "--vertical", "media")
    assert worker.connect(person())["scope"] == "import:blobs import:media"


@pytest.mark.parametrize("scope", ["import", "import:calendar", "import:blobs import:calendar", "export", "nonsense"])
def test_an_exporter_can_not_ask_for_more_than_it_was_registered_for(scope: str) -> None:
    worker = Worker("Drive", "--vertical", "blobs")
    answer = browser(person()).get(worker.request(scope=scope))
    assert query(answer["Location"])["error"] == "invalid_scope"
    assert query(answer["Location"])["iss"] == ISSUER


def test_a_changed_form_can_not_get_more_than_the_client_may_have() -> None:
    worker, ada = Worker("Drive", "--vertical", "blobs"), person()
    answer = submit(browser(ada), worker.request(), {"allow": "true", "scope": "import"})
    assert query(answer["Location"])["error"] == "invalid_scope"


def test_it_asks_every_time() -> None:
    worker, ada = Worker(), person()
    worker.connect(ada)
    assert browser(ada).get(worker.request(approval_prompt="auto")).status_code == 200


def test_somebody_who_is_not_logged_in_logs_in_first_and_comes_back() -> None:
    worker, client = Worker(), browser()
    person()
    login = client.get(worker.request())
    assert login["Location"].startswith("/auth/login?next=/oauth/authorize/")
    back = submit(client, login["Location"], {"username": "ada", "password": PASSWORD})
    assert back["Location"] == worker.request()
    assert client.get(back["Location"]).status_code == 200


def test_the_page_may_lead_to_the_exporter_and_nowhere_else() -> None:
    page = browser(person()).get(Worker().request())
    policy = dict(part.strip().split(" ", 1) for part in page["Content-Security-Policy"].split(";"))
    assert policy["form-action"] == "'self' https://exporter.example"


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "unknown"},
        {"client_id": ""},
        {"client_id": "\0"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": CALLBACK + "/more"},
        {"redirect_uri": CALLBACK + "?more=1"},
        {"redirect_uri": "https://exporter.example:99999999/callback"},
        {"redirect_uri": "http://["},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": CALLBACK + "\0"},
        {"state": "\0"},
    ],
)
@pytest.mark.parametrize("logged_in", [True, False])
def test_a_request_that_can_not_be_trusted_is_a_page_and_leads_nowhere(change: dict[str, str], logged_in: bool) -> None:
    answer = browser(person() if logged_in else None).get(Worker().request(**change))
    assert answer.status_code in (400, 401)
    assert "This can’t be connected" in answer.content.decode()
    assert "Location" not in answer


@pytest.mark.parametrize(
    "tail", ["&client_id=%zz", "&state=%ff%fe", "&client_id=x", "&%00=1", "&state=" + "x" * 60_000]
)
def test_no_address_makes_it_fail(tail: str) -> None:
    assert browser(person()).get(Worker().request() + tail).status_code < 500


@pytest.mark.parametrize("field", ["redirect_uri", "client_id"])
@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_a_changed_form_leads_nowhere(field: str, decision: str) -> None:
    answer = submit(browser(person()), Worker().request(), {decision: "true", field: "https://evil.example/"})
    assert answer.status_code == 400
    assert "Location" not in answer


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "x" * 42}, "invalid_request"),
        ({"code_challenge": "x" * 129}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_a_public_client_needs_a_challenge_that_can_be_used(change: dict[str, str], error: str) -> None:
    answer = browser(person()).get(Worker("App", "--public").request(**change))
    assert query(answer["Location"])["error"] == error
    assert query(answer["Location"])["iss"] == ISSUER
    assert answer["Location"].startswith(CALLBACK)


def test_a_public_client_can_not_leave_the_challenge_out() -> None:
    worker = Worker("App", "--public")
    answer = browser(person()).get(worker.request().partition("&code_challenge")[0])
    assert query(answer["Location"])["error"] == "invalid_request"


@pytest.mark.parametrize("mistake", [{"scope": "nonsense"}, {"prompt": "none"}])
def test_a_request_with_a_mistake_is_sent_back_before_anybody_logs_in(mistake: dict[str, str]) -> None:
    answer = browser().get(Worker().request(**mistake))
    assert answer["Location"].startswith(CALLBACK)
    assert query(answer["Location"])["iss"] == ISSUER


def test_a_blocked_account_is_told_why_instead() -> None:
    ada = person(blocked=User.Blocked.BY_OPERATOR, blocked_note="You owe us a cake.")
    answer = browser(ada).get(Worker().request())
    assert answer.status_code == 403
    assert "You owe us a cake." in answer.content.decode()


def test_names_of_services_are_text_not_markup() -> None:
    worker = Worker()
    Application.objects.update(name="<script>x</script>")
    assert "<script>x" not in browser(person()).get(worker.request()).content.decode()


def test_the_address_without_the_slash_answers_too() -> None:
    assert browser(person()).get(Worker().request().replace("authorize/?", "authorize?")).status_code == 200
