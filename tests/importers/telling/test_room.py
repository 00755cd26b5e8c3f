"""The mail that tells a person that their room runs out."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Letter, User
from accounts.tasks import send_letter
from importers.models import Transfer
from importers.tasks import tell_of_room
from tests.support.bins import BinVisitor
from tests.support.exporter import Exporter, Person, file_item

pytestmark = pytest.mark.services


def look() -> None:
    """The worker does what is due."""
    tell_of_room()
    for pk in Letter.objects.values_list("pk", flat=True):
        send_letter(pk)


def uses(exporter: Exporter, percent: int) -> None:
    """The person uses so much of their room from now on."""
    exporter.person.set_quota(exporter.person.used * 100 // percent)


def said(mail: EmailMessage) -> str:
    return " ".join(str(mail.body).split())


@pytest.fixture
def a_film(exporter: Exporter) -> None:
    assert exporter.send_file("blobs", file_item("The film.mov"), bytes(80_000)).status_code == 201


def test_a_person_is_told_before_a_transfer_stops(
    a_film: None, exporter: Exporter, mailoutbox: list[EmailMessage]
) -> None:
    uses(exporter, 79)
    look()
    assert mailoutbox == []
    uses(exporter, 81)
    look()
    (mail,) = mailoutbox
    assert mail.subject == "Your room is running out"
    words = said(mail)
    for sentence in (
        "81 % of your room at http://127.0.0.1:8000 is in use: ",
        "What takes most of it: 1 file: 80 kB",
        "To make room, throw away what you can spare: http://127.0.0.1:8000/#have",
        "What you throw away goes to your bin, and takes room until you empty that: http://127.0.0.1:8000/bin/",
        "If you would rather not: http://127.0.0.1:8000/settings/account",
    ):
        assert sentence in words, words


def test_each_mark_is_told_once_until_the_use_has_fallen_well_below_it(
    a_film: None, exporter: Exporter, mailoutbox: list[EmailMessage]
) -> None:
    told = []
    for percent in (81, 90, 96, 99, 91, 96, 89, 96, 81, 79, 81, 76, 81, 74, 81, 50, 97, 77, 81, 50):
        uses(exporter, percent)
        before = len(mailoutbox)
        look()
        look()
        told += [percent] * (len(mailoutbox) - before)
    assert told == [81, 96, 96, 81, 97]
    assert [mail.subject for mail in mailoutbox].count("There is hardly any room left") == 3


def test_what_is_in_the_bin_is_said_to_take_room(
    a_film: None, exporter: Exporter, ada: Person, mailoutbox: list[EmailMessage]
) -> None:
    client = Client()
    client.force_login(ada.row)
    BinVisitor(client).throw(transfer=Transfer.objects.get().pk, sure="yes")
    uses(exporter, 96)
    look()
    assert "What is in your bin takes room until you empty it: 80 kB now. http://127.0.0.1:8000/bin/" in said(
        mailoutbox[0]
    )


def test_who_wants_no_mail_gets_none_and_not_later_either(
    a_film: None, exporter: Exporter, mailoutbox: list[EmailMessage]
) -> None:
    User.objects.update(mails_of_room=False)
    uses(exporter, 85)
    look()
    User.objects.update(mails_of_room=True)
    look()
    assert mailoutbox == []


def test_who_has_made_room_before_the_mail_went_gets_none(
    a_film: None, exporter: Exporter, mailoutbox: list[EmailMessage]
) -> None:
    uses(exporter, 85)
    tell_of_room()
    exporter.person.set_quota(None)
    look()
    assert (mailoutbox, User.objects.get().room_told) == ([], 0)


def test_only_those_are_looked_at_who_got_something_lately(
    a_film: None, exporter: Exporter, mailoutbox: list[EmailMessage]
) -> None:
    uses(exporter, 85)
    Transfer.objects.update(last_item_at=F("last_item_at") - timedelta(hours=2))
    with CaptureQueriesContext(connection) as asked:
        look()
    assert (mailoutbox, len(asked)) == ([], 3)
