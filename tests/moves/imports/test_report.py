"""What could not be placed is said, and the rest is imported all the same."""

import io
import json
import re
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core import mail

from moves.imports import mails
from moves.imports.running import job
from moves.models import Document
from tests.support.bringing import Bringing, import_archive, import_incomplete
from tests.support.cozy_archives import (
    ROOT,
    THERE,
    cozy_zip,
    document,
    file,
    instance,
    stored_zip,
    with_manifest,
)
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.worker import browser
from tests.verticals.blobs.samples import names_of


def ours(http: httpx.Client, person: Person, archive: bytes) -> Bringing:
    """The archive comes from a server of this product."""
    more = {"snapshot_at": "2024-01-01T00:00:00+00:00", "files_count": 1, "files_size": 5}
    return Bringing.of(http, person, archive, **more)


def test_damaged_bytes_are_said_and_the_rest_comes(bob: Person, http: httpx.Client) -> None:
    archive = stored_zip(
        [instance(), document("io.cozy.notes", "n", text="abcdef"), *file("f", "/f.txt", b"F" * 99), *THERE]
    )
    archive = archive.replace(b"abcdef", b"abcdeX", 1).replace(b"F" * 99, b"F" * 98 + b"X", 1)
    found = Bringing.of(http, bob, archive)
    assert found.said == [
        ("document_damaged", f"{ROOT}/Data/io.cozy.notes/n.json"),
        ("crc_differs", f"{ROOT}/Files/f.txt"),
        ("refused", "io.cozy.files/f"),
    ]
    assert names_of(bob) == {"there.txt"}
    assert (found.row.state, found.row.missing) == ("incomplete", 2)
    assert found.row.proof["missing"] == 2


def test_a_file_that_is_not_what_its_document_says_is_said(bob: Person, http: httpx.Client) -> None:
    entries = file("f", "/f.txt", b"other", md5sum="1B2M2Y8AsgTpgAmY7PhCfg==")
    found = Bringing.of(http, bob, cozy_zip([instance(), *entries, *THERE]))
    assert found.said == [("md5_differs", f"{ROOT}/Files/f.txt"), ("refused", "io.cozy.files/f")]
    assert names_of(bob) == {"there.txt"}


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
    assert names_of(bob) == {"there.txt"}
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


@pytest.mark.parametrize("lost", ["Data/instance.json", "Data/unheard-of", "notes.txt"])
def test_done_is_not_said_where_the_manifest_names_what_is_not_there(
    lost: str, bob: Person, http: httpx.Client, tmp_path: Path
) -> None:
    """Also of what is neither a document nor a file of somebody; readable ones are made of others."""
    others = [(f"{ROOT}/{name}", b"{}") for name in ("Data/unheard-of", "notes.txt", "Readable/calendar.ics")]
    entries = with_manifest([instance(), *THERE, *others])
    left = [(name, body) for name, body in entries if name not in (f"{ROOT}/{lost}", f"{ROOT}/Readable/calendar.ics")]
    found = ours(http, bob, stored_zip(left))
    assert [entry for code, entry in found.said if code == "not_there"] == [f"{ROOT}/{lost}"]
    assert (found.row.state, found.row.missing) == ("incomplete", 1)
    assert (found.row.proof["missing"], found.row.proof["missing_names"]) == (1, [f"{ROOT}/{lost}"])
    path = tmp_path / "again.zip"
    path.write_bytes(stored_zip(left))
    assert import_incomplete("bob", path)[1][0] == 3


@pytest.mark.parametrize(
    "manifest", [b"", b"{", b"[1, 2]", b'{"version":2,"entries":[\n]}\n', b'{"version":1,"entries":[\n7\n]}']
)
def test_a_manifest_that_can_not_be_read_is_said(manifest: bytes, bob: Person, http: httpx.Client) -> None:
    found = ours(http, bob, stored_zip([instance(), *THERE, (f"{ROOT}/manifest.json", manifest)]))
    assert [code for code, _ in found.said] == ["manifest_unreadable"]
    assert names_of(bob) == {"there.txt"}
    assert (found.row.state, found.row.missing) == ("incomplete", 1)  # nothing proves that it is all


