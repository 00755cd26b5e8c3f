"""Times, as the clock of whoever reads them shows them."""

from datetime import UTC, datetime

import pytest
from django.core import mail
from django.test import Client

from accounts.mail import Mail, post
from accounts.models import User
from accounts.zone_cities import TABLE
from tests.support.worker import PASSWORD, browser, person, submit
from translations.zone_cities import lines

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def ada_since_noon(zone: str) -> User:
    ada = person("ada")
    User.objects.filter(pk=ada.pk).update(date_joined=datetime(2026, 7, 1, 23, 30, tzinfo=UTC), time_zone=zone)
    return ada


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("", "1 July 2026"),
        ("Europe/Paris", "2 July 2026"),
        ("America/New_York", "1 July 2026"),
        ("Gone/Zone", "1 July 2026"),
    ],
)
def test_a_day_is_the_one_of_the_persons_calendar(zone: str, day: str) -> None:
    page = browser(ada_since_noon(zone)).get("/settings/account")
    assert f">{day}" in page.content.decode()


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("", "1 July 2026, 12:00 UTC"),
        ("Europe/Paris", "1 July 2026, 14:00 CEST"),
        ("America/Sao_Paulo", "1 July 2026, 09:00 UTC-03:00"),
        ("Asia/Kathmandu", "1 July 2026, 17:45 UTC+05:45"),
    ],
)
def test_a_mail_says_times_in_the_zone_of_whom_it_is_for(zone: str, said: str) -> None:
    ada = person("ada")
    ada.time_zone = zone
    words = {"user": ada, "peer": "there", "server": "here", "found": "", "move": Until(NOON), "page": ""}
    post(ada, Mail("A mail", "mail/move_untold.txt"), words)
    assert f"tries again until {said}," in mail.outbox[-1].body


class Until:
    """A move, as far as its mail reads it."""

    def __init__(self, at: datetime) -> None:
        self.lease_until = at


def test_a_person_chooses_a_zone() -> None:
    ada = person("ada")
    client = browser(ada)
    assert submit(client, "/settings/account", {"time_zone": "Asia/Tokyo"}).status_code == 302
    page = client.get("/settings/account").content.decode()
    assert "Kept." in page
    assert '<option value="Asia/Tokyo" selected>Tokyo</option>' in page
    refused = submit(client, "/settings/account", {"time_zone": "../etc/passwd"})
    assert (refused.status_code, User.objects.get().time_zone) == (422, "Asia/Tokyo")
    assert "There is no time zone of this name." in refused.content.decode()


@pytest.mark.parametrize(
    ("language", "zone", "option"),
    [
        ("fr", "Europe/London", '<option value="Europe/London" selected>Londres</option>'),
        ("fr", "Asia/Calcutta", '<option value="Asia/Kolkata" selected>Calcutta</option>'),  # as browsers say it
        ("fr", "", '<optgroup label="Océan Pacifique">'),
        ("en", "Europe/Kiev", '<option value="Europe/Kyiv" selected>Kyiv</option>'),
    ],
)
def test_zones_are_offered_once_each_by_the_name_that_people_know(language: str, zone: str, option: str) -> None:
    ada = person("ada", language=language, time_zone=zone)
    page = browser(ada).get("/settings/account").content.decode()
    assert option in page
    assert "Asia/Calcutta" not in page


def test_the_table_of_cities_is_what_the_pinned_library_says() -> None:
    assert TABLE.read_text(encoding="utf-8").splitlines() == lines()


def test_the_browser_says_where_it_is_when_somebody_signs_up_or_logs_in() -> None:
    form = {"username": "bea", "email": "bea@example.org", "password": "a long pass phrase of hers"}
    Client().post("/auth/sign-up", form | {"browsers_zone": "Europe/Lisbon"})
    assert User.objects.get(username="bea").time_zone == "Europe/Lisbon"
    person("ada")
    login = {"username": "ada", "password": PASSWORD}
    Client().post("/auth/login", login | {"browsers_zone": "No/Where"})
    assert User.objects.get(username="ada").time_zone == ""
    Client().post("/auth/login", login | {"browsers_zone": "Europe/Paris"})
    Client().post("/auth/login", login | {"browsers_zone": "Asia/Tokyo"})
    assert User.objects.get(username="ada").time_zone == "Europe/Paris"
