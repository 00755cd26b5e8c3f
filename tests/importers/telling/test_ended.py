"""The mail that tells a person that a transfer is over."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db.models import F

from accounts.models import Letter, User
from accounts.tasks import send_letter
from importers.models import Transfer
from importers.tasks import tell_of_ended_transfers
from tests.support.exporter import Exporter, Person, file_item
from tests.support.signing_up import unproven

pytestmark = pytest.mark.services

SILENCE = timedelta(hours=1, minutes=1)


def later(pause: timedelta = SILENCE, *, goes_on: bool = False) -> None:
    """Time passes, for everything that has come, and for what people were told. `goes_on`: a job does that afterwards,
    whose last item is written down once a second."""
    if goes_on:
        time.sleep(1.1)
    Transfer.objects.update(
        first_item_at=F("first_item_at") - pause,
        last_item_at=F("last_item_at") - pause,
        told_until=F("told_until") - pause,
        mailed_at=F("mailed_at") - pause,
    )


def look() -> None:
    """The worker does what is due."""
    tell_of_ended_transfers()
    for pk in Letter.objects.values_list("pk", flat=True):
        send_letter(pk)


def post(exporter: Exporter, name: str) -> None:
    item = {"@type": "SocialActivity", "activity": {"id": name, "title": name, "published": "2024-11-27T13:16:32Z"}}
    assert exporter.send("social-posts", item).status_code in (200, 201)


def refuse(exporter: Exporter, name: str) -> None:
    exporter.person.set_quota(exporter.person.used + 1_000)
    assert exporter.send_file("blobs", file_item(name), bytes(5_000)).status_code == 413
    exporter.person.set_quota(None)


def said(mail: EmailMessage) -> str:
    return " ".join(str(mail.body).split())


def test_a_person_is_told_what_came_and_what_did_not_and_how_to_get_the_rest(
    exporter: Exporter, mailoutbox: list[EmailMessage]
) -> None:
    post(exporter, "one")
    post(exporter, "two")
    post(exporter, "two")
    exporter.send("social-posts", {"@type": "SocialFuture", "id": "x"})
    refuse(exporter, "The film.mov")
    refuse(exporter, "see evil.example/x")
    exporter.send("blobs", {"@type": "File", "name": "Without bytes.txt"})
    look()
    assert mailoutbox == [], "it may still be coming"
    later()
    Transfer.objects.update(first_item_at=datetime(2026, 7, 1, 12, tzinfo=UTC))
    User.objects.update(time_zone="Europe/Paris")
    look()
    (mail,) = mailoutbox
    assert (mail.subject, mail.to) == ("Not everything came to your account", ["ada@example.org"])
    words = said(mail)
    for sentence in (
        "From Cloud One: Begun on 1 July 2026, 14:00 CEST: Posts: 4 ",
        "1 of them was here already, and is kept once.",
        "1 of them is kept whole, just as it came: this server can’t tell yet what it is.",
        "There was no room for it in your account. Make room: throw something away,",
        "- The film.mov, 5 kB - see evil[.]example/x, 5 kB",
        "Something was missing without which it can’t be kept, such as its file.",
        "Start the transfer again at the service. - Without bytes.txt",
        f"Look at it: http://127.0.0.1:8000/transfers/{Transfer.objects.get().pk}/",
        "If you would rather not: http://127.0.0.1:8000/settings/account",
    ):
        assert sentence in words, words
    assert "document" not in words


def test_one_mail_tells_it_once(exporter: Exporter, mailoutbox: list[EmailMessage]) -> None:
    post(exporter, "one")
    for _ in range(3):
        later()
        look()
    (mail,) = mailoutbox
    assert mail.subject == "What came to your account"
    assert "could not be taken" not in said(mail)


def test_what_goes_on_is_told_again_once_a_day_and_only_if_something_new_came(
    exporter: Exporter, mailoutbox: list[EmailMessage]
) -> None:
    refuse(exporter, "The film.mov")
    post(exporter, "one")
    later(goes_on=True)
    look()
    assert len(mailoutbox) == 1
    for number in range(3):
        post(exporter, f"each hour, {number}")
        later(goes_on=True)
        look()
    assert len(mailoutbox) == 1, "never one an hour"
    later(timedelta(days=1))
    look()
    assert "Posts: 4" in said(mailoutbox[1])
    later(timedelta(days=1))
    post(exporter, "one")
    refuse(exporter, "The film.mov")
    later(goes_on=True)
    look()
    assert len(mailoutbox) == 2, "nothing new came"
    later(timedelta(days=1))
    assert exporter.send_file("blobs", file_item("The film.mov"), bytes(5_000)).status_code == 201
    later()
    look()
    assert mailoutbox[2].subject == "What came to your account"
    assert "The film.mov" not in said(mailoutbox[2])


def test_jobs_that_end_together_are_one_mail(exporter: Exporter, mailoutbox: list[EmailMessage]) -> None:
    for number in range(10):
        exporter.new_job()
        post(exporter, f"of job {number}")
    later()
    exporter.new_job()
    post(exporter, "of another one, which still runs")
    look()
    assert mailoutbox == [], "the service still sends"
    later()
    look()
    (mail,) = mailoutbox
    assert said(mail).count("From Cloud One") == 1
    assert said(mail).count("Posts: 1 Look at it: ") == 11


def test_what_a_service_that_never_rests_has_sent_is_told_after_a_day(
    exporter: Exporter, mailoutbox: list[EmailMessage]
) -> None:
    post(exporter, "one")
    later(timedelta(days=1, hours=1))
    exporter.new_job()
    post(exporter, "two")
    look()
    assert said(mailoutbox[0]).count("Begun on") == 1


def test_a_mail_is_bounded_however_much_is_over(exporter: Exporter, mailoutbox: list[EmailMessage]) -> None:
    post(exporter, "one")
    first = Transfer.objects.get()
    Transfer.objects.bulk_create(
        Transfer(source=first.source, owner=first.owner, job_id=f"job {number}", rejected=1) for number in range(30)
    )
    later()
    look()
    (mail,) = mailoutbox
    assert said(mail).count("Begun on") == 20
    assert "11 more transfers are over, too." in said(mail)
    assert Transfer.objects.filter(mail_due=True).count() == 0


def test_a_recurring_job_that_brings_nothing_new_is_not_told(
    exporter: Exporter, mailoutbox: list[EmailMessage]
) -> None:
    for day in range(3):
        exporter.new_job("every night")
        post(exporter, "one")
        refuse(exporter, "The film.mov")
        later()
        look()
        later(timedelta(days=1))
        assert len(mailoutbox) == 1, day
    exporter.new_job("every night")
    post(exporter, "one")
    refuse(exporter, "The film.mov")
    refuse(exporter, "Another one.mov")
    later()
    look()
    assert "Another one.mov" in said(mailoutbox[1])
    later(timedelta(days=1))
    exporter.new_job("every night")
    post(exporter, "two")
    later()
    look()
    assert len(mailoutbox) == 3


def test_a_client_that_names_no_jobs_is_told_of_once_a_day(exporter: Exporter, mailoutbox: list[EmailMessage]) -> None:
    exporter.job = ""
    for number in range(4):
        post(exporter, f"number {number}")
        later()
        look()
    assert (Transfer.objects.count(), len(mailoutbox)) == (4, 1)
    later(timedelta(days=1))
    look()
    assert said(mailoutbox[1]).count("Begun on") == 3


@pytest.mark.parametrize(
    "columns", [{"mails_of_transfers": False}, {}, {"is_active": False}], ids=["no wish", "no proof", "no log-in"]
)
def test_who_wants_none_or_can_have_none_gets_none(
    exporter: Exporter, mailoutbox: list[EmailMessage], columns: dict[str, Any]
) -> None:
    post(exporter, "one")
    if columns:
        User.objects.update(**columns)
    else:
        unproven(exporter.person.row)
    later()
    look()
    assert (mailoutbox, Letter.objects.count(), Transfer.objects.filter(mail_due=True).count()) == ([], 0, 0)


def test_each_person_is_told_of_their_own(server: str, exporter: Exporter, mailoutbox: list[EmailMessage]) -> None:
    with Exporter(server, Person.create("bob"), "Cloud Two") as other:
        post(other, "of bob")
    post(exporter, "of ada")
    later()
    look()
    found = {mail.to[0]: said(mail) for mail in mailoutbox}
    assert "Cloud Two" not in found["ada@example.org"]
    assert "Cloud Two" in found["bob@example.org"]
