"""Downloads: the bytes as they came, whole or in part, to nobody but those who hold them."""

import hashlib
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from importers.models import Content, Holding
from importers.verticals.blobs.models import File
from tests.support.exporter import Exporter, Person, file_item
from tests.support.stalled_readers import held_for_each
from tests.support.trail import events
from tests.support.waiting import eventually

BYTES = os.urandom(3 * 1024 * 1024 + 17)
ETAG = f'"{hashlib.sha256(BYTES).hexdigest()}"'
ADDRESS = f"/content/{hashlib.sha256(BYTES).hexdigest()}"


def browser_of(server: str, user: User) -> httpx.Client:
    """A browser with the person's session."""
    django = Client()
    django.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    cookie = django.cookies[settings.SESSION_COOKIE_NAME].value
    return httpx.Client(base_url=server, cookies={settings.SESSION_COOKIE_NAME: cookie}, timeout=60)


@pytest.fixture
def browser(server: str, ada: Person, exporter: Exporter) -> Iterator[httpx.Client]:
    """Ada's, who has a file."""
    assert exporter.send_file("blobs", file_item("Übung\n1.txt"), BYTES).status_code == 201
    with browser_of(server, ada.row) as client:
        yield client


def test_who_holds_it_gets_every_byte(browser: httpx.Client) -> None:
    answer = browser.get(ADDRESS)
    assert answer.status_code == 200
    assert answer.content == BYTES
    assert answer.headers["Content-Length"] == str(len(BYTES))
    assert answer.headers["ETag"] == ETAG
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_it_is_saved_and_never_shown(browser: httpx.Client) -> None:
    headers = browser.get(ADDRESS).headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cache-Control"].startswith("private")
    assert headers["Content-Disposition"] == "attachment; filename*=utf-8''%C3%9Cbung%EF%BF%BD1.txt"


def test_it_is_named_after_the_record_that_is_asked_for(browser: httpx.Client, exporter: Exporter) -> None:
    exporter.send_file("media", {"@type": "Photo", "name": "../a/b.jpg"}, BYTES)
    photo = exporter.send_file("media", {"@type": "Photo", "name": "other.jpg"}, BYTES).json()
    answer = browser.head(ADDRESS, params={"doc": photo["id"]})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="other.jpg"'


def test_a_name_is_made_safe(browser: httpx.Client, ada: Person) -> None:
    File.objects.update(shown_name='../../etc/pass"wd\r\nX: y')
    disposition = browser.head(ADDRESS).headers["Content-Disposition"]
    assert "/" not in disposition.removeprefix("attachment; filename*=utf-8''").replace("%2F", "/")
    assert "X" not in browser.head(ADDRESS).headers


@pytest.mark.parametrize("header", ["bytes=5-10", "bytes=1048570-2097160", "bytes=-5", "bytes=3145700-"])
def test_a_range_is_given(browser: httpx.Client, header: str) -> None:
    answer = browser.get(ADDRESS, headers={"Range": header})
    first, _, last = header.removeprefix("bytes=").partition("-")
    start = int(first) if first else len(BYTES) - int(last)
    stop = int(last) + 1 if first and last else len(BYTES)
    assert answer.status_code == 206
    assert answer.content == BYTES[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(BYTES)}"
    assert answer.headers["Content-Length"] == str(stop - start)


