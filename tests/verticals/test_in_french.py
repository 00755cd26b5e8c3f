"""Each kind of data as somebody sees it who reads French; programs read English of the same things."""

import httpx
import pytest
from django.test import Client

from accounts.models import User
from importers.verticals.calendar.rule_words import recurrence_words
from importers.verticals.mail.models import MailMessage
from importers.verticals.mail.parts import ENDS_EARLY, NO_HEADERS
from importers.verticals.media.models import Photo
from tests.support import rows
from tests.support.calendar_pages import Add, adding_events


@pytest.fixture
def reader(client: Client, db: None) -> User:
    person = rows.everything("one")
    User.objects.filter(pk=person.pk).update(language="fr")
    client.force_login(person)
    return person


@pytest.fixture
def add(reader: User) -> Add:
    """Makes an event."""
    return adding_events(reader)


def test_the_calendar_has_its_months_and_days(client: Client, add: Add) -> None:
    add("Lunch", "2026-11-26T12:00+00:00", "2026-11-26T13:00+00:00", recurrence="RRULE:FREQ=WEEKLY;BYDAY=TH")
    month = client.get("/things/calendar/month/?month=2026-11").content.decode()
    assert "<h1>Novembre 2026</h1>" in month
    assert '<abbr title="lundi">lun</abbr>' in month
    assert "Aller à un mois" in month and "Ce mois-ci" in month
    week = client.get("/things/calendar/week/?day=2026-12-01").content.decode()
    assert "<title>Semaine du 30 novembre 2026 · Wharf</title>" in week
    assert "<h1>30 novembre – 6 décembre 2026</h1>" in week
    assert "<h2>mardi 1er décembre</h2>" in week


def test_an_event_says_when_it_comes_again(client: Client, add: Add) -> None:
    event = add(
        "Lunch",
        "2026-11-26T12:00+00:00",
        "2026-11-26T13:00+00:00",
        recurrence="RRULE:FREQ=MONTHLY;BYDAY=2TU,-1FR;UNTIL=20271101",
        attendees="Bo Ek <bo@example.org> (optional)",
    )
    page = client.get(f"/things/calendar/events/{event.doc_id}/").content.decode()
    assert "26 novembre 2026, 12:00 UTC – 13:00" in page
    assert "tous les mois, le deuxième mardi et le dernier vendredi, jusqu’au 1er novembre 2027" in page
    assert "Bo Ek &lt;bo@example.org&gt; (facultatif)" in page


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "every 2 weeks on Monday and Friday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=3", "every weekday, 3 times"),
        ("FREQ=MONTHLY;BYMONTHDAY=3,15", "every month on day 3 and 15"),
        ("FREQ=MONTHLY;BYDAY=5TU;BYHOUR=3", "every month on the 5. Tuesday, by a rule of its own"),
    ],
)
def test_a_rule_is_the_same_sentence_in_english(rule: str, said: str) -> None:
    assert recurrence_words(f"RRULE:{rule}") == said


def test_what_is_broken_of_a_message_is_kept_in_english_and_read_in_french(client: Client, reader: User) -> None:
    message = MailMessage.objects.get(owner=reader)
    MailMessage.objects.update(problems=f"{ENDS_EARLY}\n{NO_HEADERS}", flags="seen\n$Junk")
    page = client.get(f"/things/mail/messages/{message.doc_id}/").content.decode()
    assert "Ce qui est abîmé" in page
    assert "Il se termine avant la fin de sa dernière partie." in page and "Il n’a pas d’en-têtes." in page
    assert "<bdi>lu</bdi>" in page and "<bdi>$Junk</bdi>" in page
    User.objects.update(language="en")
    assert "It has no headers." in client.get(f"/things/mail/messages/{message.doc_id}/").content.decode()


def test_photos_and_files_have_their_words(client: Client, reader: User) -> None:
    photo = Photo.objects.get(owner=reader)
    album = photo.albums.get()
    page = client.get(f"/things/media/albums/{album.doc_id}/").content.decode()
    assert "Télécharger cet album" in page
    page = client.get(f"/things/media/photos/{photo.doc_id}/").content.decode()
    assert "Il n’en existe pas encore de vignette." in page
    assert "Afficher les fichiers en grille" in client.get("/things/blobs/tree/").content.decode()


def test_programs_read_of_kinds_in_english(http: httpx.Client) -> None:
    asked = {"Accept-Language": "fr"}
    schema = http.get("/import/schemas/calendar.json", headers=asked)
    assert schema.json()["title"] == "Calendars and events"
    index = http.get("/import/schemas/", headers=asked).json()
    assert {one["title"] for one in index["verticals"]} >= {"Files", "Photos, videos and albums", "Mail"}
