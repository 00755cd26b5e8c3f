"""Cards come in over the wire: one or more of them in an item."""

import json
import time
from typing import Any

import pytest

from importers.models import Revision, TransferCount
from importers.verticals.contacts.models import Contact
from tests.support.exporter import Exporter, Person
from tests.verticals.contacts.samples import ADA, CHARLES, card, cards, sent


def only(exporter: Exporter, *lines: str, version: str = "3.0") -> Contact:
    """The contact that a card of these lines becomes."""
    assert sent(exporter, cards(card(*lines, version=version))) == "created"
    found: Contact = Contact.objects.get()
    return found


@pytest.mark.services
def test_each_card_of_an_item_is_a_contact(exporter: Exporter) -> None:
    assert sent(exporter, cards(ADA + CHARLES)) == "created"
    ada, charles = Contact.objects.order_by("name")
    assert (ada.name, ada.organization, ada.birthday) == ("Ada Lovelace", "Analytical Engines, Programs", "1815-12-10")
    assert (ada.telephones, ada.emails) == ("+44 20 1234 (home)", "ada@example.org")
    assert (ada.addresses, ada.groups) == ("12 St James Square, London, SW1, UK (home)", "Friends\nScience")
    assert (charles.name, charles.telephones) == ("Charles Bäbbage", "1871 (work)")


def test_what_else_an_item_says_does_not_keep_its_cards_from_being_read(exporter: Exporter) -> None:
    assert sent(exporter, cards(ADA, cards="none", _cards=[])) == "created"
    assert Contact.objects.get().name == "Ada Lovelace"


def test_the_card_is_kept_as_it_came_and_counted(exporter: Exporter, ada: Person) -> None:
    item = cards(ADA, comes="from afar")
    body = json.dumps(item, indent=3).encode()
    assert exporter.send("contacts", body).status_code == 201
    assert Contact.objects.get().payload.encode() == body
    assert ada.used == len(body)
    assert sent(exporter, cards(ADA.replace("UID:ada", "UID:other") + CHARLES, comes="from afar")) == "created"
    payloads = [json.loads(one.payload) for one in Contact.objects.order_by("pk")][1:]
    assert [one["vCards"] + "\r\n" for one in payloads] == [ADA.replace("UID:ada", "UID:other"), CHARLES]
    assert [one.get("comes") for one in payloads] == ["from afar", None]  # nothing is lost, and nothing kept twice
    assert ada.used == sum(len(one.payload.encode()) for one in Contact.objects.all())


def test_a_transfer_counts_contacts(exporter: Exporter) -> None:
    sent(exporter, cards(ADA + CHARLES))
    sent(exporter, cards(ADA.replace("SW1", "SW2") + CHARLES + card("FN:Grace")))
    count = TransferCount.objects.get(vertical="contacts")
    assert (count.created, count.updated, count.unchanged, count.transfer.items) == (3, 1, 1, 5)


@pytest.mark.services
@pytest.mark.parametrize(
    "again",
    [
        cards(ADA + CHARLES),
        cards(ADA) | {"@type": "ContactsModelWrapperExportData"},
        {"@type": "GenericPayload", "payload": cards(CHARLES + ADA)},
        cards(ADA.replace("\r\n", "\n")),
        cards(ADA.replace("12 St James", "12 St\r\n  James")),
        cards(ADA.replace("END:", "REV:2024-06-03T10:00:00Z\r\nEND:")),
        cards(ADA + ADA),
    ],
)
def test_sent_again_nothing_changes(exporter: Exporter, again: dict[str, Any]) -> None:
    sent(exporter, cards(ADA + CHARLES))
    assert sent(exporter, again) == "unchanged"
    assert (Contact.objects.count(), Revision.objects.count()) == (2, 0)


@pytest.mark.services
def test_a_card_with_the_same_uid_that_says_something_else_is_another_version(exporter: Exporter) -> None:
    first = cards(ADA)
    assert [sent(exporter, one) for one in (first, cards(ADA.replace("SW1", "SW2")))] == ["created", "updated"]
    assert "SW2" in Contact.objects.get().addresses
    assert [json.loads(one.payload) for one in Revision.objects.all()] == [first]