def test_a_download_that_broke_goes_on(browser: httpx.Client) -> None:
    rest = browser.get(ADDRESS, headers={"Range": "bytes=1000-", "If-Range": ETAG})
    assert (rest.status_code, rest.content) == (206, BYTES[1000:])
    other = browser.get(ADDRESS, headers={"Range": "bytes=1000-", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, BYTES)


def test_a_range_outside_is_416(browser: httpx.Client) -> None:
    answer = browser.get(ADDRESS, headers={"Range": f"bytes={len(BYTES)}-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(BYTES)}"


@pytest.mark.parametrize("header", [ETAG, f'"x", W/{ETAG}', "*"], ids=["strong", "weak, among others", "any"])
def test_who_has_it_already_is_told_so(browser: httpx.Client, header: str) -> None:
    answer = browser.get(ADDRESS, headers={"If-None-Match": header, "Range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == ETAG


def test_a_head_says_the_same_without_bytes(browser: httpx.Client) -> None:
    whole, head = browser.get(ADDRESS), browser.head(ADDRESS)
    assert head.content == b""
    same = ("Content-Length", "ETag", "Content-Disposition", "Accept-Ranges", "Content-Type")
    assert [head.headers[name] for name in same] == [whole.headers[name] for name in same]
    part = browser.head(ADDRESS, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["Content-Length"]) == (206, "10")


@pytest.mark.services
def test_an_empty_file_is_given(browser: httpx.Client, exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("empty"), b"")
    address = f"/content/{hashlib.sha256(b'').hexdigest()}"
    answer = browser.get(address)
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "0")
    assert browser.get(address, headers={"Range": "bytes=0-"}).status_code == 416


def test_nothing_else_can_be_done_with_it(browser: httpx.Client) -> None:
    for method in ("PUT", "DELETE"):
        answer = browser.request(method, ADDRESS)
        assert answer.status_code in (403, 405)  # 403: no form of ours sent it


def test_a_stranger_logs_in_first(browser: httpx.Client, http: httpx.Client) -> None:
    for address in (ADDRESS, f"/content/{'0' * 64}"):
        answer = http.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/auth/login?next={address}"


def test_what_somebody_else_holds_is_as_if_it_were_not_there(server: str, browser: httpx.Client) -> None:
    with browser_of(server, Person.create("eve").row) as eve:
        theirs, nobodys = eve.get(ADDRESS), eve.get(f"/content/{'0' * 64}")
    assert theirs.status_code == nobodys.status_code == 404
    assert without_csrf(theirs) == without_csrf(nobodys)
    assert {**theirs.headers, "date": ""}.keys() == {**nobodys.headers, "date": ""}.keys()
    assert browser.get("/content/nonsense").status_code == 404


@pytest.mark.services
def test_staff_need_a_permission_and_the_trail_tells_what_they_fetch(
    server: str, browser: httpx.Client, ada: Person, settings: Settings
) -> None:
    assert browser.get(ADDRESS).content == BYTES
    helper = Person.create("helper").row
    with browser_of(server, helper) as client:
        helper.user_permissions.add(Permission.objects.get(codename="view_content"))
        assert client.get(ADDRESS).status_code == 404
        User.objects.filter(pk=helper.pk).update(is_staff=True)
        assert client.get(ADDRESS).content == BYTES
        told = events("--kind", "staff-fetched")
        assert [(one["subject"], one["actor"]) for one in told] == [(f"person:{ada.row.pk}", f"person:{helper.pk}")]
        settings.WHARF_STAFF_SECOND_FACTOR = True
        assert client.get(ADDRESS).headers["Location"] == "/settings/second", "as any page of the admin"
        helper.user_permissions.clear()
        assert client.get(ADDRESS).status_code == 404


def test_who_may_not_log_in_any_more_gets_nothing(browser: httpx.Client, ada: Person) -> None:
    User.objects.filter(pk=ada.row.pk).update(is_active=False)
    assert browser.get(ADDRESS).status_code == 302


def test_a_storage_that_lost_bytes_breaks_the_connection(browser: httpx.Client) -> None:
    key = Content.objects.get().storage_key
    default_storage.delete(key)
    default_storage.save(key, ContentFile(BYTES[:1_500_000]))
    with pytest.raises(httpx.RemoteProtocolError):
        browser.get(ADDRESS)


def test_a_storage_that_is_gone_is_503(browser: httpx.Client) -> None:
    default_storage.delete(Content.objects.get().storage_key)
    answer = browser.get(ADDRESS)
    assert answer.status_code == 503
    assert "ETag" not in answer.headers


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to see which files are open")
def test_a_client_that_leaves_stops_the_reading(server: str, browser: httpx.Client, ada: Person) -> None:
    large = bytes(64 * 1024 * 1024)
    content = Content.objects.create(sha256="a" * 64, crc32=0, size=len(large), storage_key="aa/large")
    Holding.objects.create(owner=ada.row, content=content)
    default_storage.save("aa/large", ContentFile(large))
    address = httpx.URL(server)
    with socket.create_connection((address.host, address.port or 80)) as connection:
        cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME]}"
        connection.sendall(f"GET /content/{'a' * 64} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        eventually(lambda: is_open("aa/large"))
    eventually(lambda: not is_open("aa/large"))


def without_csrf(page: httpx.Response) -> str:
    """A page without the one word in it that is random."""
    return re.sub(r'value="\w{64}"', "", page.text)


def is_open(key: str) -> bool:
    """Whether this process has the stored file open."""
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(descriptor.readlink()))
        except OSError:  # closed meanwhile
            continue
    return default_storage.path(key) in links


def test_of_content_that_nobody_reads_a_small_chunk_is_held_once(browser: httpx.Client) -> None:
    assert held_for_each(browser, ADDRESS) < 512 * 1024
