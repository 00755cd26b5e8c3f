"""A mailbox that every mail program reads, and which Python's reads back."""

import mailbox
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from importers.documents.snapshot import Snapshot
from importers.formats.format import StoredFile
from importers.verticals.mail.formats import EML, MBOX, message
from tests.support.exporter import Exporter, Person
from tests.support.takeout import TakeOut
from tests.verticals.mail.samples import folder, mail
from tests.verticals.mail.samples import message as made

TRAPS = (
    b"Subject: traps\r\n\r\nFrom the beginning\r\n>From the other\r\n>>>From a third\r\nxFrom here\r\n> From\r\n"
    b"From\r\nFro\r\n>\r\nFrom  two spaces\r\n>F"
)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def read_back(text: bytes) -> list[bytes]:
    """The messages of a mailbox, by what stands in qmail's mbox(5): an independent reading."""
    found = re.split(rb"(?:\A|(?<=\n)\n)From [^\n]*\n", text)
    assert found[0] == b""
    return [re.sub(rb"(?m)^>(>*From )", rb"\1", one) for one in [*found[1:-1], found[-1].removesuffix(b"\n")]]


def written(person: Person) -> bytes:
    [(name, chunks)] = MBOX.write(Snapshot(person.row))
    assert name == "All mail.mbox" and not isinstance(chunks, StoredFile)
    return b"".join(chunks)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_lines_that_look_like_the_beginning_of_a_message_are_quoted(size: int) -> None:
    chunks = [TRAPS[at : at + size] for at in range(0, len(TRAPS), size)]
    text = b"".join(message("Ada <ada@example.org>", AT, chunks))
    assert text.startswith(b"From ada@example.org Fri Jan  2 03:04:05 2026\nSubject: traps\r\n")
    assert b"\n>From the beginning\r\n>>From the other\r\n>>>>From a third\r\nxFrom here\r\n> From\r\nFrom\r\n" in text
    assert read_back(text) == [TRAPS + b"\n"]


def test_every_message_is_in_the_mailbox_once(exporter: Exporter, ada: Person, tmp_path: Path) -> None:
    exporter.send("mail", folder("inbox", "Inbox"))
    raws = [made(), made("Another"), TRAPS, b"", b"no headers", made("Last", text="From me\n" * 1000)]
    for raw in raws:
        exporter.send("mail", mail(raw, "inbox", "work"))
    text = written(ada)
    raws.remove(b"")  # which is no message
    assert read_back(text) == [raw if raw.endswith(b"\n") else raw + b"\n" for raw in raws]
    (tmp_path / "mbox").write_bytes(text)
    box = mailbox.mbox(tmp_path / "mbox")
    assert [one["Subject"] for one in box][1:] == ["Another", "traps", None, "Last"]
    box.close()


def test_each_message_is_a_file_of_its_own(exporter: Exporter, ada: Person) -> None:
    for raw in (made(), made(text="The same subject\n"), made("a/b: c")):
        exporter.send("mail", mail(raw))
    names = [name for name, _ in EML.write(Snapshot(ada.row))]
    assert names[:2] == ["2026-11-26 Grüße aus Lissabon.eml", "2026-11-26 Grüße aus Lissabon (2).eml"]
    assert names[2] == "2026-11-26 a∕b： c.eml"


def test_an_account_without_mail_has_no_mailbox(ada: Person) -> None:
    for one in (MBOX, EML):
        assert list(one.write(Snapshot(ada.row))) == []
        assert one.has_any is not None and not one.has_any(Snapshot(ada.row))


def test_no_archive_holds_mail_twice(exporter: Exporter, ada: Person, http: object) -> None:
    exporter.send("mail", mail(made()))
    names = TakeOut.made(http, ada).everything()  # type: ignore[arg-type]
    assert [name for name in names if name.endswith((".mbox", ".eml"))] == [
        "My Cozy/Files/Mail/2026-11-26 Grüße aus Lissabon.eml"
    ]