def test_a_uid_has_one_spelling(exporter: Exporter) -> None:
    uid = "4FBE8971-0BC3-424C-9C26-36C3E1EFF6B1"
    sent(exporter, cards(card(f"UID:{uid}", "FN:Ada")))
    assert sent(exporter, cards(card(f"UID:urn:uuid:{uid.lower()}", "FN:Ada L", version="4.0"))) == "updated"
    assert Contact.objects.get().name == "Ada L"


def test_cards_without_a_uid_are_told_apart_by_what_they_say(exporter: Exporter) -> None:
    for status in ("created", "unchanged"):
        assert sent(exporter, cards(card("FN:Ada") + card("FN:Grace"))) == status
    assert sent(exporter, cards(card("FN:Ada", "TEL:1"))) == "created"
    assert Contact.objects.count() == 3


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["N:Lovelace;Ada;King;Lady;PhD", "FN:"], "Lady Ada King Lovelace PhD"),
        (["ORG:Engines\\, Ltd"], "Engines, Ltd"),
        (["EMAIL:ada@example.org"], "ada@example.org"),
        (["TEL:+44 20 1234"], "+44 20 1234"),
        (["NOTE:Nobody"], ""),
        (["FN:two\\nlines\\; and\\, more"], "two\nlines; and, more"),
    ],
)
def test_a_contact_without_a_name_is_called_by_what_it_says(exporter: Exporter, lines: list[str], name: str) -> None:
    assert only(exporter, *lines).name == name


