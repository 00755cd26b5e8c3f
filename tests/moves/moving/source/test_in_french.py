"""A move, as somebody sees it who reads French: pages, mails, and what was written down of it in English."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from moves.models import Move
from tests.support.answers import refusal
from tests.support.exporter import Person
from tests.support.fake_server import FakeServer
from tests.support.leaving import asked, confirmed, handed_over, say, target
from tests.support.moving import MoveWizard, work
from tests.support.worker import browser, hidden_fields

pytestmark = pytest.mark.usefixtures("trusting")
NO_BREAK = str.maketrans({"\u00a0": " ", "\u202f": " "})


@pytest.fixture
def french(ada: Person) -> Client:
    """The browser of ada, who reads French."""
    User.objects.filter(pk=ada.row.pk).update(language="fr")
    return browser(ada.row)


def shown(client: Client, path: str) -> str:
    return client.get(path).content.decode().translate(NO_BREAK)


def test_the_page_of_moves_and_the_mail_are_in_french(
    wizard: MoveWizard, ada: Person, french: Client, peer: FakeServer
) -> None:
    assert "Choisir où aller" in shown(french, "/settings/move")
    asked(wizard, ada, peer)
    text = str(mail.outbox[-1].body).translate(NO_BREAK)
    assert mail.outbox[-1].subject == "Confirmez le déménagement de votre compte"
    assert "Pour commencer le déménagement, ouvrez ce lien." in text
    page = shown(french, "/settings/move")
    assert "Attente de votre confirmation" in page
    assert "E-mail : Confirmez le déménagement de votre compte" in page
    assert Move.objects.get().steps.filter(what="Mail: Confirm that your account is to move").exists()


def test_why_a_move_failed_was_written_in_english_and_is_read_in_french(
    wizard: MoveWizard, ada: Person, french: Client, peer: FakeServer
) -> None:
    peer.says("POST /move/imports", refusal(422, "This account arrives here; it does not leave."))
    confirmed(wizard, ada, peer)
    work()
    move = Move.objects.get()
    assert "did not take the archive: This account arrives here; it does not leave. (422)" in move.error
    why = "n’a pas accepté l’archive : Ce compte arrive ici ; il n’en part pas. (422)"
    for path in ("/settings/move", f"/settings/move/{move.doc_id}/receipt"):
        assert why in shown(french, path)
    assert why in str(mail.outbox[-1].body).translate(NO_BREAK)
    assert french.get(f"/settings/move/{move.doc_id}/receipt.json").json()["why"] == move.error


def test_the_other_server_is_answered_in_english_whatever_it_asks_for(
    wizard: MoveWizard, ada: Person, french: Client, peer: FakeServer
) -> None:
    _, token = handed_over(wizard, ada, peer)
    wizard.http.headers["Accept-Language"] = "fr"
    answer = say(wizard.http, "/move/finalize", token)
    assert "says that everything arrived, but has not fetched part 1" in answer.json()["errors"][0]["detail"]
    assert "dit que tout est arrivé, mais n’a pas récupéré en entier la partie 1" in shown(french, "/settings/move")


def test_what_cannot_be_asked_for_is_refused_in_the_language_of_the_browser(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    wizard.http.headers["Accept-Language"] = "fr-CH, fr;q=0.9"
    answer = wizard.request(**{"code": "forged", **target(peer)})
    assert answer.status_code == 400
    assert "L’autorisation que vous avez donnée à l’assistant a expiré" in answer.text.translate(NO_BREAK)


def test_a_move_that_somebody_stops_says_so_in_french(
    wizard: MoveWizard, ada: Person, french: Client, peer: FakeServer
) -> None:
    move, _ = handed_over(wizard, ada, peer)
    page = french.get("/settings/move")
    answer = french.post(reverse("move-stop", args=[move.doc_id]), hidden_fields(page), follow=True)
    assert "Le déménagement est arrêté." in answer.content.decode().translate(NO_BREAK)
    move.refresh_from_db()
    assert move.error == "The move was stopped by ada."
    assert "Le déménagement a été arrêté par ada." in shown(french, "/settings/move")
