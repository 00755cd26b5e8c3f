"""What is fetched by a session ends soon after it does: a file, files as a zip, a list of the admin."""

import hashlib
import os
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session

from accounts.models import User
from moves.formats import downloads
from operations import lists
from operations.lists import ListFile
from tests.support import rows
from tests.support.exporter import Exporter, Person, file_item
from tests.support.waiting import eventually
from tests.support.worker import browser

pytestmark = pytest.mark.services

BYTES = os.urandom(24 * 1024 * 1024)  # more than a line holds of what nobody reads
LIST = "/lists/importers/transfer.csv"


@pytest.fixture(autouse=True)
def looks_at_once(settings: Any) -> None:
    settings.WHARF_DOWNLOAD_LOOKS_AGAIN = 0


def session_of(person: User) -> str:
    return f"sessionid={browser(person).cookies['sessionid'].value}"


def of_content() -> str:
    return f"/content/{hashlib.sha256(BYTES).hexdigest()}"


def of_chosen_files() -> str:
    return "/formats/chosen?kind=file&path=/a"


@pytest.mark.parametrize("address", [of_content, of_chosen_files])
def test_a_file_breaks_off_when_the_session_ends(
    server: str, exporter: Exporter, ada: Person, address: Callable[[], str]
) -> None:
    exporter.send_file("blobs", file_item("large.bin", "/a"), BYTES)
    at, cookie = httpx.URL(server), session_of(ada.row)
    with socket.create_connection((at.host, at.port or 80), timeout=60) as slow:
        slow.sendall(
            f"GET {address()} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n".encode()
        )
        first = slow.recv(1000)
        assert first.startswith(b"HTTP/1.1 200"), first
        Session.objects.all().delete()
        received = len(first)
        while chunk := slow.recv(1 << 20):
            received += len(chunk)
    assert received < len(BYTES)
    eventually(lambda: not downloads.places.taken)


def end_sessions() -> None:
    Session.objects.all().delete()


def take_rights() -> None:
    User.objects.get(username="staff").user_permissions.clear()


def make_no_staff() -> None:
    User.objects.filter(username="staff").update(is_staff=False)


@pytest.mark.parametrize("end", [end_sessions, take_rights, make_no_staff])
def test_a_list_breaks_off_when_whoever_fetches_it_may_not_see_it_any_more(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, end: Callable[[], object]
) -> None:
    for number in range(4):
        rows.transfer(rows.person(f"ada{number}"), f"{number}")
    staff = rows.person("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_transfer"))
    some = ListFile.some
    came: list[str] = []

    def and_then(opened: ListFile) -> list[list[str]]:
        found = some(opened)
        came.extend(row[1] for row in found)
        end()
        return found

    monkeypatch.setattr(lists, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(ListFile, "some", and_then)
    with pytest.raises(httpx.RemoteProtocolError):
        http.get(LIST, headers={"Cookie": session_of(staff)})
    assert came == ["ada3"]