@pytest.mark.services
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
    found = Bringing.of(http, bob, cozy_zip([*odd, *THERE]), missing=["\ud800"], with_doctypes=["\ud800"])
    assert found.row.state != "error", found.row.error
    assert "there.txt" in names_of(bob)
    assert "\\ud800" not in json.dumps(found.row.source)


@pytest.mark.services
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
    assert found.row.state != "error", found.row.error
    assert names_of(bob) == {"there.txt"}
    assert "\\ud800" not in json.dumps([found.row.source, found.row.proof])
    path = tmp_path / "archive.zip"
    path.write_bytes(archive)
    again = import_incomplete("bob", path)[0] if found.row.missing else import_archive("bob", path)
    assert "1 here already" in again


@pytest.mark.services
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
    found = Bringing.of(http, bob, archive)
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
    found = Bringing.of(http, bob, cozy_zip(entries))
    assert [code for code, _ in found.said] == ["unknown_entry", "unknown_entry", "stray_content"]
    assert names_of(bob) == {"there.txt"}


def test_names_that_climb_out_are_said(bob: Person, http: httpx.Client) -> None:
    entries = [instance(), ("../../etc/passwd", b"root"), ("/absolute", b"x"), ("C:\\windows", b"x"), *THERE]
    found = Bringing.of(http, bob, cozy_zip(entries))
    assert [code for code, _ in found.said] == ["name_unsafe"] * 3
    assert names_of(bob) == {"there.txt"}


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
    found = Bringing.of(http, bob, held.getvalue())
    assert [code for code, _ in found.said] == ["link"]
    assert names_of(bob) == {"there.txt"}


def test_a_document_of_many_gigabytes_is_said(bob: Person, http: httpx.Client, settings: Any) -> None:
    settings.WHARF_IMPORT_LARGEST_DOCUMENT = 1000
    found = Bringing.of(http, bob, cozy_zip([instance(), document("io.cozy.notes", "n", text="n" * 2000), *THERE]))
    assert found.said == [("document_too_large", f"{ROOT}/Data/io.cozy.notes/n.json")]
    assert names_of(bob) == {"there.txt"}


def test_an_archive_that_swells_is_an_error(bob: Person, http: httpx.Client, settings: Any) -> None:
    settings.WHARF_IMPORT_MOST_BYTES = 100_000
    bomb = file("bomb", "/bomb.bin", bytes(10**6))
    found = Bringing.of(http, bob, cozy_zip([instance(), *THERE, *bomb]))
    assert found.row.state == "error"
    assert "more than 100000 bytes" in found.row.error


def test_too_many_entries_are_an_error(bob: Person, http: httpx.Client, settings: Any) -> None:
    settings.WHARF_IMPORT_MOST_ENTRIES = 3
    found = Bringing.of(http, bob, cozy_zip([instance(), *THERE, *THERE]))
    assert found.row.state == "error"
    assert "more than 3 entries" in found.row.error


@pytest.mark.parametrize("body", [b"This is no archive at all." * 100, b"\x1f\x8b\x08nonsense"])
def test_what_is_no_archive_is_an_error(body: bytes, bob: Person, http: httpx.Client) -> None:
    found = Bringing.of(http, bob, body)
    assert found.row.state == "error"
    assert found.row.error


@pytest.mark.services
def test_a_long_report_lists_its_beginning_and_counts_the_rest(bob: Person, http: httpx.Client, settings: Any) -> None:
    settings.WHARF_IMPORT_MOST_LISTED = 10
    found = Bringing.of(http, bob, cozy_zip([instance(), *((f"nothing {n}", b"") for n in range(35)), *THERE]))
    assert len(found.said) == 10
    assert found.row.codes == {"unknown_entry": 35}
    page = browser(bob.row).get(f"/settings/imports/{found.row.doc_id}").content.decode()
    assert "And 25 more" in page


