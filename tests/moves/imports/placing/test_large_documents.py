"""Documents with more values than are read are kept whole, by their bytes, and listed."""

import io
import json
import zipfile
from collections.abc import Iterable

import httpx
import pytest

from importers.verticals.calendar.models import CalendarEvent
from moves.models import Document
from tests.support.archives import DATA
from tests.support.bringing import Bringing
from tests.support.cozy_archives import FILES, VERSIONS, directory, document, file, instance
from tests.support.exporter import Exporter, Person
from tests.support.hostile import MIB, at_most
from tests.support.samples import send_all
from tests.support.takeout import TakeOut

EVENTS = "org.wharf.calendar.events"


def large(doc_id: str, values: int = 300_000, unit: str = "{}") -> bytes:
    return f'{{"_id": "{doc_id}", "x": [{",".join([unit] * values)}], "updatedAt": "2024-01-01"}}'.encode()


def archive(entries: Iterable[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in entries:
            made.writestr(name, body)
    return packed.getvalue()


@pytest.mark.parametrize("doctype", ["io.cozy.bills", EVENTS, "io.cozy.contacts", FILES, VERSIONS, "a b"])
@pytest.mark.parametrize("unit", ["{}", "[]", '{"a":0.5}', '"x"', "1e999"])
def test_a_document_with_too_many_values_is_kept_by_its_bytes_and_listed(
    http: httpx.Client, ada: Person, doctype: str, unit: str
) -> None:
    raw = large("big/one", unit=unit)
    entries = [instance(), (f"{DATA}{doctype}/big%2Fone.json", raw), document("io.cozy.bills", "small", amount=7)]
    found = Bringing.of(http, ada, archive(entries))
    kept = Document.objects.get(owner=ada.row, doctype=doctype, doc_id="big/one")
    assert kept.body.encode() == raw
    assert Document.objects.filter(doc_id="small").exists()
    [said] = found.row.report.filter(doctype=doctype)
    assert "more than 200,000 values" in said.sentence
    assert "kept whole" in said.sentence
    assert ada.used == len(raw) + len(entries[2][1])


@pytest.mark.services
def test_it_leaves_as_it_came_and_is_known_again(http: httpx.Client, ada: Person, grace: Person) -> None:
    raw = large("big")
    Bringing.of(http, ada, archive([instance(), (f"{DATA}io.cozy.bills/big.json", raw)]))
    out = TakeOut.made(http, ada).everything()
    assert out[f"{DATA}io.cozy.bills/big.json"] == raw
    for _ in range(2):
        Bringing.of(http, grace, archive(out.items()))
    assert Document.objects.get(owner=grace.row, doctype="io.cozy.bills").body.encode() == raw
    assert Document.objects.filter(owner=grace.row).count() == 1


@pytest.mark.services
def test_two_states_of_one_are_both_kept(http: httpx.Client, ada: Person) -> None:
    first, second = large("big"), large("big", 300_001)
    for raw in (first, second, first, second):
        Bringing.of(http, ada, archive([instance(), (f"{DATA}io.cozy.bills/big.json", raw)]))
    assert Document.objects.get(doctype="io.cozy.bills").body.encode() == first
    [beside] = Document.objects.exclude(doctype="io.cozy.bills")
    assert json.loads(beside.body)["state"].encode() == second


@pytest.mark.services
def test_the_record_that_has_its_id_stays_and_it_is_kept_beside(
    http: httpx.Client, exporter: Exporter, ada: Person
) -> None:
    send_all(exporter)
    event = CalendarEvent.objects.filter(owner=ada.row).latest("pk")
    raw = large(event.doc_id)
    for _ in range(2):
        Bringing.of(http, ada, archive([instance(), (f"{DATA}{EVENTS}/{event.doc_id}.json", raw)]))
    assert CalendarEvent.objects.get(pk=event.pk).payload == event.payload
    [beside] = Document.objects.all()
    assert json.loads(beside.body)["state"].encode() == raw


def test_what_is_no_text_is_refused_however_large(http: httpx.Client, ada: Person) -> None:
    bad = [large("a").replace(b"{}", b"\xff", 1), large("b").replace(b"{}", b"\0", 1)]
    entries = [(f"{DATA}io.cozy.bills/{name}.json", raw) for name, raw in zip("ab", bad, strict=True)]
    found = Bringing.of(http, ada, archive([instance(), *entries]))
    assert not Document.objects.exists()
    assert found.row.missing == 2


def test_a_document_of_60_mebibytes_in_a_zip_of_60_kibibytes_takes_few_copies_of_its_text(
    http: httpx.Client, ada: Person
) -> None:
    raw = large("big", 20 * MIB)
    packed = archive([instance(), (f"{DATA}io.cozy.bills/big.json", raw)])
    assert len(packed) < 100_000
    with at_most(8 * 60):
        Bringing.of(http, ada, packed)
    assert Document.objects.get().body.encode() == raw


def test_many_documents_that_take_much_together_are_placed_few_at_once(http: httpx.Client, ada: Person) -> None:
    entries = [(f"{DATA}io.cozy.bills/{number}.json", large(str(number), 60_000)) for number in range(20)]
    packed = archive([instance(), *entries])
    with at_most(60):  # all of them at once would take 115 MiB
        Bringing.of(http, ada, packed)
    assert Document.objects.count() == 20


@pytest.mark.parametrize("size", ["1e999", "-1", "99999999999999999999999999", '"1e999"', "1.5", "[]"])
def test_a_size_that_is_none_takes_no_import_down(http: httpx.Client, ada: Person, size: str) -> None:
    entries = [instance(), directory("d", "/d"), *file("f", "/d/a.txt", b"abc", "d"), document("io.cozy.bills", "b")]
    name, raw = entries[2]
    said = json.loads(raw) | {"size": "SIZE"}
    entries[2] = (name, json.dumps(said).replace('"SIZE"', size).encode())
    found = Bringing.of(http, ada, archive(entries))
    assert found.row.state in ("done", "incomplete")
    assert Document.objects.filter(doc_id="b").exists()


@pytest.mark.services
def test_an_archive_of_many_doctypes_and_long_names_leaves_a_short_row_and_report(
    http: httpx.Client, ada: Person
) -> None:
    entries = [document(f"{number}.{'d' * 240}", "x") for number in range(1_500)]
    stray = (f"My Cozy/Files/{'n' * 5_000}/the end.txt", b"stray")
    found = Bringing.of(http, ada, archive([instance(), *entries, stray])).row
    assert len(found.doctypes) == 1_001
    assert sum(found.doctypes.values()) >= 1_500
    assert max(map(len, found.doctypes)) <= 200
    [said] = found.report.filter(entry__contains="the end.txt")
    assert len(said.entry) == 200
