"""Contacts of an export as vCards of both versions, read by readers that are not ours."""

import json
from typing import Any

import httpx
import pytest
import vobject  # type: ignore[import-untyped]

from tests.support.archives import bring
from tests.support.cozy_archives import document
from tests.support.cozy_contacts import CONTACTS, FRIENDS, GRACE, GROUPS
from tests.support.exporter import Exporter, Person
from tests.support.takeout import TakeOut
from tests.verticals.contacts.samples import ADA, CHARLES, card, cards, sent

FILES = {"4.0": "Contacts.vcf", "3.0": "Contacts for phones (vCard 3.0).vcf"}
PHOTO = "/9j/4AAQSkZJRg=="
# As Cozys write contacts today.
ROSALIND: dict[str, Any] = {
    "displayName": "Rosalind Franklin",
    "name": {"givenName": "Rosalind", "additionalName": "Elsie", "familyName": "Franklin", "namePrefix": "Dr."},
    "gender": "female",
    "birthplace": "Notting Hill",
    "jobTitle": "Chemist",
    "phone": [
        {"number": "+44 20 1", "label": "work", "type": "fax"},
        {"number": "+44 7", "label": "Mobile", "type": "mobile", "primary": True},
        {"number": ""},
    ],
    "email": [{"address": "", "type": "work"}, {"address": "rosy@example.org", "label": "home", "type": "By the sea"}],
    "impp": [
        {"uri": "rosalind@example.org", "protocol": "matrix", "label": "work"},
        {"uri": "xmpp:rosalind@example.org", "protocol": "xmpp"},
    ],
    "address": [
        {
            "number": "4",
            "street": "Drayton Gardens",
            "city": "London",
            "code": "SW10",
            "country": "UK",
            "label": "home",
            "extendedAddress": {"floor": "2", "building": "B", "apartment": "12", "entrycode": "A1", "stairs": None},
            "formattedAddress": "4 Donovan Court\nLondon",
            "geo": {"geo": [-0.18, 51.48], "cozyCategory": "home"},
        },
        {"city": "Paris", "postcode": "75001", "geo": {"geo": "nowhere"}},
        {"formattedAddress": "somewhere"},
        {"type": "work", "geo": None},
        {"type": "boat", "geo": {"geo": [2.5, 48]}},
        {"type": "nowhere", "geo": {"geo": [True, 1]}},
    ],
}


def written(take_out: TakeOut, version: str) -> bytes:
    return take_out.everything()[f"My Cozy/Readable/Contacts/{FILES[version]}"]


def read(take_out: TakeOut, version: str) -> dict[str, Any]:
    """The cards of a file by their names, as another program reads them."""
    body = written(take_out, version)
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    found = {one.fn.value: one for one in vobject.readComponents(body.decode())}
    assert all(one.version.value == version for one in found.values())
    return found


@pytest.mark.parametrize("version", FILES)
def test_contacts_can_be_read_by_any_program(exporter: Exporter, http: httpx.Client, ada: Person, version: str) -> None:
    sent(exporter, cards(ADA + CHARLES + "not a card"))
    found = read(TakeOut.made(http, ada), version)
    assert found.keys() == {"Ada Lovelace", "Charles Bäbbage"}
    one = found["Ada Lovelace"]
    assert (one.n.value.family, one.n.value.given) == ("Lovelace", "Ada")
    assert (one.org.value, one.tel.value, one.email.value) == (
        ["Analytical Engines", "Programs"],
        "+44 20 1234",
        "ada@example.org",
    )
    assert (one.adr.value.street, one.adr.value.city, one.adr.value.code) == ("12 St James Square", "London", "SW1")
    assert (one.uid.value, one.categories.value) == ("ada", ["Friends", "Science"])
    assert one.bday.value == ("18151210" if version == "4.0" else "1815-12-10")
    assert ("1" in one.email.params.get("PREF", [])) == (version == "4.0")
    assert ("PREF" in one.email.params["TYPE"]) == (version == "3.0")
    assert found["Charles Bäbbage"].tel.params["TYPE"] == ["WORK", "VOICE"]


