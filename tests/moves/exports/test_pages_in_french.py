"""What people read of what they take out, in French; programs are answered in English all the same."""

import pytest
from django.core import mail
from django.test import Client

from moves.exports import job
from moves.exports.mails import send as send_export_mail
from moves.models import Export
from tests.support.exporter import Exporter, Person, file_item
from tests.support.french import FRENCH, in_french, shown
from tests.support.worker import PASSWORD, submit


def test_an_export_is_asked_for_watched_and_mailed_in_french(exporter: Exporter, ada: Person) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    page = in_french(ada)
    begun = shown(page, "/settings/exports")
    assert "Exporter mes données" in begun
    assert "4\u00a0Go chacune" in begun or "4 Go chacune" in begun
    nothing = submit(page, "/settings/exports", {"parts_size": "0", "password": PASSWORD})
    assert "Choisissez-en au moins une." in nothing.content.decode()
    submit(page, "/settings/exports", {"what": "blobs", "parts_size": "0", "password": PASSWORD})
    export = Export.objects.get()
    assert export.events.get(kind="requested").detail.endswith("in parts of 1.1 GB, by page")
    job.run(export.pk)
    assert ", dans l’état du" in shown(page, "/settings/exports")
    send_export_mail(export.pk)
    [sent] = mail.outbox
    assert sent.subject == "Vos données sont prêtes à être exportées"
    assert "Contenu\u00a0: 1 " in sent.body


@pytest.mark.django_db
def test_a_stranger_reads_of_a_link_that_has_ended_in_the_browsers_language(client: Client) -> None:
    assert "Ce lien ne mène plus nulle part" in shown(client, "/exports/none", **FRENCH)
    assert "This link leads nowhere any more" in shown(client, "/exports/none")


@pytest.mark.django_db
def test_programs_are_answered_in_english_whatever_they_accept(client: Client) -> None:
    answer = client.get("/move/exports/none", **FRENCH)  # type: ignore[arg-type]
    assert answer.json()["errors"][0]["detail"] == "There is no such export, or not any more."


def test_the_formats_are_offered_in_french(exporter: Exporter, ada: Person) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    assert "Formats standard" in shown(in_french(ada), "/formats")
