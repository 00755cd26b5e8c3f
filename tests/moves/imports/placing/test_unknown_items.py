"""Items that no vertical knows, taken out and brought into another account."""

import httpx
import pytest

from importers.verticals.unknown.models import UnknownItem
from tests.support.archives import WHARF, bring, manifest, outcomes
from tests.support.exporter import Exporter, Person
from tests.support.takeout import TakeOut

pytestmark = pytest.mark.services

POEM = {"@type": "Poem", "title": "Ode"}


def bytes_of(person: Person) -> list[str]:
    return sorted(item.content.sha256 if item.content else "" for item in UnknownItem.objects.filter(owner=person.row))


@pytest.mark.parametrize("mime", ["", "application/octet-stream", "text/plain"])
def test_what_says_the_same_and_has_other_bytes_stays_apart(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person, mime: str
) -> None:
    for content in (b"\x00first", b"\x00second"):
        assert exporter.send_file("blobs", POEM, content, mime).status_code == 201
    assert exporter.send("blobs", POEM).status_code == 201
    source = TakeOut.made(http, ada).everything()
    placed = bring(grace, source, WHARF)
    assert [one.note for one in placed if one.note] == []
    assert bytes_of(grace) == bytes_of(ada)
    assert manifest(TakeOut.made(http, grace).everything()) == manifest(source)
    assert outcomes(bring(grace, source, WHARF)).keys() == {"unchanged"}
    assert outcomes(bring(ada, source, WHARF)).keys() == {"unchanged"}
    assert bytes_of(ada) == bytes_of(grace)
    assert len(set(bytes_of(ada))) == 3
