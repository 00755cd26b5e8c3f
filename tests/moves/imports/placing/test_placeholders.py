"""A container that was named before it came, by an exporter's item or by an archive, is one container when it comes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.db.models import Sum

from importers.maintenance.verification import bytes_held
from importers.models import Revision, Source, TransferCount
from importers.vertical import record_models
from importers.verticals.blobs.models import Folder
from importers.verticals.calendar.models import Calendar
from importers.verticals.media.models import Album
from moves.imports.placing.placer import Placement
from tests.support.archives import WHARF, bring, holds
from tests.support.exporter import Exporter, Person, envelope, file_item
from tests.support.takeout import TakeOut

pytestmark = pytest.mark.services

CONTAINERS = (Album, Calendar, Folder)
INSIDE = {Album: "photos", Calendar: "events", Folder: "files"}


@pytest.fixture
def theirs(server: str, exporter: Exporter, grace: Person) -> Iterator[Exporter]:
    """The same exporter, as it sends to the other account."""
    with Exporter(server, grace, "Cloud Two") as theirs:
        yield theirs


def name(sender: Exporter, inside: str) -> None:
    """Sends a photo, an event and a file, each of which names its container."""
    answers = [
        sender.send_file("media", envelope({"@type": "Photo", "name": inside, "albumId": "late"}), inside.encode()),
        sender.send("calendar", {"@type": "CalendarEvent", "calendarId": "late", "title": inside}),
        sender.send_file("blobs", file_item(inside, folder="/late"), inside.encode()),
    ]
    assert [answer.json()["status"] for answer in answers] == ["created"] * 3


def send(sender: Exporter, called: str = "Late") -> list[str]:
    """Sends the album, the calendar and the folder themselves. Returns what became of them."""
    answers = [
        sender.send("media", envelope({"@type": "Album", "id": "late", "name": called})),
        sender.send("calendar", envelope({"@type": "Calendar", "id": "late", "name": called})),
        sender.send("blobs", {"@type": "Folder", "path": "/late", "called": called}),
    ]
    return [answer.json()["status"] for answer in answers]


def taken_out(http: httpx.Client, person: Person, exporter: Exporter) -> dict[str, bytes]:
    """The archive of an account that the exporter has filled as well."""
    Source.objects.filter(owner=person.row).update(client_id=exporter.client["client_id"])
    return TakeOut.made(http, person).everything()


def without_containers(archive: dict[str, bytes], person: Person) -> dict[str, bytes]:
    """What is left of an archive when the containers' documents are lost."""
    lost = {f"/{of(person, model).doc_id}.json" for model in CONTAINERS}
    return {name: body for name, body in archive.items() if not name.endswith(tuple(lost))}


def of(person: Person, model: Any, **narrowed: Any) -> Any:
    return model.objects.get(owner=person.row, **narrowed)


def shown(person: Person) -> list[tuple[bool, str, int]]:
    """Of each container whether it only waits, what it is called, and how much is in it."""
    found = [(model, one) for model in CONTAINERS for one in model.objects.filter(owner=person.row).order_by("pk")]
    return [(one.is_placeholder, one.name, getattr(one, INSIDE[model]).count()) for model, one in found]


def outcomes_of_containers(placed: list[Placement], source: Person) -> set[str]:
    """What became of the documents that the containers of the other account left in."""
    ids = {of(source, model).doc_id for model in CONTAINERS}
    return {one.outcome.value for one in placed if one.id in ids}


def is_whole(person: Person) -> bool:
    """Whether the counts say what is there: the bytes in use, and a record for each that a transfer brought."""
    came = sum(
        model.objects.filter(owner=person.row).exclude(pk__in=model.objects.placeholders()).count()
        for model in record_models()
    )
    counts = TransferCount.objects.filter(transfer__owner=person.row).aggregate(created=Sum("created"))
    return (person.used, counts["created"]) == (bytes_held(person.row), came)


CAME = [(False, "Late", 2), (False, "Late", 2), (False, "late", 2)]
WAITING = [(True, "", 1), (True, "", 1), (True, "", 1)]


@pytest.mark.parametrize("first", ["named", "came"])
def test_what_an_item_named_comes_with_an_archive(
    http: httpx.Client, exporter: Exporter, theirs: Exporter, ada: Person, grace: Person, first: str
) -> None:
    """Whichever was first: naming it says nothing of it, so that a document which is older is not."""
    if first == "named":
        name(exporter, "ours")
    send(theirs)
    name(theirs, "theirs")
    if first == "came":
        name(exporter, "ours")
    assert shown(ada) == WAITING
    ids = [of(ada, model).doc_id for model in CONTAINERS]
    source = taken_out(http, grace, exporter)
    assert outcomes_of_containers(bring(ada, source, WHARF), grace) == {"created"}
    assert shown(ada) == CAME
    assert ids == [of(ada, model).doc_id for model in CONTAINERS]
    assert not Revision.objects.filter(owner=ada.row).exists()
    assert is_whole(ada)
    assert holds(ada, source, WHARF) == []
    assert outcomes_of_containers(bring(ada, source, WHARF), grace) == {"unchanged"}
    assert send(exporter) == ["unchanged"] * 3
    assert shown(ada) == CAME


