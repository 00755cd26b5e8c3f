"""What is no export ends as an error that says what it seems to be, and what to do."""

import gzip
import json
import lzma
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError

from moves.imports.running import job
from moves.models import ArchiveImport
from tests.support.bringing import Bringing, import_archive
from tests.support.cozy_archives import document, file, instance
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.hostile import ENCRYPTED, UTF8, Zip
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
    "export.tar.zst": (b"\x28\xb5\x2f\xfd" + bytes(600), ["packed with zstd"]),
    "photo.jpg.gz": (gzip.compress(JPEG), ["seems to be a photo", "send_folder"]),
    "export.zip.xz": (lzma.compress(zipped(TAKEOUT)), ["holds an archive", "Unpack it"]),
    "half a takeout.zip": (zipped(TAKEOUT)[:-60], ["Google Takeout", "send_folder"]),
    "outer.zip": (zipped([(f"x/wharf-{n}.zip", b"PK") for n in (1, 2)]), ["holds 2 archives", "Unpack it"]),
    "last of a split.zip": (zipped([("a", b"a" * 600)])[9:-18] + b"\1\0" * 2 + bytes(14), ["was cut", "zip -s 0"]),
    "export.z01": (b"whatever" * 99, ["was cut", "zip -s 0"]),
    "letter.eml": (b"Received: from a.example" + bytes(600), ["a mail"]),
    "chat.zip": (zipped([("_chat.txt", b"Hi")]), ["WhatsApp"]),
    "me.zip": (zipped([("connections/followers_and_following/following.json", b"[]")]), ["Meta"]),
    "a.ics": (b"BEGIN:VCALENDAR\r\n" + bytes(600), ["a calendar"]),
    "photo of an iPhone.heic": (b"\0\0\0\x18ftyphevc" + bytes(600), ["seems to be a photo"]),
    "photo of a camera.cr3": (b"\0\0\0\x18ftypcrx " + bytes(600), ["seems to be a photo"]),
    "photo of another.raf": (b"FUJIFILMCCD-RAW " + bytes(600), ["seems to be a photo"]),
    "drawing.bmp": (b"BM\x36\x04\0\0\0\0\0\0" + bytes(600), ["seems to be a photo"]),
    "film.avi": (b"RIFF\x24\0\1\0AVI LIST" + bytes(600), ["seems to be a video"]),
    "song.m4a": (b"\0\0\0\x18ftypM4A " + bytes(600), ["seems to be a sound recording"]),
    "song.mp3": (b"ID3\x03" + bytes(600), ["seems to be a sound recording"]),
    "program.db": (b"SQLite format 3\0" + bytes(600), ["a database of a program"]),
    "letter.rtf": (rb"{\rtf1\ansi" + bytes(600), ["an office program"]),
    "marked.ics": (b"\xef\xbb\xbfbegin:vcalendar\r\n" + bytes(600), ["a calendar"]),
    "marked.html": (b"\xef\xbb\xbf\r\n<HTML>" + bytes(600), ["a page of the web"]),
    "export.cpio": (b"070701" + bytes(600), ["packed with cpio", "as a zip"]),
    "raw photos.zip": (
        zipped([("2020/a.CR2", b"II"), ("2020/b.nef", b"II"), ("2020/.DS_Store", b"")]),
        ["photos that"],
    ),
    "calendars.zip": (zipped([("Work.ics", b""), ("Home.ics", b"")]), ["a calendar"]),
    "linked.zip": (zipped([("Connections.csv", b""), ("Profile.csv", b"")]), ["LinkedIn"]),
    "discord.zip": (zipped([("package/servers/index.json", b"{}"), ("package/account/user.json", b"{}")]), ["Discord"]),
    "slack.zip": (zipped([("channels.json", b"[]"), ("general/2024-01-01.json", b"[]")]), ["Slack"]),
    "flickr.zip": (zipped([("photo_5.json", b"{}"), ("albums.json", b"{}")]), ["Flickr"]),
    "nothing but rubbish.zip": (zipped([("__MACOSX/._a", b"1"), (".DS_Store", b""), ("a/", b"")]), ["empty archive"]),
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


@pytest.mark.parametrize("name", ["takeout.zip", "photo.jpg", "empty.zip", "anything.zip", "half a takeout.zip"])
def test_so_is_what_another_server_sends(name: str, bob: Person, http: httpx.Client) -> None:
    given, said = GIVEN[name]
    with ExportingServer(ServedPart(given, ranges=False)) as other:
        found = Bringing.ask(http, bob, other.link)
        assert job.run(found.pk)
    assert found.row.state == "error"
    # A person can run no command of the operator's.
    said = ["by another way" if words == "send_folder" else words for words in said]
    assert all(words in found.row.error for words in said), found.row.error
    assert "manage.py" not in found.row.error


LOCKED = {"encrypted": {"flags": UTF8 | ENCRYPTED}, "Deflate64": {"method": 9}}


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("how", LOCKED)
def test_an_export_of_which_nothing_can_be_read_says_what_to_do(
    how: str, local: bool, bob: Person, http: httpx.Client, tmp_path: Path
) -> None:
    made = Zip()
    for name, body in (document("io.cozy.notes", "a"), *file("f", "/f.txt", b"text")):
        made.add(name, body, **LOCKED[how])
    if local:
        (tmp_path / "locked.zip").write_bytes(made.whole())
        with pytest.raises(CommandError, match=rf"{how}.*Unpack the archive"):
            import_archive("bob", tmp_path / "locked.zip")
        return
    found = Bringing.of(http, bob, made.whole())
    assert found.row.state == "error"
    assert how in found.row.error
    assert "Unpack the archive" in found.row.error


def test_one_part_of_which_nothing_can_be_read_is_said_before_anything_comes(bob: Person, tmp_path: Path) -> None:
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    first.write_bytes(zipped([instance(), *file("f", "/f.txt", b"text")]))
    second.write_bytes(Zip().add(*document("io.cozy.notes", "a"), flags=UTF8 | ENCRYPTED).whole())
    with pytest.raises(CommandError, match=r"2\.zip can't be read\. It is encrypted"):
        import_archive("bob", first, second)
    assert ArchiveImport.objects.get().documents == 0


def test_an_export_whose_only_document_is_damaged_is_no_success(bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "damaged.zip"
    path.write_bytes(Zip().add(*document("io.cozy.notes", "a"), crc32=1).whole())
    with pytest.raises(CommandError, match="No document in it could be read"):
        import_archive("bob", path)


def test_an_account_that_has_nothing_is_an_export_all_the_same(bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "nothing.zip"
    path.write_bytes(zipped([("My Cozy/Data/instance.json", json.dumps({"domain": "a.example"}).encode())]))
    assert "What came tells of 0 files" in import_archive("bob", path)
