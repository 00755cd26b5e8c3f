"""What can't be read is 400 in one place, and one line of the log, whatever address it is sent to."""

import logging
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings

from config.readable import FORM_TYPE
from tests.support.exporter import Person
from tests.support.worker import browser

COOKIE = "csrftoken=abcdefghijklmnopqrstuvwxyzabcdef"  # with which Django looks for the form's token, and so reads it
PAGES = ["/auth/login", "/auth/sign-up", "/move/request", "/move/start", "/admin/login/", "/nowhere"]
PROGRAMS = ["/oauth/token", "/oauth/revoke_token/", "/auth/register", "/auth/access_token", "/status", "/move/finalize"]


@pytest.fixture(autouse=True)
def no_tracebacks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What a client can cause is no fault of this program."""
    with caplog.at_level(logging.INFO):
        yield
    assert not [one for one in caplog.records if one.exc_info or one.levelno >= logging.ERROR]


def said(answer: httpx.Response) -> str:
    """Returns the code of an error in either form that programs read; nothing of a page."""
    kind = answer.headers["content-type"]
    if "json" not in kind:
        assert kind.startswith("text/html")
        assert "content-security-policy" in answer.headers
        return ""
    body: Any = answer.json()
    return str(body["error"] if "error" in body else body["errors"][0]["status"])


@pytest.mark.parametrize("path", PAGES + PROGRAMS)
@pytest.mark.parametrize(
    "charset", ["utf-16", "utf-7", "latin-1", "idna", "hex", "rot13", "undefined", "unicode_escape", "nonsense", 'a"b']
)
def test_a_form_in_another_charset_is_400(http: httpx.Client, path: str, charset: str) -> None:
    headers = {"Content-Type": f"{FORM_TYPE}; charset={charset}", "Cookie": COOKIE}
    answer = http.post(path, content=b"username=ada&password=x", headers=headers)
    assert answer.status_code == 400
    assert said(answer) in ("", "400", "invalid_request")


@pytest.mark.parametrize("path", PAGES + PROGRAMS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data", "multipart/form-data; boundary=x", "Multipart/Form-Data; boundary=\xe9", "multipart/mixed"],
)
def test_a_multipart_form_is_415_however_broken(http: httpx.Client, path: str, method: str, kind: str) -> None:
    headers = {b"Content-Type": kind.encode("latin-1"), b"Cookie": COOKIE.encode()}
    answer = http.request(method, path, content=b"--x\r\n", headers=headers)
    assert answer.status_code == 415
    assert said(answer) in ("", "415", "unsupported_media_type")


@pytest.mark.parametrize("path", [*PAGES, *PROGRAMS, "/import/blobs", "/content/x", "/move/exports/data/x"])
@pytest.mark.parametrize("name", ["Referer", "Origin", "User-Agent", "Cookie", "Accept-Language", "X-Request-ID"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_header_that_is_no_utf8_is_400(http: httpx.Client, path: str, name: str, method: str) -> None:
    answer = http.request(method, path, headers={name.encode(): b"\xff"})
    assert answer.status_code == 400
    assert name in answer.text or name.title() in answer.text


@pytest.mark.parametrize("path", [*PAGES, *PROGRAMS, "/content/x"])
def test_a_header_in_utf8_is_read(http: httpx.Client, path: str) -> None:
    answer = http.get(path, headers={b"Referer": "caf\xe9".encode(), b"User-Agent": "\u2603".encode()})
    assert answer.status_code < 500
    assert "not UTF-8" not in answer.text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("kind", ["text/html; a*=bogus'en'%41", "x; a*=idna''x"])
def test_a_content_type_that_is_none_is_400(http: httpx.Client, path: str, kind: str) -> None:
    assert http.post(path, content=b"x", headers={"Content-Type": kind, "Cookie": COOKIE}).status_code == 400


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "messages"])
def test_a_cookie_that_hides_a_nul_is_400(http: httpx.Client, name: str) -> None:
    assert http.get("/", headers={"Cookie": f'{name}="a\\000b"'}).status_code == 400


@pytest.mark.parametrize("form", [b"username=%ff", b"username=\xff", b"%C3%28=", b"&" * 1000, b"a=b&" * 1001])
def test_a_form_that_is_no_utf8_or_has_too_many_fields_is_400(http: httpx.Client, form: bytes) -> None:
    answer = http.post("/auth/login", content=form, headers={"Content-Type": FORM_TYPE, "Cookie": COOKIE})
    assert answer.status_code == 400


@pytest.mark.parametrize("path", PAGES)
def test_a_form_of_more_than_64_kib_is_413(http: httpx.Client, path: str) -> None:
    headers = {"Content-Type": FORM_TYPE, "Cookie": COOKIE}
    assert http.post(path, content=b"a=" + b"x" * 65_535, headers=headers).status_code == 413
    assert http.post(path, content=b"a=" + b"x" * 65_534, headers=headers).status_code != 413


def test_a_form_that_breaks_off_does_nothing(server: str) -> None:
    head = f"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM_TYPE}\r\nContent-Length: 100\r\n\r\n"
    with connected(server) as line:
        line.sendall(head.encode() + b"username=ada")
        line.shutdown(socket.SHUT_WR)
        assert line.recv(64) == b"" or line.recv(64).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("coding", ["x", "chunked, x", "gzip"])
def test_an_offer_of_another_protocol_with_a_coding_that_is_none_is_answered(server: str, coding: str) -> None:
    head = f"GET /status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: {coding}\r\n"
    with connected(server) as line:
        line.sendall(head.encode() + b"Connection: Upgrade\r\nUpgrade: x\r\n\r\n")
        assert line.recv(64).startswith(b"HTTP/1.1 400")


def connected(server: str) -> socket.socket:
    """Returns a connection to the server, which is to be closed."""
    address = urlsplit(server)
    return socket.create_connection((address.hostname, address.port), timeout=60)


@pytest.mark.parametrize("path", ["/import/schemas/", "/import/schemas/blobs.json", "/import/blobs", "/import/"])
def test_a_form_of_parts_that_is_none_is_no_fault_below_import_either(
    http: httpx.Client, ada: Person, path: str
) -> None:
    """Of a browser, whose cookies have the form looked at."""
    session = browser(ada.row).cookies[settings.SESSION_COOKIE_NAME].value
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={'a' * 32}"
    headers = {"Cookie": cookies, "Content-Type": "multipart/form-data; boundary=x"}
    for named in ({}, {"Host": "bytes=0-,1-"}):
        assert 400 <= http.post(path, content=b"x" * 3_000, headers=headers | named).status_code < 500