@pytest.mark.parametrize(
    ("line", "birthday"),
    [
        ("BDAY:18151210", "1815-12-10"),
        ("BDAY;VALUE=date:1815-12-10", "1815-12-10"),
        ("BDAY:1815-12-10T00:00:00Z", "1815-12-10"),
        ("BDAY:--1210", "--12-10"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-12-10", "--12-10"),
        ("BDAY;VALUE=text:circa 1815", "circa 1815"),
        ("BDAY:1815-12", "1815-12"),
    ],
)
def test_a_birthday_is_a_day_in_any_spelling(exporter: Exporter, line: str, birthday: str) -> None:
    assert only(exporter, "FN:Ada", line).birthday == birthday


def test_labels_of_ones_own_are_shown(exporter: Exporter) -> None:
    found = only(
        exporter,
        "FN:Ada",
        "item1.TEL;TYPE=VOICE:1",
        "item1.X-ABLabel:Summer house",
        "item2.EMAIL;TYPE=INTERNET:a@example.org",
        "item2.X-ABLabel:_$!<Work>!$_",
        "TEL;TYPE=home;TYPE=fax:2",
        "TEL;VALUE=uri;TYPE=cell:tel:+3",
    )
    assert found.telephones == "1 (Summer house)\n2 (home fax)\n+3 (cell)"
    assert found.emails == "a@example.org (work)"


def test_old_cards_are_read_as_they_were_written(exporter: Exporter) -> None:
    found = only(
        exporter,
        "FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6rg =",
        "M=FCller",
        "TEL;HOME;FAX:1",
        "ADR;DOM;HOME;QUOTED-PRINTABLE:;;1 Road=0D=0ALeft;Town, County;;;",
        "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ",
        "  SkZJRg==",
        "",
        "NOTE;CHARSET=no-such;ENCODING=QUOTED-PRINTABLE:=C3=A9",
        "AGENT:",
        "BEGIN:VCARD",
        "FN:Somebody else",
        "END:VCARD",
        version="2.1",
    )
    assert (found.name, found.telephones) == ("Jörg Müller", "1 (home fax)")
    assert found.addresses == "1 Road Left, Town, County (dom home)"
    assert found.unread == ""


def test_what_cannot_be_read_is_kept_and_shown_by_its_lines(exporter: Exporter) -> None:
    found = only(exporter, "FN:Ada", "no line at all", "TEL:1", "B\x01D;=:x")
    assert (found.name, found.telephones, found.unread) == ("Ada", "1", "no line at all\nB\x01D;=:x")


@pytest.mark.parametrize(
    "text", ["nothing of a card", "BEGIN:VCARD\r\nFN:Ada", "BEGIN:VCARD\r\nEND:VCARD", "END:VCARD", "{}"]
)
def test_what_is_no_card_is_kept_whole_and_shown_by_its_lines(exporter: Exporter, text: str) -> None:
    assert sent(exporter, cards(text)) == "created"
    found = Contact.objects.get()
    assert (found.name, found.unread.splitlines()) == ("", text.splitlines())
    assert json.loads(found.payload)["vCards"] == text
    assert sent(exporter, cards(text)) == "unchanged"


def test_one_broken_card_does_not_harm_the_others(exporter: Exporter) -> None:
    text = f"\ufeffhello\r\n{card('FN:Ada')}BEGIN:VCARD\r\nFN:No end\r\n{card('FN:Grace')}bye"
    assert sent(exporter, cards(text)) == "created"
    found = Contact.objects.order_by("pk").values_list("name", "unread")
    assert list(found) == [
        ("", "hello"),
        ("Ada", ""),
        ("", "BEGIN:VCARD\nFN:No end"),
        ("Grace", ""),
        ("", "bye"),
    ]


@pytest.mark.parametrize("between", ["", "\ufeff"])
def test_cards_of_files_that_were_put_together_without_a_line_end_are_as_many(exporter: Exporter, between: str) -> None:
    text = card("FN:Ada", "UID:a").strip() + between + card("FN:Grace", "UID:g").strip()
    assert sent(exporter, cards(text)) == "created"
    assert [*Contact.objects.order_by("pk").values_list("name", "uid")] == [("Ada", "a"), ("Grace", "g")]
    assert not Contact.objects.exclude(unread="").exists()


@pytest.mark.parametrize("text", [None, "", " \r\n", 7, [ADA], {"a": 1}])
def test_an_item_without_cards_is_kept_whole(exporter: Exporter, text: Any) -> None:
    assert sent(exporter, cards(text)) == "kept"
    assert not Contact.objects.exists()


@pytest.mark.services
def test_characters_that_no_column_holds_are_kept_in_the_card(exporter: Exporter) -> None:
    body = json.dumps(cards(card("FN:A\x00da") + card("FN:\ud800Grace"))).encode()
    assert exporter.send("contacts", body).status_code == 201
    assert [one.name for one in Contact.objects.order_by("pk")] == ["A\ufffdda", "\ufffdGrace"]
    assert [json.loads(one.payload)["vCards"] for one in Contact.objects.order_by("pk")] == [
        card("FN:A\x00da").strip(),
        card("FN:\ud800Grace").strip(),
    ]


HOSTILE = [
    "NOTE;a" + "," * 50_000,
    ";" * 50_000 + ":",
    'A;B="' * 20_000,
    "A" * 1_000_000,
    "TEL" + ";TYPE=x" * 150_000 + ":1",
]


@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_line_takes_no_longer_than_another(exporter: Exporter, line: str) -> None:
    began = time.monotonic()
    assert only(exporter, "FN:Ada", line).name == "Ada"
    assert time.monotonic() - began < 20  # a second where nobody else works; by its length squared, minutes


def test_a_photo_is_kept_and_never_fetched(exporter: Exporter) -> None:
    folded = "\r\n ".join(["PHOTO;ENCODING=b;TYPE=JPEG:"] + ["A" * 74] * 10_000)
    found = only(exporter, "FN:Ada", folded, "PHOTO;VALUE=uri:http://127.0.0.1:1/ada.jpg")
    assert "http://127.0.0.1:1/ada.jpg" in found.payload
    assert len(found.payload) > 740_000


@pytest.mark.services
def test_what_the_person_has_deleted_stays_deleted_for_its_job(exporter: Exporter) -> None:
    sent(exporter, cards(ADA + CHARLES))
    Contact.objects.update(trashed_at="2026-01-01T00:00:00Z")
    assert sent(exporter, cards(ADA + CHARLES)) == "unchanged"
    exporter.new_job()
    assert sent(exporter, cards(ADA + CHARLES)) == "updated"
    assert not Contact.objects.exclude(trashed_at=None).exists()
