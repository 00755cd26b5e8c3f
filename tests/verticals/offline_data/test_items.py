"""Offline data comes in over the wire, whatever it is, and returns from archives."""

import httpx
import pytest

from importers.merging.origin import Origin
from importers.verticals.offline_data.models import OfflineData, OfflineDataFile
from tests.support import freeform
from tests.support.archives import bring
from tests.support.exporter import Exporter, Person
from tests.support.freeform import FreeformPath
from tests.support.takeout import TakeOut
from tests.verticals.offline_data import samples

pytestmark = pytest.mark.services


@pytest.fixture
def offline_data(exporter: Exporter) -> FreeformPath:
    return FreeformPath(exporter, "offline-data", OfflineData)


def test_any_object_is_kept_whole(offline_data: FreeformPath) -> None:
    freeform.check_that_odd_objects_are_kept(offline_data)


def test_an_identifier_tells_items_apart(offline_data: FreeformPath) -> None:
    freeform.check_that_an_identifier_tells_items_apart(offline_data)


def test_what_has_none_is_told_apart_by_all_that_it_says(offline_data: FreeformPath) -> None:
    freeform.check_that_what_has_none_is_told_apart_by_all_that_it_says(offline_data)


def test_files_stand_beside_each_other(offline_data: FreeformPath) -> None:
    freeform.check_that_files_stand_beside_each_other(offline_data)


def test_it_returns_as_what_it_was(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    samples.send(exporter)
    entries = TakeOut.made(http, ada).everything()
    assert sum(name.startswith("My Cozy/Data/org.wharf.offline.data/") for name in entries) == 3
    assert [body for name, body in entries.items() if name.startswith("My Cozy/Files/Offline data/")] == [b"1,2,3"]
    grace = Person.create("grace")
    bring(grace, entries, Origin("source.example", "Wharf"))

    def kept(person: Person) -> list[object]:
        columns = ("doc_id", "identity", "identifier", "name", "payload")
        files = OfflineDataFile.objects.filter(owner=person.row).values_list("record__doc_id", "content__sha256")
        return [*OfflineData.objects.filter(owner=person.row).order_by("doc_id").values_list(*columns), *files]

    assert kept(grace) == kept(ada)
    assert len(kept(ada)) == 4
