"""Where a person is logged in: seen, ended, exported and deleted."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import LazySettings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.entry.middleware import PeopleMiddleware
from accounts.tasks import clear_expired_tokens
from tests.support.trail import kinds
from tests.support.worker import PASSWORD, browser, hidden_fields, person

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.services]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LIST = "/settings/sessions"


def logged_in(address: str) -> Client:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": FIREFOX})
    assert client.post("/auth/login", {"username": "ada", "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/services").status_code == 200


def press(client: Client, fields: dict[str, str]) -> None:
    assert client.post(LIST, hidden_fields(client.get(LIST)) | fields)["Location"] == LIST


def test_a_person_sees_their_sessions_and_ends_one_or_all_others() -> None:
    ada = person()
    eve = person("eve")
    here, there, yonder = (logged_in(f"192.0.2.{number}") for number in (1, 2, 3))
    hers = browser(eve)
    page = here.get(LIST).content.decode()
    assert "3 sessions" in page
    assert page.count("Firefox on Linux") == 3
    for number in (1, 2, 3):
        assert f"192.0.2.{number}" in page
    press(here, {"session": str(UserSession.objects.get(ip="192.0.2.2").pk)})
    assert [is_in(one) for one in (here, there, yonder)] == [True, False, True]
    press(here, {"session": str(UserSession.objects.get(user=eve).pk)})
    press(here, {"session": str(UserSession.objects.get(ip="192.0.2.1").pk)})  # which is this one
    press(here, {})
    assert [is_in(one) for one in (here, yonder, hers)] == [True, False, True]
    assert UserSession.objects.filter(user=ada).count() == 1
    assert kinds("--person", "ada").count("session-ended") == 4


def test_what_is_known_of_a_session_goes_with_it() -> None:
    ada = person()
    client = logged_in("192.0.2.1")
    other = logged_in("192.0.2.2")
    client.post("/auth/logout")
    assert [one.ip for one in UserSession.objects.all()] == ["192.0.2.2"]
    Session.objects.update(expire_date=timezone.now())
    clear_expired_tokens()
    assert not UserSession.objects.exists()
    assert not is_in(other)
    logged_in("192.0.2.3")
    ada.delete()
    assert not UserSession.objects.exists()


def test_a_person_has_so_many_sessions_and_the_one_used_longest_ago_ends_first(settings: LazySettings) -> None:
    settings.WHARF_MOST_SESSIONS = 3
    person()
    hers = browser(person("eve"))
    first, second, third = (logged_in(f"192.0.2.{number}") for number in (1, 2, 3))
    UserSession.objects.filter(ip="192.0.2.1").update(last_seen_at=timezone.now() + timedelta(hours=1))
    fourth = logged_in("192.0.2.4")
    assert [is_in(one) for one in (first, second, third, fourth, hers)] == [True, False, True, True, True]


def test_a_session_that_began_before_there_was_a_list_is_in_it() -> None:
    client = browser(person())
    stood = SessionStore()
    stood.update(client.session)
    stood.save()
    UserSession.objects.all().delete()
    client.cookies["sessionid"] = str(stood.session_key)
    assert "this one" in client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("path", "cookie", "is_of_people"),
    [
        ("/oauth/token", "", False),
        ("/import/blobs", "", False),
        ("/auth/register", "", False),
        ("/auth/access_token", "", False),
        ("/move/exports/data/x", "", False),
        ("/auth/login", "", True),
        ("/settings/exports", "", True),
        ("/things/blobs/files/", "a=b", True),
    ],
)
def test_what_people_need_does_not_run_for_programs(path: str, cookie: str, is_of_people: bool) -> None:
    seen: list[bool] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(hasattr(request, "allauth"))
        return HttpResponse()

    request = RequestFactory().get(path, headers={"Cookie": cookie})
    request.session, request.user = SessionStore(), AnonymousUser()
    PeopleMiddleware(answer)(request)
    assert seen == [is_of_people]
