"""What could not be placed is said, to the person and to the operator; the rest is imported all the same."""

import io
import json
import os
import tarfile
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from importers.verticals.blobs.models import File
from moves.imports.running import ending, job
from moves.models import ArchiveImport, Document, Event
from moves.tasks import send_import_mail, settle_import
from tests.support.bringing import Bringing
from tests.support.cozy_archives import ROOT, cozy_zip, document, file, instance, stored_zip, with_manifest
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.worker import browser, submit

THERE = file("there", "/there.txt", b"there")
BROKEN = [instance(), document("io.cozy.notes", "n", text="n"), file("lost", "/lost.txt", b"lost")[0], *THERE]


@pytest.fixture(autouse=True)
def trusting(settings: Any) -> None:
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def bob(server: str) -> Person:
    return Person.create("bob")


def brought(http: httpx.Client, person: Person, archive: bytes, **attributes: Any) -> Bringing:
    with ExportingServer(ServedPart(archive), **attributes) as other:
        bringing = Bringing.ask(http, person, other.link)
        assert job.run(bringing.pk)
    return bringing


def ours(http: httpx.Client, person: Person, archive: bytes) -> Bringing:
    """The archive comes from a server of this product."""
    more = {"snapshot_at": "2024-01-01T00:00:00+00:00", "files_count": 1, "files_size": 5}
    return brought(http, person, archive, **more)


def files(person: Person) -> set[str]:
    return set(File.objects.filter(owner=person.row).values_list("name", flat=True))


def test_damaged_bytes_are_said_and_the_rest_comes(bob: Person, http: httpx.Client) -> None:
    archive = stored_zip(
        [instance(), document("io.cozy.notes", "n", text="abcdef"), *file("f", "/f.txt", b"F" * 99), *THERE]
    )
    archive = archive.replace(b"abcdef", b"abcdeX", 1).replace(b"F" * 99, b"F" * 98 + b"X", 1)
    found = brought(http, bob, archive)
    assert found.said == [
        ("document_damaged", f"{ROOT}/Data/io.cozy.notes/n.json"),
        ("crc_differs", f"{ROOT}/Files/f.txt"),
        ("refused", "io.cozy.files/f"),
    ]
    assert files(bob) == {"there.txt"}
    assert found.row.state == "done"
    assert found.row.proof["missing"] == 2


def test_a_file_that_is_not_what_its_document_says_is_said(bob: Person, http: httpx.Client) -> None:
    entries = file("f", "/f.txt", b"other", md5sum="1B2M2Y8AsgTpgAmY7PhCfg==")
    found = brought(http, bob, cozy_zip([instance(), *entries, *THERE]))
    assert found.said == [("md5_differs", f"{ROOT}/Files/f.txt"), ("refused", "io.cozy.files/f")]
    assert files(bob) == {"there.txt"}


def test_the_manifest_is_asked_before_a_record_appears(bob: Person, http: httpx.Client) -> None:
    note = document("io.cozy.notes", "n", text="n")
    entries = with_manifest(
        [instance(), note, *file("f", "/f.txt", b"F"), *THERE],
        **{note[0]: b"something else", f"{ROOT}/Files/f.txt": b"G"},
    )
    entries.insert(2, document("io.cozy.notes", "unlisted", text="u"))
    found = ours(http, bob, stored_zip(entries))
    assert ("document_damaged", note[0]) in found.said
    assert ("other_bytes", f"{ROOT}/Files/f.txt") in found.said
    assert ("not_in_manifest", f"{ROOT}/Data/io.cozy.notes/unlisted.json") in found.said
    assert files(bob) == {"there.txt"}
    assert set(Document.objects.filter(owner=bob.row).values_list("doc_id", flat=True)) == {"unlisted"}
    assert found.row.proof["missing"] > 0


def test_what_the_manifest_names_and_never_comes_is_said(bob: Person, http: httpx.Client) -> None:
    entries = with_manifest([instance(), document("io.cozy.notes", "n", text="n"), *THERE])
    del entries[1]
    found = ours(http, bob, stored_zip(entries))
    assert ("not_there", f"{ROOT}/Data/io.cozy.notes/n.json") in found.said
    assert (
        found.row.proof["missing_names"][0] == "io.cozy.files/there"
        or "io.cozy.notes/n" in found.row.proof["missing_names"]
    )


@pytest.mark.parametrize(
    "manifest", [b"", b"{", b"[1, 2]", b'{"version":2,"entries":[\n]}\n', b'{"version":1,"entries":[\n7\n]}']
)
def test_a_manifest_that_can_not_be_read_is_said(manifest: bytes, bob: Person, http: httpx.Client) -> None:
    found = ours(http, bob, stored_zip([instance(), *THERE, (f"{ROOT}/manifest.json", manifest)]))
    assert [code for code, _ in found.said] == ["manifest_unreadable"]
    assert files(bob) == {"there.txt"}


