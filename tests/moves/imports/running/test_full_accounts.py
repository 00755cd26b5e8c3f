"""Without room, an import stops, says so, and goes on when there is some."""

import httpx
import pytest

from importers.models import Upload
from importers.verticals.blobs.models import File
from moves.imports.running import job
from tests.support.bringing import Bringing, assert_nothing_is_left, many
from tests.support.cozy_archives import cozy_zip, file, instance, stored_zip
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart

pytestmark = pytest.mark.services

MIB = 1024 * 1024


def test_without_room_it_stops_and_goes_on_when_there_is_some(bob: Person, http: httpx.Client) -> None:
    entries = many(10, 50, 10_000)
    with ExportingServer(ServedPart(stored_zip(entries))) as other:
        bob.set_quota(250_000)
        first = Bringing.ask(http, bob, other.link)
        assert job.run(first.pk)
        assert first.row.state == "error"
        assert "room" in first.row.error
        here = File.objects.filter(owner=bob.row).count()
        assert 22 <= here <= 24
        assert bob.used <= 250_000
        assert Upload.objects.filter(reserved_bytes__gt=0).count() == 0
        bob.set_quota(None)
        before = len(other.asked)
        second = Bringing.done(http, bob, other.link)
    assert File.objects.filter(owner=bob.row).count() == 50
    assert (first.row.files_count, second.row.files_count) == (here, 50)  # the second tells of all of it
    assert second.row.documents == second.row.outcomes["created"] == 61
    assert any(asked for _, asked in other.asked[before:])
    assert second.said == []
    assert_nothing_is_left()


def test_what_is_said_of_a_full_account_is_true(bob: Person, http: httpx.Client) -> None:
    with ExportingServer(ServedPart(cozy_zip(many(0, 20, 40_000)), ranges=False)) as other:
        bob.set_quota(300_000)
        bringing = Bringing.ask(http, bob, other.link)
        assert job.run(bringing.pk)
    assert bob.used > 240_000
    assert f"{bob.used} of 300000 bytes are in use" in bringing.row.error


def test_what_has_no_room_with_its_documents_is_not_passed_over(bob: Person, http: httpx.Client) -> None:
    """The bytes of the first file fit, but not what its document takes; the second one is no small file."""
    one = file("one", "/one.txt", b"1" * 20_000, note="n" * 50_000)
    entries = [instance(), *one, *file("two", "/two.bin", bytes(9 * MIB))]
    with ExportingServer(ServedPart(stored_zip(entries))) as other:
        bob.set_quota(50_000)
        first = Bringing.ask(http, bob, other.link)
        assert job.run(first.pk)
        assert "room" in first.row.error
        assert Upload.objects.filter(reserved_bytes__gt=0).count() == 0
        bob.set_quota(None)
        second = Bringing.done(http, bob, other.link)
    assert second.row.doctypes == {"io.cozy.files": 2}
    assert File.objects.filter(owner=bob.row).count() == 2


def test_what_goes_on_after_a_failure_still_says_what_was_lost_before_it(bob: Person, http: httpx.Client) -> None:
    lost = file("bad", "/bad.txt", b"bad", md5sum="AAAAAAAAAAAAAAAAAAAAAA==")
    homeless = file("homeless", "/nowhere/homeless.txt", b"homeless", "no such directory")
    with ExportingServer(ServedPart(cozy_zip([*lost, *homeless, *many(0, 20, 40_000)]), ranges=False)) as other:
        bob.set_quota(300_000)
        first = Bringing.ask(http, bob, other.link)
        assert job.run(first.pk)
        assert first.row.state == "error"
        assert first.row.codes == {"md5_differs": 1, "refused": 1}
        bob.set_quota(None)
        second = Bringing.done(http, bob, other.link)
    assert second.row.codes == {"md5_differs": 1, "refused": 1, "parent_missing": 1}
    assert second.row.reported == 3
    assert [code for code, _ in second.said] == ["md5_differs", "refused", "parent_missing"]
    assert second.row.proof["missing"] > 0
    assert second.row.doctypes == {"io.cozy.files": 23}
    assert File.objects.filter(owner=bob.row).count() == 21
