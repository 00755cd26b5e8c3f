"""Nothing received is replaced without being kept, of every kind there is: the tests' samples of all verticals, so that
the next one is held, too."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from accounts.models import User
from importers.documents.arriving import Outcome
from importers.items.unsaid import NOT_SAID
from importers.maintenance.verification import bytes_held
from importers.models import Revision
from importers.vertical import record_models
from importers.verticals.blobs.models import FileVersion
from importers.verticals.contacts.models import CardList, Contact
from importers.verticals.contacts.splitting import MOST_CARDS
from moves.models import Document
from tests.support.archives import bring
from tests.support.bringing import Bringing
from tests.support.cozy_archives import cozy_zip, document, file, instance, version
from tests.support.exporter import Exporter, Person
from tests.support.samples import send_all
from tests.support.takeout import TakeOut
from tests.support.worker import browser
from tests.verticals.contacts.samples import cards

pytestmark = pytest.mark.services

LONG_AHEAD = datetime(2999, 1, 1, tzinfo=UTC)
BILLS = "io.cozy.bills"
OTHERS = (BILLS, "io.cozy.bank.operations", "com.example.things", "org.wharf.of.a.later.version")
TIMES = {"later": timedelta(hours=1), "equal": timedelta(0), "earlier": timedelta(hours=-1)}


def strings(value: Any) -> Iterator[str]:
    """Every text in JSON, and in the JSON that its texts are."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, str):
        yield value
        if value.startswith(("{", "[")):
            yield from strings(json.loads(value))


def all_strings(take_out: TakeOut) -> set[str]:
    """Every document that leaves, and every text in it."""
    documents = [raw.decode() for name, raw in take_out.everything().items() if name.endswith(".json")]
    return {one for text in documents for one in (text, *strings(json.loads(text)))}


def what_stands(person: Person) -> list[tuple[str, str]]:
    """Every payload, and every text that a column says, with the column's name."""
    found = []
    for model in record_models():
        names = [field.attname for field in model._meta.concrete_fields if field.attname not in NOT_SAID]
        for record in model._default_manager.filter(owner=person.row):
            found.append((f"{model.__name__}.payload", record.payload))
            said = {name: getattr(record, name) for name in names}
            found += [(f"{model.__name__}.{name}", value) for name, value in said.items() if isinstance(value, str)]
    found += list(Document.objects.filter(owner=person.row).values_list("doctype", "body"))
    return [(name, value) for name, value in found if value]


def emptied(body: dict[str, Any], when: str) -> dict[str, Any]:
    """A document of ours that says something else of everything, at this time."""
    wharf = body["metadata"]["wharf"]
    for facts in [wharf, *wharf.get("records", [])]:
        if "changed_at" in facts:
            at = datetime.fromisoformat(facts["changed_at"])
            facts["changed_at"] = (LONG_AHEAD if when == "ahead" else at + TIMES[when]).isoformat()
            facts["payload"] = json.dumps({"_id": body["_id"], "updated_at": LONG_AHEAD.isoformat()})
        for name, value in facts.items():
            if isinstance(value, str) and name in ("name", "title", "description", "content", "notes", "location"):
                facts[name] = ""
    for name in ("name", "title", "description", "content", "notes", "location"):
        if body.get("type") != "file" and isinstance(body.get(name), str):
            body[name] = ""
    return body


@pytest.mark.parametrize("when", [*TIMES, "ahead"])
def test_every_kind_keeps_what_it_said_whatever_an_archive_says_of_it(
    exporter: Exporter, http: httpx.Client, ada: Person, when: str
) -> None:
    send_all(exporter)
    bring(ada, [document(doctype, "d1", fullname=f"of {doctype}", _rev="1-a") for doctype in OTHERS])
    stood = what_stands(ada)
    entries = TakeOut.made(http, ada).everything()
    for name, raw in entries.items():
        if "/Data/" in name and b'"wharf":{' in raw and b'"kind"' in raw:
            entries[name] = json.dumps(emptied(json.loads(raw), when)).encode()
    said = {"later": {"_rev": "2-a"}, "equal": {"_rev": "1-a"}, "earlier": {"_rev": "0-a"}, "ahead": {"_rev": "9-a"}}
    others = [document(one, "d1", fullname="", updated_at="2999-01-01T00:00:00Z", **said[when]) for one in OTHERS]
    entries = {name: raw for name, raw in entries.items() if "/d1.json" not in name} | dict(others)
    bring(ada, entries)
    kept = all_strings(TakeOut.made(http, ada))
    lost = [(name, value[:200]) for name, value in stood if not any(value in one for one in kept)]
    assert lost == []
    assert ada.used == bytes_held(ada.row)