@pytest.mark.parametrize(
    "odd",
    [
        [instance("\ud800")],
        file("odd", "/odd", b"odd", metadata={"wharf": {"kind": "file", "sha256": "\ud800"}}),
        file("odd", "/odd", b"odd", metadata={"wharf": {"kind": "file", "sha256": "\ud800" * 64}}),
        file("odd", "/odd", b"odd", metadata={"wharf": {"kind": "file of an item", "item": "\ud800"}}),
        [document("io.cozy.files", "odd", type="directory", name="odd", dir_id="\ud800")],
    ],
)
def test_texts_that_no_database_holds_end_nothing(
    odd: list[tuple[str, bytes]], bob: Person, http: httpx.Client
) -> None:
    found = brought(http, bob, cozy_zip([*odd, *THERE]), missing=["\ud800"], with_doctypes=["\ud800"])
    assert found.row.state == "done", found.row.error
    assert "there.txt" in files(bob)
    assert "\\ud800" not in json.dumps(found.row.source)


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        (b'"https://wharf.example"', rb'"http://\ud800/"'),
        (b'"with_doctypes": []', rb'"with_doctypes": ["\ud800"]'),
        (b'"part": 0', b'"part": %d' % 2**70),
        (b'"part": 0', b'"part": -1'),
        (b'"size": 5', b'"size": %d' % 2**70),
        (b"/there.txt", rb"/\ud800.txt"),
        (b'"account": "ada"', rb'"account": "\ud800\u0000"'),
        (b'"account": "ada"', b'"account": %d' % 10**400),
    ],
)
def test_what_a_manifest_says_may_be_anything(
    said: bytes, instead: bytes, bob: Person, http: httpx.Client, tmp_path: Path
) -> None:
    *entries, (name, manifest) = with_manifest([instance(), *THERE])
    assert said in manifest
    archive = stored_zip([*entries, (name, manifest.replace(said, instead))])
    found = ours(http, bob, archive)
    assert found.row.state == "done", found.row.error
    assert files(bob) == {"there.txt"}
    assert "\\ud800" not in json.dumps([found.row.source, found.row.proof])
    path = tmp_path / "archive.zip"
    path.write_bytes(archive)
    assert "1 here already" in command("bob", path)


def test_names_that_are_there_twice_are_said(bob: Person, http: httpx.Client) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = stored_zip(
            [
                instance(),
                document("io.cozy.notes", "n", text="first"),
                document("io.cozy.notes", "n", text="second"),
                *THERE,
            ]
        )
    found = brought(http, bob, archive)
    assert found.said == [("twice", f"{ROOT}/Data/io.cozy.notes/n.json")]
    assert "first" in Document.objects.get(owner=bob.row).body


def test_what_is_no_part_of_an_export_is_said(bob: Person, http: httpx.Client) -> None:
    entries = [
        instance(),
        ("README.txt", b"hello"),
        (f"{ROOT}/Data/io.cozy.notes/n.txt", b"no document"),
        (f"{ROOT}/Files/nobody's.txt", b"no document before it"),
        *THERE,
    ]
    found = brought(http, bob, cozy_zip(entries))
    assert [code for code, _ in found.said] == ["unknown_entry", "unknown_entry", "stray_content"]
    assert files(bob) == {"there.txt"}


def test_names_that_climb_out_are_said(bob: Person, http: httpx.Client) -> None:
    entries = [instance(), ("../../etc/passwd", b"root"), ("/absolute", b"x"), ("C:\\windows", b"x"), *THERE]
    found = brought(http, bob, cozy_zip(entries))
    assert [code for code, _ in found.said] == ["name_unsafe"] * 3
    assert files(bob) == {"there.txt"}


