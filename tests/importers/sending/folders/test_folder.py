"""What of a folder goes where, in which order, and what is said of the rest."""

import os
import shutil
import subprocess
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from importers.sending.folders.folder import Kinds, LocalFolder
from importers.sending.items import OutgoingItem


def tree(root: Path, *paths: str) -> Path:
    for path in paths:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"content of {path}")
        os.utime(place, ns=(1_700_000_000_000_000_000, 1_700_000_000_000_000_000))
    return root


def sent(root: Path, kinds: Kinds | None = None, into: str = "/") -> list[OutgoingItem]:
    folder = LocalFolder.read(root, kinds, into)
    items = list(folder.items())
    assert folder.count == len(items)
    assert folder.size == sum(item.attachment.path.stat().st_size for item in items if item.attachment)
    return items


def outline(items: list[OutgoingItem]) -> list[str]:
    return [f"{item.type} {item.label}" for item in items]


def test_folders_come_before_what_they_hold(tmp_path: Path) -> None:
    tree(tmp_path, "z.txt", "a/b/deep.txt", "a/note.txt")

    assert outline(sent(tmp_path)) == [
        "Folder /a",
        "Folder /a/b",
        "File /z.txt",
        "File /a/note.txt",
        "File /a/b/deep.txt",
    ]


def test_a_file_says_its_folder_its_name_and_its_time(tmp_path: Path) -> None:
    file = sent(tree(tmp_path, "a/note.txt"))[1]

    assert file.payload == {
        "@type": "File",
        "folder": "/a",
        "name": "note.txt",
        "dateModified": "2023-11-14T22:13:20Z",
    }
    assert file.attachment is not None
    assert file.attachment.mime_type == "text/plain"


