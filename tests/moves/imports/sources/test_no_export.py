"""What is no export ends as an error that says what it seems to be, and what to do."""

import json
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError

from moves.imports.running import job
from moves.models import ArchiveImport
from tests.support.bringing import Bringing, import_archive
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.packed_again import tarred, zipped

JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(500)
TAKEOUT = [("Takeout/archive_browser.html", b"<html>"), ("Takeout/Google Photos/2020/a.jpg", JPEG)]
KEPT_FILES = [(f"files/a/{number}.txt", b"a") for number in range(3000)]
NEXTCLOUD = [("user.json", b"{}"), *KEPT_FILES, ("migrator_versions.json", b"{}")]
MASTODON = [("actor.json", b"{}"), ("outbox.json", b"{}"), ("media_attachments/files/a.jpg", JPEG)]
GIVEN = {
    "takeout.zip": (zipped(TAKEOUT), ["Google Takeout", "send_folder"]),
    "fit.zip": (zipped([*TAKEOUT, ("Takeout/Fit/Data/com.x.y/a.json", b"{}")]), ["Google Takeout", "send_folder"]),
    "takeout.tgz": (tarred(TAKEOUT, "w:gz"), ["Google Takeout", "send_folder"]),
    "ada.zip": (zipped(NEXTCLOUD), ["Nextcloud", "send_folder"]),
    "ada.nextcloud_export": (zipped(NEXTCLOUD[:9]), ["Nextcloud", "send_folder"]),
    "mastodon.tar": (tarred(MASTODON), ["Mastodon", "send_folder"]),
    "photo.jpg": (JPEG, ["seems to be a photo", "send_folder"]),
    "photos.zip": (zipped([("2020/a.jpg", JPEG), ("2020/b.JPG", JPEG)]), ["photos that", "send_folder"]),
    "empty.zip": (zipped([]), ["empty archive", "Fetch the export again"]),
    "empty.tar": (tarred([]), ["empty archive"]),
    "nothing.zip": (b"", ["is empty", "Fetch it again"]),
    "page.zip": (b"<!DOCTYPE html><html>" + bytes(600), ["a page of the web"]),
    "letter.docx": (zipped([("[Content_Types].xml", b""), ("word/document.xml", b"")]), ["an office program"]),
    "anything.zip": (zipped([("notes/a.txt", b"a")]), ["no document of one is in it", "send_folder"]),
    "export.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(600), ["packed with 7z", "as a zip"]),
    "export.tar.xz": (b"\xfd7zXZ\0" + bytes(600), ["packed with xz"]),
    "export.tar.bz2": (b"BZh91AY" + bytes(600), ["packed with bzip2"]),
    "a.ics": (b"BEGIN:VCALENDAR\r\n" + bytes(600), ["a calendar"]),
    "rubbish.zip": (b"whatever" * 99, ["no export of a Wharf or a Cozy"]),
}


@pytest.mark.parametrize("name", GIVEN)
def test_a_file_is_told_what_it_seems_to_be(name: str, bob: Person, tmp_path: Path) -> None:
    given, said = GIVEN[name]
    path = tmp_path / name
    path.write_bytes(given)
    with pytest.raises(CommandError) as failed:
        import_archive("bob", path)
    assert all(words in str(failed.value) for words in (name, *said)), str(failed.value)
    row = ArchiveImport.objects.get()
    assert (row.state, row.documents, row.report.count()) == ("error", 0, 0)


@pytest.mark.parametrize("name", ["takeout.zip", "photo.jpg", "empty.zip", "anything.zip"])
def test_so_is_what_another_server_sends(name: str, bob: Person, http: httpx.Client) -> None:
    given, said = GIVEN[name]
    with ExportingServer(ServedPart(given, ranges=False)) as other:
        found = Bringing.ask(http, bob, other.link)
        assert job.run(found.pk)
    assert found.row.state == "error"
    assert all(words in found.row.error for words in said), found.row.error


def test_an_account_that_has_nothing_is_an_export_all_the_same(bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "nothing.zip"
    path.write_bytes(zipped([("My Cozy/Data/instance.json", json.dumps({"domain": "a.example"}).encode())]))
    assert "0 documents" in import_archive("bob", path)