def test_links_in_a_tar_are_said(bob: Person, http: httpx.Client) -> None:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, body in [instance(), *THERE]:
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
        link = tarfile.TarInfo(f"{ROOT}/Files/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    found = brought(http, bob, held.getvalue())
    assert [code for code, _ in found.said] == ["link"]
    assert files(bob) == {"there.txt"}


def test_a_document_of_many_gigabytes_is_said(bob: Person, http: httpx.Client, settings: Any) -> None:
    settings.WHARF_IMPORT_LARGEST_DOCUMENT = 1000
    found = brought(http, bob, cozy_zip([instance(), document("io.cozy.notes", "n", text="n" * 2000), *THERE]))
    assert found.said == [("document_too_large", f"{ROOT}/Data/io.cozy.notes/n.json")]
    assert files(bob) == {"there.txt"}


def test_an_archive_that_swells_is_an_error(bob: Person, http: httpx.Client, settings: Any) -> None:
    settings.WHARF_IMPORT_MOST_BYTES = 100_000
    bomb = file("bomb", "/bomb.bin", bytes(10**6))
    found = brought(http, bob, cozy_zip([instance(), *THERE, *bomb]))
    assert found.row.state == "error"
    assert "more than 100000 bytes" in found.row.error


def test_too_many_entries_are_an_error(bob: Person, http: httpx.Client, settings: Any) -> None:
    settings.WHARF_IMPORT_MOST_ENTRIES = 3
    found = brought(http, bob, cozy_zip([instance(), *THERE, *THERE]))
    assert found.row.state == "error"
    assert "more than 3 entries" in found.row.error


@pytest.mark.parametrize("body", [b"", b"This is no archive at all." * 100, b"\x1f\x8b\x08nonsense"])
def test_what_is_no_archive_is_an_error(body: bytes, bob: Person, http: httpx.Client) -> None:
    found = brought(http, bob, body)
    assert found.row.state == "error"
    assert found.row.error


def test_a_long_report_lists_its_beginning_and_counts_the_rest(bob: Person, http: httpx.Client, settings: Any) -> None:
    settings.WHARF_IMPORT_MOST_LISTED = 10
    found = brought(http, bob, cozy_zip([instance(), *((f"nothing {n}", b"") for n in range(35)), *THERE]))
    assert len(found.said) == 10
    assert found.row.codes == {"unknown_entry": 35}
    page = browser(bob.row).get(f"/settings/imports/{found.row.doc_id}").content.decode()
    assert "And 25 more" in page


# Mail, pages, admin


def test_the_mail_has_the_report(bob: Person, http: httpx.Client) -> None:
    found = brought(http, bob, cozy_zip(BROKEN))
    send_import_mail(found.pk)
    send_import_mail(found.pk)
    [sent] = mail.outbox
    assert sent.to == ["bob@example.org"]
    assert "io.cozy.files/lost: Its content is missing" in sent.body
    assert f"/settings/imports/{found.row.doc_id}" in sent.body
    assert "2 new here" in sent.body
    assert Event.objects.filter(archive_import_id=found.pk, kind=Event.Kind.MAILED).count() == 1


def test_the_mail_of_a_failure_says_why(bob: Person, http: httpx.Client) -> None:
    found = brought(http, bob, b"no archive")
    send_import_mail(found.pk)
    assert "neither a zip nor a tar" in mail.outbox[0].body
    assert mail.outbox[0].subject == "Your data could not be brought in"


def test_who_waits_for_the_end_is_told_until_it_hears(bob: Person, http: httpx.Client) -> None:
    told: list[str] = []

    def deaf(archive_import: ArchiveImport, **_: Any) -> None:
        told.append(archive_import.state)
        if len(told) == 1:
            raise OSError("nobody there")

    found = brought(http, bob, cozy_zip(BROKEN))
    ending.import_ended.connect(deaf)
    try:
        with pytest.raises(OSError, match="nobody"):
            settle_import(found.pk)
        assert found.row.settled_at is None
        for _ in range(3):
            settle_import(found.pk)
    finally:
        ending.import_ended.disconnect(deaf)
    assert told == ["done", "done"]


def test_the_page_brings_data_in_and_shows_what_came(bob: Person, http: httpx.Client) -> None:
    client = browser(bob.row)
    with ExportingServer(ServedPart(cozy_zip(BROKEN))) as other:
        answer = submit(client, "/settings/imports", {"link": other.link})
        assert (answer.status_code, answer["Location"]) == (302, "/move/importing")
        found = ArchiveImport.objects.get()
        assert "On its way" in client.get("/settings/imports").content.decode()
        assert job.run(found.pk)
    page = client.get("/settings/imports").content.decode()
    assert "1 to be looked at" in page
    page = client.get(f"/settings/imports/{found.doc_id}").content.decode()
    assert "io.cozy.files/lost" in page
    assert "could not be taken" in page


@pytest.mark.parametrize("link", ["", "nothing", "https://127.0.0.1:1/#/exports/ABC", "https://a.example/page"])
def test_a_link_that_leads_nowhere_is_said_on_the_page(link: str, bob: Person) -> None:
    answer = submit(browser(bob.row), "/settings/imports", {"link": link})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()
    assert ArchiveImport.objects.count() == 0


def test_reports_are_for_their_person(bob: Person, http: httpx.Client) -> None:
    found = brought(http, bob, cozy_zip(BROKEN))
    other = Person.create("eve")
    assert browser(other.row).get(f"/settings/imports/{found.row.doc_id}").status_code == 404
    assert Client().get(f"/settings/imports/{found.row.doc_id}").status_code == 302


@pytest.fixture
def operator(server: str) -> Client:
    return browser(User.objects.create_superuser("root", "root@example.org", "root"))


def test_the_operator_sees_every_step(bob: Person, http: httpx.Client, operator: Client) -> None:
    found = brought(http, bob, cozy_zip(BROKEN))
    assert "127.0.0.1" in operator.get("/admin/moves/archiveimport/").content.decode()
    page = operator.get(f"/admin/moves/archiveimport/{found.pk}/change/").content.decode()
    for words in ("requested", "started", "done", "Its content is missing", "ada.cozy.example", "io.cozy.notes"):
        assert words in page, words
    assert "OPAQUE" not in page


def act(operator: Client, action: str, one: Bringing) -> None:
    answer = submit(operator, "/admin/moves/archiveimport/", {"action": action, "_selected_action": str(one.pk)})
    assert answer.status_code == 302


def test_the_operator_can_try_at_once_and_cancel(bob: Person, http: httpx.Client, operator: Client) -> None:
    with ExportingServer(ServedPart(cozy_zip(BROKEN)[:500], ranges=False)) as other:
        found = Bringing.ask(http, bob, other.link)
        assert not job.run(found.pk)
        assert found.row.retry_at
        assert "Again in" in operator.get(f"/admin/moves/archiveimport/{found.pk}/change/").content.decode()
        act(operator, "try_now", found)
        assert found.row.retry_at is None
        assert not job.run(found.pk)
        act(operator, "cancel", found)
    assert found.row.state == "error"
    assert "stopped" in found.row.error
    assert found.row.link == ""


# The command


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.zip"
    path.write_bytes(stored_zip([instance(), *THERE, *file("large", "/large.bin", os.urandom(50_000))]))
    return path


def command(*arguments: object) -> str:
    out = StringIO()
    call_command("import_archive", *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_takes_a_link(bob: Person) -> None:
    with ExportingServer(ServedPart(cozy_zip(BROKEN), ranges=False)) as other:
        said = command("bob", other.link)
    assert "3 documents and 1 files" in said
    assert "io.cozy.files/lost: Its content is missing" in said
    assert mail.outbox[0].to == ["bob@example.org"]
    assert files(bob) == {"there.txt"}


def test_the_command_can_be_run_again(bob: Person, archive: Path) -> None:
    assert "2 new here" in command("bob", archive)
    assert "2 here already, and the same" in command("bob", archive)


def test_the_command_goes_on_after_a_failure(bob: Person, archive: Path) -> None:
    bob.set_quota(20_000)
    with pytest.raises(CommandError, match="room"):
        command("bob", archive)
    assert files(bob) == {"there.txt"}
    bob.set_quota(None)
    assert "2 new here" in command("bob", archive)  # in all
    assert files(bob) == {"there.txt", "large.bin"}


def test_an_archive_that_is_cut_is_an_error_and_what_it_has_comes(bob: Person, archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:40_000])
    with pytest.raises(CommandError, match="breaks off"):
        command("bob", archive)
    assert files(bob) == {"there.txt"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody", "x.zip"), "no account"),
        (("bob", "/does/not/exist.zip"), "is not a file"),
        (("bob", "https://a.example/#/exports/A", "x.zip"), "one link"),
        (("bob", "http://127.0.0.1:1/#/exports/ABC"), "listens"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: tuple[str, ...], said: str, bob: Person) -> None:
    with pytest.raises(CommandError, match=said):
        command(*arguments)


def test_the_command_that_is_interrupted_says_so(bob: Person, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    said = StringIO()
    with monkeypatch.context() as patched:
        patched.setattr("moves.imports.running.run.read", interrupt)
        with pytest.raises(SystemExit) as ended:
            call_command("import_archive", "bob", str(archive), stdout=StringIO(), stderr=said)
    assert ended.value.code == 130
    assert said.getvalue() == "Interrupted. Run it again: it goes on where it stopped.\n"


@pytest.mark.parametrize("body", [b"", b"no archive" * 50])
def test_of_what_is_no_archive_nothing_else_is_here(body: bytes, bob: Person, archive: Path) -> None:
    archive.write_bytes(body)
    with pytest.raises(CommandError) as failed:
        command("bob", archive)
    assert "Everything else" not in str(failed.value)


def test_a_zip_that_was_packed_again_by_hand_is_read_as_far_as_it_goes(bob: Person, tmp_path: Path) -> None:
    """Its entries stand in another order, so nobody knows which document a file belongs to."""
    path = tmp_path / "again.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in sorted([instance(), document("io.cozy.notes", "n", text="n"), *THERE]):
            packed.writestr(name, body)
    said = command("bob", path)
    assert "Files without a document: 1" in said
    assert Document.objects.filter(owner=bob.row).count() == 1