@pytest.mark.parametrize("version", FILES)
@pytest.mark.parametrize(
    ("came", "line", "said"),
    [
        ("3.0", f"PHOTO;ENCODING=b;TYPE=JPEG:{PHOTO}", {"4.0": f"PHOTO:data:image/jpeg;base64,{PHOTO}"}),
        (
            "2.1",
            f"PHOTO;ENCODING=BASE64;PNG:{PHOTO}",
            {"4.0": f"PHOTO:data:image/png;base64,{PHOTO}", "3.0": f"PHOTO;ENCODING=b;TYPE=PNG:{PHOTO}"},
        ),
        ("4.0", f"PHOTO:data:image/png;base64,{PHOTO}", {"3.0": f"PHOTO;ENCODING=b;TYPE=PNG:{PHOTO}"}),
        ("3.0", "PHOTO;VALUE=uri:http://127.0.0.1/a.jpg", {}),
        ("4.0", "PHOTO:http://127.0.0.1/a.jpg", {"3.0": "PHOTO;VALUE=uri:http://127.0.0.1/a.jpg"}),
        ("2.1", "LOGO;VALUE=URL:http://127.0.0.1/a.gif", dict.fromkeys(FILES, "LOGO;VALUE=uri:http://127.0.0.1/a.gif")),
        ("3.0", f"PHOTO;TYPE=JPEG:{PHOTO}", {}),
        ("4.0", "TEL;VALUE=uri;TYPE=cell;PREF=1:tel:+1", {"3.0": "TEL;TYPE=cell,PREF:+1"}),
        ("4.0", "EMAIL;PREF=2:second@example.org", {}),
        ("4.0", "BDAY:--1210", {"3.0": "BDAY;X-APPLE-OMIT-YEAR=1604:1604-12-10"}),
        ("3.0", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-12-10", {"4.0": "BDAY:--1210"}),
        ("3.0", "GEO:37.38;-122.08", {"4.0": "GEO:geo:37.38,-122.08"}),
        ("4.0", "GEO:geo:37.38,-122.08", {"3.0": "GEO:37.38;-122.08"}),
        ("3.0", "REV:2024-06-03T10:00:00Z", {"4.0": "REV:20240603T100000Z"}),
        ("3.0", "REV:2024-06-03T10:00:00.5-05:00", {"4.0": "REV:20240603T100000-0500"}),
        ("4.0", "ANNIVERSARY:20090808", {"3.0": "X-ANNIVERSARY:2009-08-08"}),
        ("4.0", "ANNIVERSARY:20090808T1430-0500", {"3.0": "X-ANNIVERSARY:2009-08-08T1430-0500"}),
        ("3.0", "BDAY:1987-09-27T08:30:00-06:00", {"4.0": "BDAY:19870927T083000-0600"}),
        ("4.0", "KIND:group", {"3.0": "X-ADDRESSBOOKSERVER-KIND:group"}),
        ("3.0", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1", {"4.0": "MEMBER:urn:uuid:1"}),
        (
            "3.0",
            "item1.X-ABLabel:Summer house",
            {},
        ),
        ("3.0", 'X-OWN;X-P="a;b":c\\, d', {}),
        ("2.1", "NOTE;ENCODING=QUOTED-PRINTABLE:a, b=0D=0Ac", dict.fromkeys(FILES, "NOTE:a\\, b\\nc")),
        ("2.1", "NOTE;ENCODING=QUOTED-PRINTABLE:a=3Bb", {"4.0": "NOTE:a;b", "3.0": "NOTE:a\\;b"}),
        ("3.0", "NOTE:a\\;b\\\\\\;c\\, d\\\\;e", {"4.0": "NOTE:a;b\\\\;c\\, d\\\\;e"}),
        ("3.0", "NOTE:a\u2028b\x85c", dict.fromkeys(FILES, "NOTE:a\\nb\\nc")),
    ],
)
def test_what_versions_say_otherwise_is_said_so(
    exporter: Exporter, http: httpx.Client, ada: Person, version: str, came: str, line: str, said: dict[str, str]
) -> None:
    sent(exporter, cards(card("FN:Ada", line, version=came)))
    lines = written(TakeOut.made(http, ada), version).replace(b"\r\n ", b"").decode().split("\r\n")
    assert said.get(version, line) in lines


@pytest.mark.parametrize("version", FILES)
def test_what_is_needed_and_was_not_said_is_there(
    exporter: Exporter, http: httpx.Client, ada: Person, version: str
) -> None:
    sent(exporter, cards(card("TEL:1") + card("NOTE:nothing else")))
    found = read(TakeOut.made(http, ada), version)
    assert found.keys() == {"1", "Without a name"}
    assert all(one.uid.value for one in found.values())
    assert all(hasattr(one, "n") for one in found.values()) or version == "4.0"


@pytest.mark.parametrize("version", FILES)
def test_what_stands_around_a_single_card_and_means_nothing_hides_nothing_of_it(
    exporter: Exporter, http: httpx.Client, ada: Person, version: str
) -> None:
    sent(exporter, cards("\ufeff" + card("ORG:Engines;Research", "TEL:1") + "\r\n\x1a"))
    take_out = TakeOut.made(http, ada)
    assert list(read(take_out, version)) == ["Engines, Research"]
    [contact] = (json.loads(body) for name, body in take_out.everything().items() if "/io.cozy.contacts/" in name)
    assert contact["company"] == "Engines, Research"
    assert [one["number"] for one in contact["phone"]] == ["1"]


@pytest.mark.parametrize("version", FILES)
def test_half_a_character_in_a_card_stops_no_export(
    exporter: Exporter, http: httpx.Client, ada: Person, version: str
) -> None:
    sent(exporter, cards(card("FN:Ada \ud83d", "NOTE:\udc00")))
    assert list(read(TakeOut.made(http, ada), version)) == ["Ada \ufffd"]


@pytest.mark.parametrize("version", FILES)
def test_a_cozys_contacts_are_cards_too(http: httpx.Client, ada: Person, version: str) -> None:
    bring(ada, [document(GROUPS, "g1", **FRIENDS), document(CONTACTS, "c1", **GRACE)])
    [one] = read(TakeOut.made(http, ada), version).values()
    assert (one.fn.value, one.n.value.family, one.org.value) == ("Grace Hopper", "Hopper", ["Navy"])
    assert (one.email.value, one.tel.value, one.note.value) == ("grace@example.org", "+1 555", "COBOL")
    assert (one.adr.value.street, one.adr.value.city) == ("1 Harbor", "Arlington")
    assert (one.uid.value, one.categories.value) == ("c1", ["Friends"])


@pytest.mark.parametrize("version", FILES)
def test_all_that_a_cozys_contact_says_and_a_card_has_a_place_for_is_there(
    http: httpx.Client, ada: Person, version: str
) -> None:
    bring(ada, [document(CONTACTS, "c1", **ROSALIND)])
    lines = written(TakeOut.made(http, ada), version).replace(b"\r\n ", b"").decode().split("\r\n")
    is_4 = version == "4.0"
    assert {
        "N:Franklin;Rosalind;Elsie;Dr.;",
        "GENDER:F" if is_4 else "X-GENDER:F",
        "BIRTHPLACE:Notting Hill",
        "TITLE:Chemist",
        "TEL;TYPE=work,fax:+44 20 1",
        "TEL;TYPE=mobile;PREF=1:+44 7" if is_4 else "TEL;TYPE=mobile,pref:+44 7",
        "item2.EMAIL;TYPE=home:rosy@example.org",
        "item2.X-ABLabel:By the sea",
        "IMPP;TYPE=work:matrix:rosalind@example.org",
        "IMPP:xmpp:rosalind@example.org",
        'ADR;TYPE=home;LABEL=4 Donovan Court^nLondon;GEO="geo:51.48,-0.18":;'
        "B\\, 2\\, 12\\, A1;4 Drayton Gardens;London;;SW10;UK",
        "ADR:;;;Paris;;75001;",
        "ADR;LABEL=somewhere:;;somewhere;;;;",
    } <= set(lines)
    without_value = [line for line in lines if line.endswith((":", ":;;;;;;"))]
    assert without_value == ['ADR;TYPE=boat;GEO="geo:48,2.5":;;;;;;']


def test_without_contacts_there_is_no_file(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p1"}})
    assert not any("/Contacts/" in name for name in TakeOut.made(http, ada).everything())
