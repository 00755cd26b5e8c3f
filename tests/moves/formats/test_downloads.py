"""Formats that people fetch from the page: who may, what comes, and what a download holds while it lasts."""

import secrets
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as configured
from django.core.files.storage import default_storage
from django.db import connection

from accounts.models import User
from importers.models import Content
from importers.verticals.notes.models import Note
from moves.formats import downloads
from tests.support.arrivals import arriving
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import unzipped
from tests.support.trail import events
from tests.support.waiting import eventually
from tests.support.worker import browser, submit

ICS = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"


PASSWORD = "lovelace's engine"


def fetcher(server: str, person: Person, *, proved: bool = True) -> httpx.Client:
    """A person's browser, in which the password was typed just now."""
    row = person.row
    row.set_password(PASSWORD)
    row.save()
    pages = browser(row)
    if proved:
        assert submit(pages, "/formats", {"password": PASSWORD}).status_code == 302
    cookie = pages.cookies[configured.SESSION_COOKIE_NAME].value
    return httpx.Client(base_url=server, cookies={configured.SESSION_COOKIE_NAME: cookie}, timeout=60)


@pytest.fixture
def notes(exporter: Exporter, ada: Person) -> Exporter:
    """Ada has two notes."""
    exporter.send("notes", {"@type": "Note", "id": "1", "title": "Shopping", "text": "Milk"})
    exporter.send("notes", {"@type": "Note", "id": "2", "title": "Ideas", "text": "An engine\n" * 100})
    return exporter


@pytest.fixture
def fetching(server: str, ada: Person) -> Iterator[httpx.Client]:
    with fetcher(server, ada) as client:
        yield client
    eventually(lambda: not downloads.places.taken)


def test_one_file_comes_as_itself(fetching: httpx.Client, exporter: Exporter) -> None:
    exporter.send("notes", {"@type": "Note", "id": "1", "title": "Ein Übel", "text": "Milk"})
    answer = fetching.get("/formats/notes/md")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/markdown")
    assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''Ein%20%C3%9Cbel.md"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.text.startswith("---\ntitle: ")
    assert answer.text.endswith("\n\nMilk")
    (fetched,) = events("--kind", "format-fetched")
    assert (fetched["what"]["format"], fetched["actor"]) == ("notes/md", fetched["subject"])


@pytest.mark.services
def test_several_come_as_a_zip_that_any_program_opens(fetching: httpx.Client, notes: Exporter) -> None:
    answer = fetching.get("/formats/notes/md")
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ada-notes-md.zip"'
    files = unzipped(answer.content)
    assert {name: body.rpartition(b"---\n\n")[2] for name, body in files.items()} == {
        "Shopping.md": b"Milk",
        "Ideas.md": b"An engine\n" * 100,
    }


def test_stored_bytes_come_with_their_time(fetching: httpx.Client, exporter: Exporter) -> None:
    for name in ("Holidays.ics", "holidays.ICS"):
        exporter.send_file("blobs", file_item(name), ICS + name.encode())
    answer = fetching.get("/formats/blobs/ics")
    assert unzipped(answer.content) == {
        "Holidays.ics": ICS + b"Holidays.ics",
        "holidays (2).ics": ICS + b"holidays.ICS",
    }


def test_head_says_what_get_would(fetching: httpx.Client, notes: Exporter) -> None:
    head, get = fetching.head("/formats/notes/md"), fetching.get("/formats/notes/md")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Content-Disposition"):
        assert head.headers[name] == get.headers[name]


def test_it_is_the_persons_alone_and_wants_the_password(server: str, notes: Exporter, ada: Person) -> None:
    stranger = httpx.get(f"{server}/formats/notes/md")
    assert (stranger.status_code, stranger.headers["Location"]) == (302, "/auth/login?next=/formats/notes/md")
    with fetcher(server, ada, proved=False) as client:
        answer = client.get("/formats/notes/md")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/formats")
    other = Person.create("bo")
    with fetcher(server, other) as client:
        assert client.get("/formats/notes/md").status_code == 404
        assert client.get("/formats/notes/docx").status_code == 404