NAMES = ("name", "title", "description")


def renamed(raw: bytes, to: str, after: timedelta) -> bytes:
    """A document of ours that another program has renamed, without touching what it was made of."""
    body = json.loads(raw)
    wharf = body["metadata"]["wharf"]
    for facts in [wharf, *wharf.get("records", [])]:
        if "changed_at" in facts:
            facts["changed_at"] = (datetime.fromisoformat(facts["changed_at"]) + after).isoformat()
        facts |= {name: to for name in NAMES if isinstance(facts.get(name), str)}
    if body.get("type") != "file":
        body |= {name: to for name in NAMES if isinstance(body.get(name), str)}
    return json.dumps(body).encode()


def test_what_only_columns_say_is_kept_when_they_say_something_else(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    send_all(exporter)
    entries = TakeOut.made(http, ada).everything()
    ours = {name: raw for name, raw in entries.items() if "/Data/" in name and b'"kind"' in raw}
    for hours, to in ((1, "renamed once"), (2, "renamed again")):
        bring(ada, entries | {name: renamed(raw, to, timedelta(hours=hours)) for name, raw in ours.items()})
        if hours == 1:
            stood = [name for name, value in what_stands(ada) if value == to]
    for name in [name for name, value in what_stands(ada) if value == "renamed once"]:
        stood.remove(name)  # it was not replaced
    assert {"Folder.name", "File.name", "Album.name", "Photo.description"} <= set(stood), stood
    said = [json.loads(one) for one in Revision.objects.values_list("payload", flat=True)]
    facts = [one["metadata"]["wharf"] for one in said if "metadata" in one]
    assert sum(value == "renamed once" for one in facts for value in one.values()) == len(stood)
    assert any("renamed once" in one for one in all_strings(TakeOut.made(http, ada)))
    assert ada.used == bytes_held(ada.row)


def bill(name: str, year: int, **more: Any) -> tuple[str, bytes]:
    at = f"{year}-01-01T00:00:00Z"
    return document(BILLS, "c1", fullname=name, cozyMetadata={"updatedAt": at}, updated_at=at, **more)


def test_what_a_later_archive_replaces_is_an_earlier_version_that_the_operator_sees_and_that_leaves(
    http: httpx.Client, ada: Person, grace: Person
) -> None:
    bring(ada, [bill("Ada Lovelace", 2020, _rev="1-a")])
    assert bring(ada, [bill("", 2021, _rev="2-a")])[0].outcome is Outcome.UPDATED
    revision = Revision.objects.get()
    operator = browser(User.objects.create_superuser("operator", "operator@example.org", "x"))
    page = operator.get(f"/admin/importers/revision/{revision.pk}/change/").content.decode()
    assert "Ada Lovelace" in page
    assert BILLS in page
    take_out = TakeOut.made(http, ada)
    assert any("Ada Lovelace" in one for one in all_strings(take_out))
    # It comes back as it left, here and elsewhere, and once.
    for person in (grace, ada, ada):
        bring(person, take_out.everything())
        assert any("Ada Lovelace" in one for one in all_strings(TakeOut.made(http, person)))
        assert person.used == bytes_held(person.row)
    assert Revision.objects.filter(owner=ada.row).count() == 1
    assert Document.objects.filter(owner=ada.row).count() == 1


@pytest.mark.parametrize("same_server", [True, False])
def test_a_time_that_is_long_to_come_does_not_decide(http: httpx.Client, ada: Person, same_server: bool) -> None:
    first, second = cozy_zip([instance(), bill("Ada", 2020)]), cozy_zip([instance(), bill("", 2999)])
    Bringing.of(http, ada, first)
    if not same_server:
        Document.objects.update(server="another.example")
    Bringing.of(http, ada, second)
    assert json.loads(Document.objects.get(doctype=BILLS).body)["fullname"] == "Ada"
    assert any('"2999-01-01T00:00:00Z"' in one for one in all_strings(TakeOut.made(http, ada)))


def test_what_stands_with_a_time_that_is_long_to_come_gives_way_and_is_kept(ada: Person) -> None:
    bring(ada, [bill("Mallory", 2999)])
    assert bring(ada, [bill("Ada", 2021)])[0].outcome is Outcome.UPDATED
    assert json.loads(Document.objects.get(doctype=BILLS).body)["fullname"] == "Ada"
    assert "Mallory" in "".join(Revision.objects.values_list("payload", flat=True)) + "".join(
        Document.objects.values_list("body", flat=True)
    )


@pytest.mark.parametrize(("ahead", "wins"), [(timedelta(hours=23), True), (timedelta(hours=25), False)])
def test_a_clock_may_be_a_day_ahead(ada: Person, ahead: timedelta, wins: bool) -> None:
    bring(ada, [bill("Before", 2020)])
    at = (timezone.now() + ahead).isoformat()
    bring(ada, [document(BILLS, "c1", fullname="After", updated_at=at)])
    assert json.loads(Document.objects.get(doctype=BILLS).body)["fullname"] == ("After" if wins else "Before")


def test_what_could_not_be_read_is_kept_when_something_else_of_its_name_comes(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p1", "content": "Hello"}})
    entries = TakeOut.made(http, ada).everything()
    [(name, raw)] = [(name, raw) for name, raw in entries.items() if "/org.wharf.social.posts/" in name]
    broken = json.loads(raw)
    broken["metadata"]["wharf"]["payload"] = 7
    broken["words"] = "that nobody has elsewhere"
    User.objects.exclude(pk=ada.row.pk).delete()
    other = Person.create("grace")
    bring(other, {name: json.dumps(broken).encode()})
    bring(other, {name: raw})
    assert any("that nobody has elsewhere" in one for one in all_strings(TakeOut.made(http, other)))
    assert other.used == bytes_held(other.row)


def test_what_a_version_says_is_kept_when_another_one_of_the_same_bytes_comes(ada: Person) -> None:
    bring(ada, file("f1", "/a.txt", b"new"))
    said = ["of the first one", "of the second one", "of a third one"]
    for doc_id, tag in zip(("v1", "v2", "v1"), said, strict=True):
        bring(ada, version("f1", doc_id, b"old", tags=[tag]))
        assert ada.used == bytes_held(ada.row)
    kept = [one for model in (Revision, FileVersion) for one in model.objects.values_list("payload", flat=True)]
    assert [words for words in said if not any(words in one for one in kept)] == []


@pytest.mark.parametrize("is_ours", [False, True])
def test_a_document_with_the_id_of_another_kind_is_kept_beside_it(
    exporter: Exporter, http: httpx.Client, ada: Person, is_ours: bool
) -> None:
    """Two documents of one doctype and one id would leave, and everybody takes one only."""
    exporter.send("contacts", cards("".join(f"BEGIN:VCARD\nFN:{n}\nEND:VCARD\n" for n in range(MOST_CARDS + 1))))
    kept = CardList.objects.get()
    if is_ours:
        exporter.send("contacts", cards("BEGIN:VCARD\nFN:Ada\nEND:VCARD"))
        entries = TakeOut.made(http, ada).everything()
        raw = next(raw for raw in entries.values() if b'"kind":"contact"' in raw and b"FN:Ada" in raw)
        body = json.loads(raw) | {"_id": kept.doc_id, "words": "of another kind"}
        came = [(f"My Cozy/Data/io.cozy.contacts/{kept.doc_id}.json", json.dumps(body).encode())]
    else:
        came = [document("io.cozy.contacts", kept.doc_id, fullname="of another kind")]
    stood = Contact.objects.count()
    for _ in range(2):
        bring(ada, came)
        assert ada.used == bytes_held(ada.row)
    assert Contact.objects.count() == stood
    take_out = TakeOut.made(http, ada)  # in which each name is there once
    assert any("of another kind" in one for one in all_strings(take_out))