def test_times_keep_their_nanoseconds(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt")
    os.utime(tmp_path / "a.txt", ns=(0, 1_700_000_000_123_456_700))

    assert sent(tmp_path)[0].payload["dateModified"] == "2023-11-14T22:13:20.1234567Z"


def test_photos_and_videos_go_into_the_album_of_their_folder(tmp_path: Path) -> None:
    tree(tmp_path, "Trips/Lisbon/1.jpg", "Trips/Lisbon/2.MP4", "root.png", "Trips/notes.md")

    items = sent(tmp_path)

    assert outline(items) == [
        "Folder /Trips",
        "File /Trips/notes.md",
        "Photo /root.png",
        "Album album Lisbon",
        "Photo /Trips/Lisbon/1.jpg",
        "Video /Trips/Lisbon/2.MP4",
    ]
    assert items[2].payload["albumId"] is None
    assert items[3].payload == {
        "@type": "Album",
        "id": "/Trips/Lisbon",
        "name": "Lisbon",
        "description": "/Trips/Lisbon",
    }
    assert items[4].payload == {
        "@type": "Photo",
        "name": "1.jpg",
        "description": None,
        "albumId": "/Trips/Lisbon",
        "uploadedTime": "2023-11-14T22:13:20Z",
        "favoriteInfo": None,
    }
    assert {item.vertical for item in items[2:]} == {"media"}


def test_a_copy_of_a_photo_in_another_album_has_the_time_of_the_first(tmp_path: Path) -> None:
    tree(tmp_path, "A/same.jpg", "B/other.jpg")
    shutil.copyfile(tmp_path / "A/same.jpg", tmp_path / "B/same.jpg")  # with a time of its own
    (tmp_path / "C").mkdir()
    (tmp_path / "C/same.jpg").write_text("CONTENT OF A/same.jpg")  # the same name and size only

    times = {item.label: item.payload.get("uploadedTime") for item in sent(tmp_path)}

    assert times["/B/same.jpg"] == times["/A/same.jpg"]
    assert times["/C/same.jpg"] != times["/A/same.jpg"]


def test_everything_can_be_sent_as_files(tmp_path: Path) -> None:
    tree(tmp_path, "p/1.jpg", "c.ics")

    assert outline(sent(tmp_path, "blobs")) == ["Folder /p", "File /c.ics", "File /p/1.jpg"]


def test_photos_can_be_sent_alone_and_the_rest_is_counted(tmp_path: Path) -> None:
    tree(tmp_path, "p/1.jpg", "c.ics", "p/a.txt")

    assert outline(sent(tmp_path, "media")) == ["Album album p", "Photo /p/1.jpg"]
    assert LocalFolder.read(tmp_path, "media").notes == ["2 files are neither photos nor videos and are not sent"]


def test_empty_folders_are_kept_and_those_of_photos_are_albums_only(tmp_path: Path) -> None:
    tree(tmp_path, "photos/1.jpg")
    (tmp_path / "empty/within").mkdir(parents=True)

    assert outline(sent(tmp_path)) == [
        "Folder /empty",
        "Folder /empty/within",
        "Album album photos",
        "Photo /photos/1.jpg",
    ]


def test_it_can_be_sent_into_a_folder_there(tmp_path: Path) -> None:
    tree(tmp_path, "a/note.txt", "p/1.jpg")

    assert outline(sent(tmp_path, into="/My/Laptop/")) == [
        "Folder /My",
        "Folder /My/Laptop",
        "Folder /My/Laptop/a",
        "File /My/Laptop/a/note.txt",
        "Album album p",
        "Photo /My/Laptop/p/1.jpg",
    ]


def test_hidden_and_empty_files_and_odd_names_are_sent(tmp_path: Path) -> None:
    names = [
        ".hidden",
        "Cafe\u0301.txt",
        "Caf\u00e9.txt",
        "\u0644\u064a\u0644\u0649",
        "a\\b",
        "new\nline",
        "\U0001f319",
    ]
    tree(tmp_path, *names)
    (tmp_path / "empty").touch()

    assert {item.payload["name"] for item in sent(tmp_path)} == {*names, "empty"}


def test_a_name_that_is_not_utf8_is_sent_readably_and_said(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("x")
    folder = LocalFolder.read(tmp_path)

    assert outline(list(folder.items())) == ["File /caf\ufffd.txt"]
    assert "not UTF-8" in folder.notes[0]


def test_links_do_not_lead_outside_nor_in_circles(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("outside")
    root = tree(tmp_path / "root", "a/file.txt")
    (root / "inside").symlink_to("a/file.txt")
    (root / "outside").symlink_to(tmp_path / "secret")
    (root / "circle").symlink_to(".")
    (root / "itself").symlink_to("itself")
    (root / "broken").symlink_to("nothing")
    folder = LocalFolder.read(root)

    assert outline(list(folder.items())) == ["Folder /a", "File /inside", "File /a/file.txt"]
    assert sorted(note.partition(":")[0] for note in folder.notes) == ["broken", "circle", "itself", "outside"]


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert LocalFolder.read(tmp_path).notes == ["pipe: not sent: it is no regular file"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LocalFolder.read(tmp_path / "nothing")


def test_what_is_called_a_calendar_and_is_none_is_sent_as_a_file(tmp_path: Path) -> None:
    tree(tmp_path, "a/not.ics")
    folder = LocalFolder.read(tmp_path)

    assert outline(list(folder.items())) == ["Folder /a", "File /a/not.ics"]
    assert "could not be read as a calendar" in folder.notes[0]


def test_the_tree_may_be_deeper_than_python_recurses(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):  # step by step: the whole path is longer than the system takes at once
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)

    try:
        folder = LocalFolder.read(tmp_path)
    finally:
        subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)  # what removes a test's folder does recurse

    assert 1000 < len(folder.folders) <= 1500


def test_contacts_are_sent_as_contacts(tmp_path: Path) -> None:
    card = "BEGIN:VCARD\r\nVERSION:2.1\r\nFN:{}\r\nAGENT:\r\nBEGIN:VCARD\r\nFN:Agent\r\nEND:VCARD\r\nEND:VCARD\r\n"
    text = "".join(card.format(number) for number in range(1_001))
    (tmp_path / "a.VCF").write_bytes(text.encode())
    items = sent(tmp_path)
    assert outline(items) == ["ContactsModelWrapper contacts of /a.VCF"] * 3
    assert "".join(item.payload["vCards"] for item in items) == text
    assert [item.payload["vCards"].count("FN:Agent") for item in items] == [500, 500, 1]


def test_contacts_of_any_charset_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.vcf").write_bytes("BEGIN:VCARD\nFN:Jörg Müller, Köln\nEND:VCARD\n".encode("latin-1"))
    [item] = sent(tmp_path)
    assert "FN:Jörg Müller, Köln" in item.payload["vCards"]


def test_what_holds_no_card_is_sent_as_a_file(tmp_path: Path) -> None:
    folder = LocalFolder.read(tree(tmp_path, "a.vcf"))
    assert outline(list(folder.items())) == ["File /a.vcf"]
    assert folder.notes == ["a.vcf: sent as a file: it could not be read as contacts (there is no vCard in it)"]


LETTERS = (
    b"From ada@example.org Mon Jun  3 08:12:00 2024\nSubject: a\n\n>From here\n>>From there\nFrom nobody\n\n"
    b"From 1234567890@xxx Mon Jun 03 10:00:00 +0000 2024\r\nSubject: b\r\n\r\nFrom what I know, 3 of 4\r\n\r\n\r\n"
    b"From - Mon Jun  3 08:12:00 2024\nSubject: c\n\nthe end"
)


def messages_of(items: list[OutgoingItem]) -> list[bytes]:
    return [urlsafe_b64decode(item.payload["rawString"]) for item in items if item.type == "MailMessageModel"]


def test_messages_and_mailboxes_are_sent_as_mail(tmp_path: Path) -> None:
    (tmp_path / "Old" / "In.mbox").mkdir(parents=True)
    (tmp_path / "Letters.MBOX").write_bytes(LETTERS)
    (tmp_path / "Old" / "In.mbox" / "mbox").write_bytes(LETTERS[:100])
    (tmp_path / "Old" / "one.eml").write_bytes(b"Subject: one\r\n\r\nFrom me")
    items = sent(tmp_path, into="/here")
    assert outline(items) == [
        "MailContainerModel mail folder Letters",
        "MailContainerModel mail folder Old",
        "MailContainerModel mail folder In",
        "MailMessageModel message 1 of /here/Letters.MBOX",
        "MailMessageModel message 2 of /here/Letters.MBOX",
        "MailMessageModel message 3 of /here/Letters.MBOX",
        "MailMessageModel /here/Old/one.eml",
        "MailMessageModel message 1 of /here/Old/In.mbox/mbox",
    ]
    assert messages_of(items)[:4] == [
        b"Subject: a\n\nFrom here\n>From there\nFrom nobody\n",
        b"Subject: b\r\n\r\nFrom what I know, 3 of 4\r\n\r\n",
        b"Subject: c\n\nthe end",
        b"Subject: one\r\n\r\nFrom me",
    ]
    assert [item.payload["containerIds"] for item in items[3:]] == [["/here/Letters.MBOX"]] * 3 + [
        ["/here/Old"],
        ["/here/Old/In.mbox"],
    ]


def test_a_mailbox_without_a_suffix_is_told_by_how_it_begins(tmp_path: Path) -> None:
    (tmp_path / "Sent").write_bytes(
        b"From - Mon Jun 03 10:05:12 2024\r\nX-Mozilla-Status: 0001\r\nSubject: a\r\n\r\nhi\r\n"
    )
    (tmp_path / "poem").write_bytes(b"From 10:05 to noon in 2024\nI wrote a line: this\n")
    (tmp_path / "Sent.txt").write_bytes((tmp_path / "Sent").read_bytes())
    assert outline(sent(tmp_path)) == [
        "File /Sent.txt",
        "File /poem",
        "MailContainerModel mail folder Sent",
        "MailMessageModel message 1 of /Sent",
    ]


def test_messages_are_told_apart_without_an_empty_line_between_them(tmp_path: Path) -> None:
    begin = b"From ada@example.org Mon Jun 03 10:05:12 2024\n"
    quotes = b"As said:\nFrom ada@example.org Mon Jun 03 10:05:12 2024 on\nFrom 10:05 in 2024\nOver: no.\n"
    (tmp_path / "In.mbox").write_bytes(
        b"\xef\xbb\xbf" + begin + b"Subject: a\n\none\n" + begin + b"Subject: b\n\n" + quotes
    )
    assert messages_of(sent(tmp_path)) == [b"Subject: a\n\none\n", b"Subject: b\n\n" + quotes]


def test_what_holds_no_message_is_sent_as_a_file(tmp_path: Path) -> None:
    tree(tmp_path, "a.mbox")
    (tmp_path / "b.eml").touch()
    folder = LocalFolder.read(tmp_path)
    assert outline(list(folder.items())) == ["File /a.mbox", "File /b.eml"]
    assert folder.notes == [
        "a.mbox: sent as a file: it could not be read as mail (there is no message in it)",
        "b.eml: sent as a file: it could not be read as mail (it is empty)",
    ]
