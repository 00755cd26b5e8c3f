"""Contacts, a group and a list as samples; see tests/support/samples.py."""

import json
from typing import Any

from django.utils import timezone

from importers.verticals.contacts.models import CardList, Contact, ContactGroup
from importers.verticals.contacts.splitting import MOST_CARDS
from tests.support.archives import bring
from tests.support.cozy_archives import document
from tests.support.exporter import Exporter
from tests.support.samples import SampleAccount

ADA = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:ada\r\nFN:Ada Lovelace\r\nN:Lovelace;Ada;;;\r\n"
    "ORG:Analytical Engines;Programs\r\n"
    "TEL;TYPE=HOME:+44 20 1234\r\nEMAIL;TYPE=INTERNET,PREF:ada@example.org\r\nBDAY:1815-12-10\r\n"
    "ADR;TYPE=HOME:;;12 St James Square;London;;SW1;UK\r\nCATEGORIES:Friends,Science\r\nEND:VCARD\r\n"
)
CHARLES = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:B=C3=A4bbage;Charles\r\n"
    "TEL;WORK;VOICE:1871\r\nEND:VCARD\r\n"
)


def cards(text: str, **more: Any) -> dict[str, Any]:
    """An item of these cards."""
    return {"@type": "ContactsModelWrapper", "vCards": text, **more}


def card(*lines: str, version: str = "3.0") -> str:
    """A card of these lines."""
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def many(number: int, **more: Any) -> dict[str, Any]:
    """An item of so many cards."""
    text = (f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{n}\r\nFN:No {n}\r\nTEL:{n}\r\nEND:VCARD\r\n" for n in range(number))
    return cards("".join(text), **more)


def sent(exporter: Exporter, item: dict[str, Any]) -> str:
    """Sends an item that is taken. Returns its status."""
    answer = exporter.send("contacts", item)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["status"])


def rows(account: SampleAccount) -> None:
    now = timezone.now()
    ContactGroup.objects.create(
        **account.columns("ContactGroup", identifier=f"g{account.seed}", name="Friends", arrived_at=now)
    )
    said = {"payload": json.dumps(cards(ADA, seed=account.seed)), "name": "Ada Lovelace"}
    Contact.objects.create(**account.columns("Contact") | said)
    CardList.objects.create(**account.columns("CardList"))


def send(exporter: Exporter) -> None:
    exporter.send("contacts", cards(ADA + CHARLES))
    # More than are taken at once.
    exporter.send("contacts", cards("".join(f"BEGIN:VCARD\nFN:{n}\nEND:VCARD\n" for n in range(MOST_CARDS + 1))))
    # Groups come in archives only.
    bring(exporter.person, [document("io.cozy.contacts.groups", "g1", name="Friends")])
