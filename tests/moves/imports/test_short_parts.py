"""A part of a Cozy's archive may be a whole zip and still lack files: what can be seen of that is, and what can't is
never said to be proven."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core import mail
from django.utils import timezone

from moves.imports.running import job
from moves.models import ArchiveImport
from moves.tasks import send_import_mail
from tests.support.bringing import Bringing, import_archive
from tests.support.cozy_archives import ROOT, Entries, cozy_zip, document, file, instance
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.worker import browser
from tests.verticals.blobs.samples import names_of

ROOM = 3_000  # bytes of files in each part
LISTLESS = "Nobody can prove that nothing was left out"


def numbered(*numbers: int, size: int = 1_000) -> list[tuple[str, bytes]]:
    """Files of 1,000 bytes each, three of which fill a part."""
    return [entry for n in numbers for entry in file(f"f{n}", f"/{n}.txt", b"%04d" % n * (size // 4))]


FIRST = [instance(), document("io.cozy.notes", "n", text="n"), *numbered(0, 1, 2)]
SECOND = numbered(3, 4, 5)
THIRD = numbered(6, 7)


def as_cozy(entries: Entries, *shortened: Entries, breaks: tuple[int, ...] = ()) -> ServedPart:
    return ServedPart(cozy_zip(entries), ranges=False, shortened=[cozy_zip(one) for one in shortened], breaks=breaks)


def cozy(*parts: ServedPart, **attributes: Any) -> ExportingServer:
    return ExportingServer(*parts, parts_size=ROOM, **attributes)


def asked(other: ExportingServer) -> list[int]:
    return [number for number, _ in other.asked]


ALL = {f"{n}.txt" for n in range(8)}


@pytest.mark.parametrize("entries", [0, 1, 2, 3, 4, 5])
def test_a_part_that_ended_early_once_is_fetched_again(entries: int, bob: Person, http: httpx.Client) -> None:
    """Also where it ended between the document of a file and its content, or had nothing at all."""
    with cozy(as_cozy(FIRST), as_cozy(SECOND, SECOND[:entries]), as_cozy(THIRD)) as other:
        found = Bringing.done(http, bob, other.link)
    assert asked(other) == [0, 1, 2, 1]
    assert names_of(bob) == ALL
    assert found.said == []
    row = found.row
    assert (row.documents, row.files_count, row.files_size) == (9, 8, 8_000)
    assert row.outcomes == {"created": 9}
    assert row.doctypes == {"io.cozy.files": 8, "io.cozy.notes": 1}
    proof = row.proof
    assert [proof[name] for name in ("files", "size", "missing", "unproven")] == [8, 8_000, 0, 0]


def test_the_first_part_is_fetched_again_as_well(bob: Person, http: httpx.Client) -> None:
    with cozy(as_cozy(FIRST, FIRST[:1]), as_cozy(SECOND), as_cozy(THIRD)) as other:
        found = Bringing.done(http, bob, other.link)
    assert asked(other) == [0, 1, 2, 0]
    assert names_of(bob) == ALL
    assert (found.said, found.row.documents) == ([], 9)


def test_a_part_that_ends_early_each_time_is_reported_and_not_proven(bob: Person, http: httpx.Client) -> None:
    with cozy(as_cozy(FIRST), as_cozy(SECOND[:4]), as_cozy(THIRD)) as other:
        found = Bringing.done(http, bob, other.link)
    assert asked(other) == [0, 1, 2, 1]
    assert names_of(bob) == ALL - {"5.txt"}
    assert found.said == [("part_short", "Part 2 of 3")]
    sentence = found.row.report.get().sentence
    assert "2 files" in sentence
    assert "fetched again" in sentence
    proof = found.row.proof
    assert [proof[name] for name in ("missing", "unproven", "short_parts")] == [0, 1, 1]
    page = browser(bob.row).get(f"/settings/imports/{found.row.doc_id}").content.decode()
    assert "1 part of the archive held less than it should" in page
    assert LISTLESS in page


def test_a_part_without_any_file_is_reported(bob: Person, http: httpx.Client) -> None:
    with cozy(as_cozy(FIRST), as_cozy(SECOND), as_cozy([])) as other:
        found = Bringing.done(http, bob, other.link)
    assert found.said == [("part_short", "Part 3 of 3")]


def test_parts_that_are_full_are_fetched_once(bob: Person, http: httpx.Client) -> None:
    """A file that is too large for any part has one for itself, and may be the reason why the one before is small."""
    parts = [as_cozy([instance()]), as_cozy(numbered(0, size=3_004)), as_cozy(SECOND), as_cozy(numbered(8))]
    with cozy(*parts) as other:
        found = Bringing.done(http, bob, other.link)
    assert asked(other) == [0, 1, 2, 3]
    assert found.said == []
    assert found.row.proof["unproven"] == 0


def test_it_goes_on_where_the_second_fetch_breaks_off(bob: Person, http: httpx.Client) -> None:
    second = as_cozy(SECOND, SECOND[:3], breaks=(10**6, 700))
    with cozy(as_cozy(FIRST), second, as_cozy(THIRD)) as other:
        found = Bringing.ask(http, bob, other.link)
        assert not job.run(found.pk)
        ArchiveImport.objects.update(retry_at=timezone.now())
        assert job.run(found.pk)
    assert found.row.state == "done"
    assert asked(other) == [0, 1, 2, 1, 1]
    assert names_of(bob) == ALL
    assert (found.said, found.row.documents, found.row.files_count) == ([], 9, 8)


def test_the_last_part_can_lack_files_and_nothing_claims_otherwise(bob: Person, http: httpx.Client) -> None:
    with cozy(as_cozy(FIRST), as_cozy(SECOND), as_cozy(THIRD[:2])) as other:
        found = Bringing.done(http, bob, other.link)
    assert (found.said, found.row.proof["missing"]) == ([], 0)
    send_import_mail(found.pk)
    text = mail.outbox[-1].body
    assert LISTLESS in text
    assert "What came tells of 7 files and earlier versions" in text
    assert "compare these numbers" in text
    assert "everything" not in text


def test_imported_again_the_numbers_are_those_of_the_archive(bob: Person, http: httpx.Client) -> None:
    for _ in range(2):
        with cozy(as_cozy(FIRST), as_cozy(SECOND), as_cozy(THIRD)) as other:
            found = Bringing.done(http, bob, other.link)
    assert found.row.outcomes == {"unchanged": 9}
    assert [found.row.proof[name] for name in ("documents", "files", "size")] == [9, 8, 8_000]


@pytest.mark.parametrize(
    ("used", "unproven", "said"),
    [
        (8_000, 0, "exactly the 8 kB that are in use"),
        (9_500, 1, "1.5 kB less than the 9.5 kB that are in use"),
        (7_000, 0, "no less than the 7 kB that are in use"),
    ],
)
@pytest.mark.parametrize("where", ["instance", "settings"])
def test_what_the_other_server_says_of_its_use_is_compared(
    used: int, unproven: int, said: str, where: str, bob: Person, http: httpx.Client
) -> None:
    usage = {"data": {"attributes": {"quota": "5000000000", "used": str(used)}}}
    first = [*FIRST, document("io.cozy.settings", "io.cozy.settings.disk-usage", **usage)]
    if where == "instance":
        first = [(f"{ROOT}/Data/instance.json", json.dumps({"domain": "a", "used_bytes": used}).encode()), *FIRST[1:]]
    with cozy(as_cozy(first), as_cozy(SECOND), as_cozy(THIRD)) as other:
        found = Bringing.done(http, bob, other.link)
    proof = found.row.proof
    assert [proof[name] for name in ("used", "missing", "unproven")] == [used, 0, unproven]
    page = browser(bob.row).get(f"/settings/imports/{found.row.doc_id}").content.decode()
    assert said in page


def in_use(used: int) -> tuple[str, bytes]:
    return f"{ROOT}/Data/instance.json", json.dumps({"domain": "a", "used_bytes": used}).encode()


@pytest.mark.parametrize(
    ("named", "compared"),
    [(["io.cozy.notes"], False), (["io.cozy.files"], False), (["io.cozy.files", "io.cozy.files.versions"], True)],
)
def test_what_is_in_use_there_says_nothing_of_an_export_of_a_part_of_it(
    named: list[str], compared: bool, bob: Person, http: httpx.Client
) -> None:
    with cozy(as_cozy([in_use(9_500), document("io.cozy.notes", "n")]), with_doctypes=named) as other:
        found = Bringing.done(http, bob, other.link)
    assert (found.row.proof["used"], found.row.proof["unproven"]) == ((9_500, 1) if compared else (None, 0))


@pytest.mark.parametrize(("entries", "used"), [([document("io.cozy.notes", "n")], None), (FIRST[1:], 9_500)])
def test_archives_that_were_saved_have_files_if_there_are_directories(
    entries: list[tuple[str, bytes]], used: int | None, bob: Person, tmp_path: Path
) -> None:
    (tmp_path / "part.zip").write_bytes(cozy_zip([in_use(9_500), *entries]))
    import_archive("bob", tmp_path / "part.zip")
    assert ArchiveImport.objects.get().proof["used"] == used


@pytest.mark.parametrize("used", ["many", -1, True, None, 10**30, "9" * 19, [8_000], {}])
def test_a_use_that_is_no_number_is_left_alone(used: Any, bob: Person, http: httpx.Client) -> None:
    first = [(f"{ROOT}/Data/instance.json", json.dumps({"used": used}).encode()), *FIRST[1:]]
    with cozy(as_cozy(first), as_cozy(SECOND), as_cozy(THIRD)) as other:
        found = Bringing.done(http, bob, other.link)
    assert found.row.proof["used"] is None
    assert found.row.proof["unproven"] == 0


def test_a_last_part_that_ends_with_a_document_alone_is_fetched_again(bob: Person, http: httpx.Client) -> None:
    with cozy(as_cozy(FIRST), as_cozy(SECOND), as_cozy(THIRD, THIRD[:3])) as other:
        found = Bringing.done(http, bob, other.link)
    assert asked(other) == [0, 1, 2, 2]
    assert names_of(bob) == ALL
    assert (found.said, found.row.documents, found.row.outcomes) == ([], 9, {"created": 9})


def test_a_document_that_stays_alone_at_the_end_is_missing(bob: Person, http: httpx.Client) -> None:
    with cozy(as_cozy(FIRST), as_cozy(SECOND), as_cozy(THIRD[:3])) as other:
        found = Bringing.done(http, bob, other.link)
    assert asked(other) == [0, 1, 2, 2]
    assert found.said == [("refused", "io.cozy.files/f7")]
    assert (found.row.documents, found.row.proof["missing"]) == (9, 1)