@pytest.mark.services
@pytest.mark.parametrize("of", ["the file", "its document", "another document"])
def test_what_a_retry_has_made_good_is_no_longer_missing(bob: Person, http: httpx.Client, of: str) -> None:
    text = file("f", "/text.txt", b"hello, hello, hello, " * 90)
    entries = [instance(), document("io.cozy.notes", "n", text="n" * 99), *THERE, *text, *file("z", "/z.txt", b"z")]
    whole = cozy_zip(entries)
    name = {
        "the file": "Files/text.txt",
        "its document": "Data/io.cozy.files/f.json",
        "another document": "Data/io.cozy.notes/n.json",
    }[of]
    damaged = bytearray(whole)
    damaged[whole.index(name.encode()) + len(name) + 9] ^= 4
    with ExportingServer(ServedPart(whole, ranges=False, shortened=[bytes(damaged)]), parts_cursors=[]) as other:
        first = Bringing.ask(http, bob, other.link)
        assert job.run(first.pk)
        assert first.row.state in ("error", "incomplete")
        again = Bringing.ask(http, bob, other.link)
        assert job.run(again.pk)
    row = again.row
    assert (row.state, row.missing, again.said, row.codes) == ("done", 0, [], {})
    assert names_of(bob) == {"there.txt", "text.txt", "z.txt"}
    assert row.documents == sum(row.outcomes.values()) == 4
    # What ended as an error was gone on with, so it is all new.
    assert row.outcomes == ({"created": 1, "unchanged": 3} if of == "another document" else {"created": 4})


def test_what_is_never_imported_is_counted_and_named_once_for_each_reason(bob: Person, http: httpx.Client) -> None:
    settings = [f"io.cozy.settings.{name}" for name in ("instance", "bitwarden", "theme")]
    named = [
        *(("io.cozy.sessions", f"s{number}") for number in range(3)),
        *(("io.cozy.settings", one) for one in settings),
        *(("io.cozy.oauth.clients", f"c{number}") for number in range(2)),
        *((f"com.bitwarden.{kind}", "b1") for kind in ("ciphers", "folders", "organizations")),
    ]
    found = Bringing.of(http, bob, cozy_zip([instance(), *(document(*one) for one in named), *THERE]))
    assert found.row.outcomes == {"ignored": 10, "created": 2}
    assert found.said == [
        ("ignored", "io.cozy.sessions/s0"),
        ("ignored", "io.cozy.settings/io.cozy.settings.instance"),
        ("ignored", "io.cozy.settings/io.cozy.settings.bitwarden"),
        ("ignored", "io.cozy.oauth.clients/c0"),
        ("ignored", "com.bitwarden.ciphers/b1"),
    ]
    mails.send(found.pk)
    text = str(mail.outbox[-1].body)
    assert "10 never taken from another server" in text
    assert "Never taken from another server: 10\n" in text
    assert "  and 5 more\n" in text
    assert text.count("/move/vault") == 2


def test_the_numbers_of_a_mail_are_of_one_kind_also_when_it_comes_again(bob: Person, http: httpx.Client) -> None:
    entries = [instance(), document("io.cozy.notes", "n", text="n"), *THERE, *file("f", "/f.txt", b"twelve bytes")]
    texts = []
    for _ in range(2):
        mails.send(Bringing.of(http, bob, cozy_zip(entries)).pk)
        texts.append(str(mail.outbox[-1].body))
    brought = "What came tells of 2 files and earlier versions, 17 bytes in all, and has 1 other thing: "
    fetched = "The bytes of 0 files, 0 bytes, were fetched; the others were here already, or did not come."
    assert [text.count(brought) for text in texts] == [1, 1]
    assert [text.count(fetched) for text in texts] == [0, 1]
    assert not any("document" in text or "3 things" in text for text in texts)


def test_a_list_of_imports_speaks_of_things(bob: Person, http: httpx.Client) -> None:
    Bringing.of(http, bob, cozy_zip([instance(), *THERE, *file("f", "/f.txt", b"twelve bytes")]))
    page = browser(bob.row).get("/settings/imports").content.decode()
    assert re.search(r"\d+ things, with the bytes of \d+ files? ", page)
    assert "document" not in page


def test_an_export_of_a_server_whose_clock_is_ahead_was_not_made_in_the_time_to_come(
    bob: Person, http: httpx.Client
) -> None:
    said = []
    for created_at in ("2999-05-04T08:59:37Z", "2018-05-04T08:59:37Z"):
        found = Bringing.of(http, bob, cozy_zip([instance(), *THERE]), created_at=created_at).row
        said.append((found.source["snapshot_at"], found.created_at))
    assert datetime.fromisoformat(said[0][0]) == said[0][1]
    assert said[1][0].startswith("2018-05-04T08:59:37")
