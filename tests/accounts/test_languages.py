"""In which language people read pages and mails, and that programs read English."""

import json
from datetime import UTC, datetime

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from accounts import letters
from accounts.models import Letter, User
from tests.support.worker import PASSWORD, Worker, browser, person, submit

pytestmark = pytest.mark.django_db
NAVIGATION = "Mes données"


def french_person(name: str = "ada") -> User:
    return person(name, language="fr")


def send_mails() -> None:
    for pk in list(Letter.objects.values_list("pk", flat=True)):
        letters.send(pk)


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de, fr;q=0.5", "fr"),
        ("en-US,en;q=0.9,fr;q=0.8", "en"),
        ("fr;q=0, en;q=0.1", "en"),
        ("fr;q=0", "en"),
        ("de", "en"),
        ("*", "en"),
        ("", "en"),
        ("fr" * 400, "en"),
    ],
)
def test_strangers_read_pages_in_the_language_of_their_browser(asked: str, language: str) -> None:
    answer = Client().get("/auth/login", HTTP_ACCEPT_LANGUAGE=asked)
    page = answer.content.decode()
    assert f'<html lang="{language}">' in page
    assert ("Se connecter" in page, "Log in" in page) == (language == "fr", language == "en")
    assert answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]


def test_who_asks_for_none_that_there_is_reads_the_one_of_the_server(settings: Settings) -> None:
    settings.WHARF_LANGUAGE = "fr"
    assert '<html lang="fr">' in Client().get("/", HTTP_ACCEPT_LANGUAGE="de").content.decode()
    assert '<html lang="en">' in Client().get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()


def test_a_person_chooses_a_language_and_reads_it_from_then_on() -> None:
    client = browser(person("ada"))
    kept = submit(client, "/settings/account", {"keep_language": "yes", "language": "fr"})
    assert (kept.status_code, User.objects.get().language) == (302, "fr")
    answer = client.get("/settings/account", HTTP_ACCEPT_LANGUAGE="en")
    page = answer.content.decode()
    assert "Enregistré. Désormais, les pages et les e-mails sont dans cette langue." in page
    assert '<html lang="fr">' in page
    assert NAVIGATION in page
    assert (answer["Content-Language"], "Accept-Language" in answer["Vary"]) == ("fr", False)
    back = submit(client, "/settings/account", {"keep_language": "yes", "language": ""})
    assert (back.status_code, User.objects.get().language) == (302, "")
    assert '<html lang="en">' in client.get("/settings/account", HTTP_ACCEPT_LANGUAGE="en").content.decode()


def test_a_language_that_there_is_none_of_is_refused_in_the_persons_own() -> None:
    client = browser(french_person())
    refused = submit(client, "/settings/account", {"keep_language": "yes", "language": "tlh"})
    assert (refused.status_code, User.objects.get().language) == (422, "fr")
    assert "Ce serveur ne parle pas cette langue." in refused.content.decode()


def test_a_language_that_is_not_spoken_any_more_stands_for_none() -> None:
    client = browser(person("ada", language="tlh"))
    assert '<html lang="fr">' in client.get("/settings/account", HTTP_ACCEPT_LANGUAGE="fr").content.decode()


def test_whoever_signs_up_is_written_to_in_the_language_of_their_browser() -> None:
    form = {"username": "bea", "email": "bea@example.org", "password": "une longue phrase de passe"}
    Client().post("/auth/sign-up", form, HTTP_ACCEPT_LANGUAGE="fr-FR,fr;q=0.9")
    assert User.objects.get().language == "fr"
    send_mails()
    assert mail.outbox[-1].subject == "Votre code pour Wharf"
    assert "saisissez ce code" in mail.outbox[-1].body


def test_the_browser_that_logs_in_changes_no_language() -> None:
    person("ada")
    Client().post("/auth/login", {"username": "ada", "password": PASSWORD}, HTTP_ACCEPT_LANGUAGE="fr")
    assert User.objects.get().language == ""


def test_the_mail_that_resets_a_password_is_in_the_language_of_its_person() -> None:
    french_person()
    Client().post("/auth/reset", {"email": "ada@example.org"}, HTTP_ACCEPT_LANGUAGE="en")
    send_mails()
    assert mail.outbox[-1].subject == "Un nouveau mot de passe pour Wharf"
    assert "Il fonctionne une fois, pendant 4 heures\u00a0:" in mail.outbox[-1].body
    assert "Hello" not in mail.outbox[-1].body


def test_what_is_wrong_with_a_form_is_said_in_french() -> None:
    said = {"username": "bea", "email": "bea@example.org", "password": "wharfwharf12"}
    page = Client().post("/auth/sign-up", said, HTTP_ACCEPT_LANGUAGE="fr").content.decode()
    assert "Ce mot de passe" in page
    wrong = Client().post("/auth/login", {"username": "x", "password": "y"}, HTTP_ACCEPT_LANGUAGE="fr")
    assert "Ce nom et ce mot de passe ne vont pas ensemble." in wrong.content.decode()


def test_consent_says_in_french_what_a_service_may_do() -> None:
    asked = Worker().request(scope="import")
    page = browser(french_person()).get(asked).content.decode()
    assert "peut\u2011il ajouter des données à votre compte\u202f?" in page
    assert "ajouter à votre compte des données de tous types\u00a0:" in page
    assert "lire ce que vous avez ici" in page


def test_why_an_account_takes_nothing_is_written_in_english_and_read_in_french() -> None:
    ada = french_person()
    note = "This account is going to be deleted on 1 December 2026. Nothing can be added to it."
    User.objects.filter(pk=ada.pk).update(
        blocked="going", blocked_note=note, blocked_at=datetime(2026, 11, 26, tzinfo=UTC)
    )
    page = browser(ada).get(Worker().request()).content.decode()
    assert "Ce compte va être supprimé le 1er décembre 2026. Rien ne peut y être ajouté." in page


def test_errors_are_told_in_french_to_people_and_in_english_to_programs() -> None:
    page = Client().get("/there/is/none", HTTP_ACCEPT_LANGUAGE="fr")
    assert (page.status_code, page["Content-Language"]) == (404, "fr")
    assert "Il n’y a rien ici" in page.content.decode()
    form = Client().post(
        "/auth/login", b"a=%ff", content_type="application/x-www-form-urlencoded", HTTP_ACCEPT_LANGUAGE="fr"
    )
    assert (form.status_code, form["Content-Language"]) == (400, "fr")
    assert "Le formulaire n’est pas en UTF-8." in form.content.decode()
    token = Client().post("/oauth/token", {"grant_type": "nonsense"}, HTTP_ACCEPT_LANGUAGE="fr")
    assert "Content-Language" not in token.headers
    assert json.loads(token.content)["error_description"].isascii()
