"""What came in, as somebody reads it who reads French."""

import html
import re

import httpx
import pytest
from django.core.mail import EmailMessage
from django.test import Client

from accounts.models import Letter, User
from accounts.tasks import send_letter
from importers.models import BinJob, Rejection, Transfer
from importers.pages.kinds import all_pages, pages_of
from importers.tasks import tell_of_room
from importers.verticals.blobs.models import File
from importers.verticals.contacts.models import Contact
from tests.support.exporter import Exporter, Person, file_item, hand_made_token
from tests.support.trail import events
from tests.verticals.media.samples import album, photo

NO_BREAK = str.maketrans("\u00a0\u202f", "  ")
ENGLISH = re.compile(r"\b(?:the|you|your|of|what|it|here|came|from|with|in|is|are)\b", re.IGNORECASE)


@pytest.fixture
def ada(ada: Person) -> Person:
    User.objects.filter(pk=ada.row.pk).update(language="fr")
    return ada


@pytest.fixture
def client(ada: Person) -> Client:
    client = Client()
    client.force_login(ada.row)
    return client


def said(answer: object) -> str:
    """What the middle of a page says, with plain spaces."""
    page = answer.content.decode()  # type: ignore[attr-defined]
    main = page[page.index("<main") : page.index("</main>")]
    words = html.unescape(re.sub(r"<[^>]+>", " ", main)).translate(NO_BREAK)
    return " ".join(words.split())


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return said(answer)


@pytest.fixture
def some(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("notes.txt", "/Lettres"), b"1234567")
    exporter.send("media", album("1", "Été"))
    exporter.send_file("media", photo("1.jpg", "1"), b"one")


def test_pages_have_nothing_in_english(some: None, client: Client, exporter: Exporter, ada: Person) -> None:
    exporter.send("blobs", {"@type": "File", "name": "x"})
    transfer, file = Transfer.objects.get(), File.objects.get()
    addresses = (
        "/",
        "/bin/",
        "/bin/media/photos/",
        "/search",
        "/search?q=notes",
        "/things/media/photos/",
        pages_of(Contact).list_address,
        f"/things/media/photos/?transfer={transfer.pk}",
        f"/transfers/{transfer.pk}/",
        pages_of(File).address(file),
        f"/bin/throw?transfer={transfer.pk}",
        "/bin/throw?kind=photo",
    )
    for address in addresses:
        words = read(client, address)
        # What services and files are called is as it is; what kinds are called, others see to.
        for name in ("Cloud One", "/Lettres", *sorted((pages.several for pages in all_pages()), key=len, reverse=True)):
            words = re.sub(re.escape(name), "", words, flags=re.IGNORECASE)
        assert ENGLISH.findall(words) == [], (address, words)
    month = client.get("/things/calendar/month/?month=2026-12").content.decode()
    assert '1<span class="unseen">er décembre</span>' in month
    assert '2<span class="unseen"> décembre</span>' in month


def test_the_front_page_says_what_is_there(some: None, client: Client) -> None:
    words = read(client, "/")
    for sentence in ("Bonjour, ada", "Ce que vous avez ici", "Arrivé dernièrement Depuis Cloud One", "Place utilisée"):
        assert sentence in words


def test_what_is_said_of_the_room_fits_any_number(client: Client, ada: Person) -> None:
    ada.set_quota(1_000_000)
    assert "0 octet 0 % de place utilisée sur 1 Mo." in read(client, "/")
    ada.set_quota(None)
    assert "0 octet de place utilisée, sans limite." in read(client, "/")


def test_services_are_answered_in_english(exporter: Exporter) -> None:
    answer = exporter.send("blobs", b"[]", **{"Accept-Language": "fr"})
    assert answer.status_code == 400
    assert answer.json()["error_description"] == "An item is a JSON object."


def test_what_was_refused_is_kept_in_english_and_read_in_french(
    client: Client, exporter: Exporter, ada: Person
) -> None:
    ada.set_quota(2_000)
    exporter.send_file("blobs", file_item("film.mov"), bytes(5_000))
    kept = Rejection.objects.get()
    assert kept.reason.startswith("No room for ")
    words = read(client, f"/transfers/{kept.transfer_id}/")
    assert "film.mov 5 ko Il n’y avait pas de place pour cela dans votre compte. Faites de la place : " in words
    assert "Pas de place pour " in words and "No room" not in words


def test_the_bin_says_in_any_language_what_was_thrown_away(some: None, client: Client, ada: Person) -> None:
    transfer = Transfer.objects.get()
    answer = client.post("/bin/throw", {"transfer": transfer.pk, "kind": "photo"}, follow=True)
    job = BinJob.objects.get()
    assert re.fullmatch(r"the photos that came from Cloud One on \d+ \w+ 2\d{3}", job.title)
    assert [one["what"]["what"] for one in events("--person", ada.name) if one["kind"] == "thrown-away"] == [job.title]
    assert "Les photos (Cloud One, " in said(answer)
    assert "Les photos (Cloud One, " in read(client, "/bin/")
    User.objects.filter(pk=ada.row.pk).update(language="en")
    assert job.title.replace("the", "The", 1) in read(client, "/bin/")


def test_what_came_by_a_token_made_by_hand_is_said_to_come_from_there_in_french(
    client: Client, server: str, ada: Person
) -> None:
    headers = {"Authorization": f"Bearer {hand_made_token(ada, 'import')}"}
    post = {"@type": "SocialActivity", "activity": {"id": "1", "title": "Salut", "published": "2024-11-27T13:16:32Z"}}
    assert httpx.post(f"{server}/import/social-posts", json=post, headers=headers).status_code == 201
    transfer = Transfer.objects.get()
    for address in ("/", f"/transfers/{transfer.pk}/", "/search?q=Salut", "/settings/services", "/settings/delete"):
        words = read(client, address)
        assert "igne de commande" in words and "Command line" not in words, address
    assert 'value="Command line"' in client.get("/search?q=Salut").content.decode()
    client.post("/bin/throw", {"transfer": transfer.pk})
    assert BinJob.objects.get().title.startswith("everything that came from Command line on ")
    assert "Tout ce que Ligne de commande a envoyé" in read(client, "/bin/")


def test_the_name_of_a_record_is_left_as_it_is(client: Client, exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("all photos", "/"), b"1")
    answer = client.post("/bin/throw", {"kind": "file", "id": File.objects.get().doc_id})
    assert answer.status_code == 302, answer.content
    assert "all photos" in read(client, "/bin/")


def test_a_mail_on_room_is_in_french(exporter: Exporter, ada: Person, mailoutbox: list[EmailMessage]) -> None:
    exporter.send_file("blobs", file_item("film.mov"), bytes(80_000))
    ada.set_quota(ada.used * 100 // 85)
    tell_of_room()
    for pk in Letter.objects.values_list("pk", flat=True):
        send_letter(pk)
    [mail] = mailoutbox
    assert mail.subject == "Votre place se remplit"
    words = " ".join(str(mail.body).translate(NO_BREAK).split())
    assert "Bonjour ada, 85 % de votre place sur http://127.0.0.1:8000 est utilisée : " in words
    assert " : 80 ko Pour faire de la place" in words and "your" not in words
