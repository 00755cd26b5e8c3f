"""Whatever is asked, there is an answer."""

import pytest

from tests.support.raw_http import LOCAL, status_of

UPGRADE = b"Connection: Upgrade\r\nUpgrade: %b\r\n"
WEBSOCKET = UPGRADE % b"websocket" + b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
REALTIME = b"GET /move/importing/realtime HTTP/1.1\r\n"


@pytest.mark.parametrize(
    ("request_line", "headers", "status"),
    [
        (b"TRACE / HTTP/1.1\r\n", LOCAL, 405),
        (b"TRACE /status HTTP/1.1\r\n", LOCAL, 405),
        (b"TRACE /import/blobs HTTP/1.1\r\n", LOCAL, 401),  # first who
        (b"GET /status HTTP/1.1\r\n", b"", 400),
        (b"GET /status HTTP/1.1\r\n", LOCAL + LOCAL, 400),
        (b"GET /status HTTP/1.0\r\n", b"", 200),
        (b"POST /auth/login HTTP/1.1\r\n", LOCAL + b"Transfer-Encoding: gzip, chunked\r\n", 400),
        (REALTIME, LOCAL + WEBSOCKET + b"Content-Length: 1000\r\n", 400),
        (REALTIME, LOCAL + WEBSOCKET + b"Transfer-Encoding: chunked\r\n", 400),
    ],
)
def test_a_head_that_is_wrong_is_answered_at_once(
    server: str, request_line: bytes, headers: bytes, status: int
) -> None:
    """Before anything of a body has come."""
    assert status_of(server, request_line + headers + b"\r\n") == status


@pytest.mark.parametrize(
    ("request_line", "headers", "body", "status"),
    [
        (b"GET /status HTTP/1.1\r\n", UPGRADE % b"x" + b"Transfer-Encoding: x\r\n", b"", 400),
        (b"GET /status HTTP/1.1\r\n", UPGRADE % b"websocket" + b"Transfer-Encoding: x\r\n", b"", 400),
        (b"GET /status HTTP/1.1\r\n", UPGRADE % b"x" + b"Transfer-Encoding: chunked, x\r\n", b"", 400),
        (b"GET /status HTTP/1.1\r\n", UPGRADE % b"x" + b"Content-Length: x\r\n", b"", 400),
        (b"GET /status HTTP/1.1\r\n", UPGRADE % b"x" + b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", 200),
        (b"GET /status HTTP/1.1\r\n", UPGRADE % b"x" + b"Transfer-Encoding: chunked\r\n", b"x\r\n", 400),
        (b"GET /status HTTP/1.1\r\n", UPGRADE % b"x", b"", 200),
        (b"GET /status HTTP/1.1\r\n", UPGRADE % b"websocket", b"", 400),
        (b"GET /status HTTP/1.1\r\n", WEBSOCKET, b"", 403),
        (REALTIME, WEBSOCKET + b"Cookie: %b\r\n" % (b"x" * 10_000), b"", 400),
        (REALTIME, WEBSOCKET + b"A: \xff\xfe\r\n", b"", 403),
        (b"GET /status HTTP/1.1\r\n", b"Transfer-Encoding: x\r\n", b"", 400),
        (b"GET /status HTTP/1.1\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", b"abc", 400),
        (b"GET /status HTTP/1.1\r\n", b"Content-Length: 1\r\nContent-Length: 2\r\n", b"ab", 400),
        (b"CONNECT a:443 HTTP/1.1\r\n", b"", b"", 400),
        (b"OPTIONS * HTTP/1.1\r\n", b"", b"", 404),
        (b"PRI * HTTP/2.0\r\n", b"", b"SM\r\n\r\n", 400),
        (b"GET http:// HTTP/1.1\r\n", b"", b"", 400),
        (b"GET /\xff HTTP/1.1\r\n", b"", b"", 400),
        (b"GET /%00%ff HTTP/1.1\r\n", b"", b"", 404),
        (b"GET /status HTTP/1.0\r\n", b"", b"", 200),
        (b"GET /status HTTP/9.9\r\n", b"", b"", 400),
        (b"BREW /status HTTP/1.1\r\n", b"", b"", 400),
        (b"POST /nowhere HTTP/1.1\r\n", b"Content-Length: 70000\r\n", bytes(70_000), 413),
        (b"POST /import/blobs HTTP/1.1\r\n", b"Content-Length: 70000\r\n", bytes(70_000), 401),
        (b"POST /move/finalize HTTP/1.1\r\n", b"Content-Length: 70000\r\n", bytes(70_000), 413),
        (b"POST /auth/login HTTP/1.1\r\n", b"Transfer-Encoding: chunked\r\n", b"20000\r\n" + bytes(131_072), 413),
        (b"GET /content/x HTTP/1.1\r\n", b"Content-Length: 70000\r\n", bytes(70_000), 302),
    ],
)
def test_every_request_is_answered(server: str, request_line: bytes, headers: bytes, body: bytes, status: int) -> None:
    assert status_of(server, request_line + LOCAL + headers + b"\r\n" + body) == status