def test_what_an_archive_named_comes_with_the_next(
    http: httpx.Client, exporter: Exporter, theirs: Exporter, ada: Person, grace: Person
) -> None:
    send(theirs)
    name(theirs, "theirs")
    source = taken_out(http, grace, exporter)
    placed = bring(ada, without_containers(source, grace), WHARF)
    assert [one.outcome.value for one in placed if one.note] == ["renamed"] * 3
    assert shown(ada) == WAITING
    placed = bring(ada, source, WHARF)
    assert outcomes_of_containers(placed, grace) == {"created"}
    assert not any(one.note for one in placed)
    assert shown(ada) == [(False, "Late", 1), (False, "Late", 1), (False, "late", 1)]
    assert is_whole(ada)
    assert send(exporter) == ["unchanged"] * 3  # its document has said whose it is
    assert bring(ada, source, WHARF)[-1].outcome.value == "unchanged"


def test_what_an_item_and_an_archive_have_named_are_two_until_a_document_says_that_they_are_one(
    http: httpx.Client, exporter: Exporter, theirs: Exporter, ada: Person, grace: Person
) -> None:
    """An archive names albums and calendars by ids of its own, and folders by their paths."""
    send(theirs)
    name(theirs, "theirs")
    name(exporter, "ours")
    source = taken_out(http, grace, exporter)
    bring(ada, without_containers(source, grace), WHARF)
    assert shown(ada) == [*[(True, "", 1)] * 4, (True, "", 2)]
    assert outcomes_of_containers(bring(ada, source, WHARF), grace) == {"created"}
    assert shown(ada) == CAME
    assert is_whole(ada)
    assert outcomes_of_containers(bring(ada, source, WHARF), grace) == {"unchanged"}
    assert holds(ada, source, WHARF) == []
    assert send(exporter) == ["unchanged"] * 3


def test_a_document_of_what_only_was_named_brings_nothing_more(
    http: httpx.Client, exporter: Exporter, theirs: Exporter, ada: Person, grace: Person
) -> None:
    name(theirs, "theirs")
    source = taken_out(http, grace, exporter)
    assert outcomes_of_containers(bring(ada, source, WHARF), grace) == {"created"}
    assert (shown(ada), is_whole(ada)) == (WAITING, True)
    assert outcomes_of_containers(bring(ada, source, WHARF), grace) == {"unchanged"}
    name(exporter, "ours")
    named = [(True, "", 2)] * 3
    assert outcomes_of_containers(bring(ada, source, WHARF), grace) == {"unchanged"}
    assert (shown(ada), is_whole(ada)) == (named, True)
    assert send(exporter) == ["created"] * 3
    assert (shown(ada), is_whole(ada)) == (CAME, True)


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_what_was_named_in_both_accounts_still_waits(
    http: httpx.Client, exporter: Exporter, theirs: Exporter, ada: Person, grace: Person, first: str
) -> None:
    senders = {"ours": exporter, "theirs": theirs}
    for sender in (first, *senders.keys() - {first}):
        name(senders[sender], sender)
    before = [of(ada, model).doc_id for model in CONTAINERS]
    assert outcomes_of_containers(bring(ada, taken_out(http, grace, exporter), WHARF), grace) == {"unchanged"}
    assert (shown(ada), is_whole(ada)) == ([(True, "", 2)] * 3, True)
    assert before == [of(ada, model).doc_id for model in CONTAINERS]


def test_a_document_of_what_only_was_named_leaves_what_has_come(
    http: httpx.Client, exporter: Exporter, theirs: Exporter, ada: Person, grace: Person
) -> None:
    """Even if it was named after that."""
    send(exporter)
    name(exporter, "ours")
    name(theirs, "theirs")
    payloads = [of(ada, model).payload for model in CONTAINERS]
    source = taken_out(http, grace, exporter)
    assert outcomes_of_containers(bring(ada, source, WHARF), grace) == {"unchanged"}
    assert (shown(ada), is_whole(ada)) == (CAME, True)
    assert payloads == [of(ada, model).payload for model in CONTAINERS]
    assert holds(ada, source, WHARF) == []


def test_what_came_with_an_archive_is_updated_by_items(
    http: httpx.Client, exporter: Exporter, theirs: Exporter, ada: Person, grace: Person
) -> None:
    send(theirs)
    name(theirs, "theirs")
    bring(ada, taken_out(http, grace, exporter), WHARF)
    assert send(exporter, "Later") == ["updated"] * 3
    assert shown(ada) == [(False, "Later", 1), (False, "Later", 1), (False, "late", 1)]
    assert Revision.objects.filter(owner=ada.row).count() == 3
