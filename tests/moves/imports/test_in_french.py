"""What people read of what they bring in, in French; it is written down in English."""

import httpx
from django.core import mail
from django.urls import reverse

from accounts.models import User
from moves.tasks import send_import_mail
from tests.support.bringing import Bringing
from tests.support.cozy_archives import BROKEN, cozy_zip, document
from tests.support.exporter import Person
from tests.support.french import in_french, shown
from tests.support.worker import submit


def test_the_report_of_an_import_is_read_in_french_and_stays_english_in_its_rows(
    bob: Person, http: httpx.Client
) -> None:
    found = Bringing.of(http, bob, cozy_zip(BROKEN))
    page = in_french(bob)
    report = shown(page, f"/settings/imports/{found.row.doc_id}")
    assert "Ce qui est arrivé décrit" in report
    assert "Refusés\u00a0: 1" in report
    assert "Son contenu manque dans l’archive." in report
    assert "C’est terminé, mais il manque 1 élément." in report
    assert found.row.report.get(code="refused").sentence.startswith("Its content is missing in the archive.")
    assert "Vos données sont arrivées, mais pas toutes" in shown(page, "/move/importing")
    assert "Terminé, mais il en manque 1" in shown(page, "/settings/imports")


def test_the_mail_of_an_import_is_in_the_persons_language(bob: Person, http: httpx.Client) -> None:
    found = Bringing.of(http, bob, cozy_zip(BROKEN))
    in_french(bob)
    send_import_mail(found.pk)
    [sent] = mail.outbox
    assert sent.subject == "Vos données sont arrivées, mais il manque 1 élément"
    assert "Bonjour bob," in sent.body
    assert "Son contenu manque dans l’archive." in sent.body
    assert "2 nouveaux ici" in sent.body


def test_why_an_import_failed_is_said_in_french(bob: Person, http: httpx.Client) -> None:
    found = Bringing.of(http, bob, b"no archive")
    page = in_french(bob)
    send_import_mail(found.pk)
    said = "Ce n’est ni un zip ni un tar."
    assert said in mail.outbox[0].body
    assert said in shown(page, f"/settings/imports/{found.row.doc_id}")
    assert said in shown(page, "/move/importing")
    assert "It is neither a zip nor a tar." in found.row.error


def test_a_link_that_leads_nowhere_is_refused_in_french_and_to_programs_in_english(
    bob: Person, http: httpx.Client
) -> None:
    page = in_french(bob)
    wrong = submit(page, "/settings/imports", {"link": "https://example.org/nothing"})
    assert "Ce n’est pas le lien d’un export" in wrong.content.decode()
    empty = submit(page, "/settings/imports", {"link": ""})
    assert "Collez le lien ici." in empty.content.decode()


def test_what_an_archive_is_taken_for_is_said_in_french(bob: Person, http: httpx.Client) -> None:
    found = Bringing.of(http, bob, b"%PDF-1.7 no archive")
    report = shown(in_french(bob), f"/settings/imports/{found.row.doc_id}")
    assert "cela ressemble plutôt à un PDF" in report
    assert "De tels fichiers arrivent par un autre chemin" in report


def test_what_is_wrong_with_the_name_of_a_document_is_said_in_french_as_a_whole(
    bob: Person, http: httpx.Client
) -> None:
    found = Bringing.of(http, bob, cozy_zip([*BROKEN, document("io.cozy.notes", "n" * 300)]))
    assert "Its id has more than 255 characters." in found.row.report.filter(code="refused").values_list(
        "sentence", flat=True
    )
    report = shown(in_french(bob), f"/settings/imports/{found.row.doc_id}")
    assert "Son identifiant\u00a0: il y a plus de 255 caractères." in report
    boss = in_french(Person.create("marie"))
    User.objects.filter(username="marie").update(is_staff=True, is_superuser=True)
    page = shown(boss, reverse("admin:moves_archiveimport_change", args=[found.pk]))
    assert "2 éléments" in page and "1 fichier," in page and "1 fichiers" not in page
