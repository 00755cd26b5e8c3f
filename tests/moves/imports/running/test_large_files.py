"""A large file is gone on with inside."""

import os
import signal
import time

import httpx
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from importers.content.storage import stored_keys
from importers.maintenance import collection
from importers.models import Upload
from importers.verticals.blobs.models import File
from moves.imports.running import job
from moves.models import ArchiveImport
from tests.support.bringing import Bringing, assert_nothing_is_left
from tests.support.cozy_archives import file, instance, stored_zip
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart

pytestmark = pytest.mark.services

MIB = 1024 * 1024


@pytest.fixture
def large() -> bytes:
    """A file that is gone on with inside."""
    return os.urandom(70 * MIB)


def test_a_large_file_goes_on_inside(large: bytes, bob: Person, http: httpx.Client) -> None:
    archive = stored_zip([instance(), *file("large", "/large.bin", large), *file("small", "/small.bin", b"small")])
    with ExportingServer(ServedPart(archive, pause=0.003)) as other:
        bringing = Bringing.ask(http, bob, other.link)
        process = bringing.worker()
        while not [one for one in stored_keys(default_storage) if default_storage.size(one) > 20 * MIB]:
            time.sleep(0.01)
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        collection.purge()  # what came of it stays
        before = len(other.asked)
        assert job.run(bringing.pk)
    begins = [int(asked[6:-1]) for _, asked in other.asked[before:] if asked]
    assert max(begins) > 20 * MIB
    assert bringing.row.state == "done"
    assert bringing.said == []
    assert {one.name: one.content.size for one in File.objects.filter(owner=bob.row)} == {
        "large.bin": len(large),
        "small.bin": 5,
    }
    assert Upload.objects.count() == 0
    assert_nothing_is_left()


@pytest.mark.parametrize("in_order", [True, False])
def test_what_is_wrong_with_the_kept_bytes_of_a_large_file_is_mended(
    in_order: bool, large: bytes, bob: Person, http: httpx.Client
) -> None:
    entries = [instance(), *file("large", "/large.bin", large)]
    archive = stored_zip(entries if in_order else [entries[0], entries[2], entries[1]])
    whole = [] if in_order else [10**9] * 3  # until it is seen that the document stands behind
    with ExportingServer(ServedPart(archive, breaks=[*whole, 30 * MIB, 0, 0, 0])) as other:
        bringing = Bringing.ask(http, bob, other.link)
        assert not job.run(bringing.pk)
        [key] = stored_keys(default_storage)
        with open(default_storage.path(key), "r+b") as stored:  # noqa: PTH123
            stored.write(b"other bytes than those that came")
        ArchiveImport.objects.update(retry_at=timezone.now())
        assert job.run(bringing.pk)
    assert bringing.row.state == "done"
    assert bringing.said == []
    assert File.objects.get(owner=bob.row).content.size == len(large)
    assert_nothing_is_left()


def test_progress_within_a_large_file_counts_as_such(large: bytes, bob: Person, http: httpx.Client) -> None:
    archive = stored_zip([instance(), *file("large", "/large.bin", large)])
    with ExportingServer(ServedPart(archive, breaks=[10 * MIB, 0, 0, 10**9, 3 * MIB, 0, 0])) as other:
        bringing = Bringing.ask(http, bob, other.link)
        for _ in range(2):
            assert not job.run(bringing.pk, at_once=True)
            assert bringing.row.tries == 1
        assert job.run(bringing.pk, at_once=True)
    assert bringing.row.state == "done"
