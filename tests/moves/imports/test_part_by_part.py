"""The parts of an export that come one by one, in any order: when all have come, everything is here, and said so."""

import os
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError

from importers.maintenance import verification
from importers.verticals.blobs.models import File, FileVersion
from moves.models import ArchiveImport
from tests.support.bringing import import_archive, import_incomplete
from tests.support.exporter import Exporter, Person, file_item
from tests.support.samples import send_all
from tests.support.takeout import TakeOut

pytestmark = pytest.mark.services

VERSIONS = 4  # of each file


@pytest.fixture
def sent(exporter: Exporter, ada: Person, http: httpx.Client) -> TakeOut:
    """Something of everything, and files that have versions, in parts of which the first has the manifest."""
    send_all(exporter)
    for number in range(VERSIONS):
        exporter.new_job()
        for name in ("a.bin", "b.bin"):
            exporter.send_file("blobs", file_item(name, "/Folder"), os.urandom(3_000 + number))
    take_out = TakeOut.made(http, ada, parts_size=4_000)
    assert len(take_out.cursors) > VERSIONS
    return take_out


def data_and_files(take_out: TakeOut) -> dict[str, str]:
    """SHA-256 of everything that isn't made anew for readers."""
    return {path: sha256 for path, sha256 in take_out.manifest().items() if "/Readable/" not in path}


@pytest.mark.parametrize("order", ["the first one last", "from the end", "the first one in between"])
def test_nothing_is_missing_once_all_have_come(
    order: str, sent: TakeOut, ada: Person, bob: Person, http: httpx.Client, tmp_path: Path
) -> None:
    paths = []
    for number, part in enumerate(sent.parts()):
        paths.append(tmp_path / f"{number + 1}.zip")
        paths[number].write_bytes(part)
    first, *others = paths
    for path in others if order == "the first one last" else reversed(others):
        if order == "the first one in between" and path == others[len(others) // 2]:
            import_incomplete("bob", first)
        with suppress(CommandError):  # what others in it need may be in a part that comes later
            import_archive("bob", path)
    import_archive("bob", first)
    row = ArchiveImport.objects.latest("pk")
    assert (row.state, row.missing, row.proof["missing_names"]) == ("done", 0, [])
    assert data_and_files(TakeOut.made(http, bob)) == data_and_files(sent)
    versions = [FileVersion.objects.filter(owner=one.row).count() for one in (ada, bob)]
    assert versions[0] == versions[1] > 2 * (VERSIONS - 1)
    assert not File.objects.placeholders().filter(owner=bob.row).exists()
    assert list(verification.verify_keys(repair=False)) == []