@pytest.mark.services
def test_missing_bytes_break_the_connection(fetching: httpx.Client, exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.ics"), ICS)
    path = Path(default_storage.path(Content.objects.get().storage_key))
    path.unlink()
    with pytest.raises(httpx.RemoteProtocolError):
        fetching.get("/formats/blobs/ics")
    eventually(lambda: not downloads.places.taken)


def many_notes(person: Person, number: int) -> None:
    """So many bytes that no socket holds them."""
    one = Note.objects.get(identifier="2")
    for n in range(number):
        one.pk, one.identity, one.doc_id, one.text = None, f"more-{n}", f"more-{n}", secrets.token_hex(500_000)
        one._state.adding = True
        one.save()


def slow(fetching: httpx.Client) -> socket.socket:
    """A client that begins to read and then reads no more."""
    address = fetching.base_url
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.settimeout(30)
    opened.connect((address.host, address.port))
    cookies = "; ".join(f"{name}={value}" for name, value in fetching.cookies.items())
    opened.sendall(f"GET /formats/notes/md HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n".encode())
    assert opened.recv(1000).startswith(b"HTTP/1.1 200")
    return opened


@pytest.mark.services
def test_who_left_holds_nothing_and_who_waits_no_thread(fetching: httpx.Client, notes: Exporter, ada: Person) -> None:
    many_notes(ada, 40)
    with slow(fetching) as first, slow(fetching):
        eventually(lambda: downloads.places.taken == 2)
        busy = fetching.get("/formats/notes/md")
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "30")
        eventually(lambda: not _reading())
        assert fetching.get("/").status_code == 200
        first.close()
        eventually(lambda: downloads.places.taken == 1)
        assert len(unzipped(fetching.get("/formats/notes/md").content)) == 42
    eventually(lambda: not downloads.places.taken)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE state = 'idle in transaction' AND datname = current_database()"
            )
            assert cursor.fetchone() == (0,)


def _reading() -> list[str]:
    """Threads that are inside a download."""
    found = []
    for thread in threading.enumerate():
        frame = sys._current_frames().get(thread.ident or 0)
        while frame is not None:
            if frame.f_code.co_filename == downloads.__file__ and frame.f_code.co_name == "next":
                found.append(thread.name)
            frame = frame.f_back
    return found


def test_a_download_has_its_time(fetching: httpx.Client, notes: Exporter, ada: Person, settings: Any) -> None:
    many_notes(ada, 3)
    settings.WHARF_FORMAT_LONGEST = timedelta(0)
    with pytest.raises(httpx.RemoteProtocolError):
        fetching.get("/formats/notes/md")


def test_the_page_shows_what_there_is_and_asks_for_the_password(server: str, notes: Exporter, ada: Person) -> None:
    notes.send("contacts", {"@type": "ContactsModelWrapper", "vCards": "BEGIN:VCARD\nFN:Bo\nEND:VCARD\n"})
    notes.send_file("blobs", file_item("a.txt"), b"text")
    pages = browser(ada.row)
    page = pages.get("/formats").content.decode()
    assert "Markdown" in page
    assert "vCard 3.0" in page
    assert "/formats/notes/md" not in page
    assert "Calendar files" not in page
    row = ada.row
    row.set_password(PASSWORD)
    row.save()
    pages = browser(row)
    assert submit(pages, "/formats", {"password": "wrong"}).status_code == 422
    submit(pages, "/formats", {"password": PASSWORD})
    page = pages.get("/formats").content.decode()
    for address in ("/formats/notes/md", "/formats/contacts/vcf", "/formats/contacts/vcf3"):
        assert f'href="{address}"' in page
    assert 'href="/formats"' in pages.get("/settings/exports").content.decode()


def test_an_account_that_is_on_its_way_gives_what_it_has(fetching: httpx.Client, notes: Exporter, ada: Person) -> None:
    arriving(ada.row)
    assert "Your data is arriving" in fetching.get("/formats").text
    assert len(unzipped(fetching.get("/formats/notes/md").content)) == 2
    User.objects.filter(pk=ada.row.pk).update(blocked=User.Blocked.BY_OPERATOR)
    assert fetching.head("/formats/notes/md").status_code == 200


def test_an_empty_account_has_a_page_too(ada: Person) -> None:
    assert "nothing here yet" in browser(ada.row).get("/formats").content.decode()
