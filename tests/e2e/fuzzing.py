"""Requests that nobody should send: every address, with bodies, boundaries, headers, charsets, numbers and depths of
all kinds. The same seed gives the same requests."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

from tests.support.addresses import PARAMETER

METHODS = ("GET", "POST", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW")
CSRF = "abcdefghijklmnopqrstuvwxyzabcdef"
TYPES = (
    "application/json",
    "application/vnd.api+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "multipart/related; boundary=x",
    'multipart/related; boundary="x y"',
    "multipart/related",
    "multipart/mixed; boundary=",
    "text/plain",
    "application/jsonl",
    "application/octet-stream",
    "x; a*=idna''x",
    ";;;",
    "\xff/\xff",
    "",
)
CHARSETS = ("utf-8", "utf-16", "utf-7", "latin-1", "idna", "hex", "undefined", "punycode", "nonsense", '"', "\xff")
NUMBERS = ("0", "-0", "1e999", "-1e999", "NaN", "Infinity", "9" * 20, "9" * 5_000, "-1", "1.5", "2147483648", "1E-400")
TEXTS = (
    "",
    "\0",
    "\ud800",
    "\u202e\u2066",
    "e\u0301" * 40,
    "\U0001f600",
    "../../etc/passwd",
    "x" * 3_000,
    "http://127.0.0.1:1/",
    "https://[::1",
    "//127.0.0.1\\@x",
    "javascript:alert(1)",
    "<script>",
    "a\r\nSet-Cookie: x=y",
    "%00%ff",
    "' OR 1=1 --",
    "{{7*7}}",
    "0" * 32,
    "99999999999999999999999999",
    "2024-13-45T99:99:99Z",
    "\u0661\u0662",
)
NAMES = (
    "@type",
    "activity",
    "attributes",
    "calendarId",
    "client_id",
    "client_name",
    "code",
    "code_verifier",
    "cursor",
    "data",
    "email",
    "folder",
    "grant_type",
    "id",
    "next",
    "only_changes",
    "parts_size",
    "password",
    "path",
    "payload",
    "proof",
    "reason",
    "redirect_uri",
    "redirect_uris",
    "refresh_token",
    "scope",
    "size",
    "startDateTime",
    "state",
    "token",
    "url",
    "username",
    "source",
    "target",
    "q",
    "p",
    "within",
)
KINDS = ("SocialActivity", "File", "Folder", "CalendarEventModel", "Photo", "Task", "GenericPayload", "Nothing")
HEADERS: tuple[str, ...] = (
    "Referer",
    "Origin",
    "User-Agent",
    "Accept",
    "Range",
    "If-Range",
    "If-None-Match",
    "If-Modified-Since",
    "Expect",
)
HEADERS += ("X-DTP-Job-Id", "X-DTP-Export-Service", "X-Request-ID", "X-Forwarded-For", "Content-Encoding", "Upgrade")
HEADERS += (
    "Accept-Language",
    "X-HTTP-Method-Override",
    "Forwarded",
    "Cookie",
    "Authorization",
    "Host",
    "TE",
    "Content-MD5",
)


@dataclass(frozen=True)
class FuzzKeys:
    """What opens some doors: bearer tokens, and the key of a person's session, at the port that its cookie is of."""

    tokens: list[str]
    session: str
    port: int


class Fuzzer:
    """Makes requests, each as bytes for a connection of its own."""

    def __init__(self, seed: int, routes: list[str], keys: FuzzKeys) -> None:
        self.random = Random(seed)  # noqa: S311  (it guards nothing)
        self._routes = routes
        self._keys = keys

    def request(self) -> bytes:
        """Returns the next one, whose framing is right: whatever else it says, it is to be answered."""
        pick = self.random.choice
        route, method = pick(self._routes), pick(METHODS)
        kind, body = self._body()
        head = [f"{method} {self._address(route)} HTTP/1.1"]
        lines = {"Host": "127.0.0.1", "Connection": "close"}
        if kind is not None:
            lines["Content-Type"] = kind
        if self.random.random() < 0.6:
            lines["Authorization"] = f"Bearer {pick(self._keys.tokens)}"
        if self.random.random() < 0.4:
            lines["Cookie"] = f"{self._keys.port}_sessionid={self._keys.session}; {self._keys.port}_csrftoken={CSRF}"
        for _ in range(self.random.choice((0, 0, 1, 3))):
            lines[pick(HEADERS)] = self._header()
        if body or method not in ("GET", "HEAD"):
            if self.random.random() < 0.15:
                lines["Transfer-Encoding"] = "chunked"
                body = self._chunked(body)
            else:
                lines["Content-Length"] = str(len(body))
        head += [f"{name}: {value}" for name, value in lines.items()]
        return "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + body

    def _address(self, route: str) -> str:
        path = "/" + PARAMETER.sub(lambda _: self._spelled(self._parameter()), route)
        if self.random.random() < 0.4:
            path += "?" + "&".join(self._pair() for _ in range(self.random.randint(1, 4)))
        return path[:4_000]

    def _parameter(self) -> str:
        number = str(self.random.choice((0, 1, -1, 2**31, 2**63, 2**64, 10**30)))
        return self.random.choice((number, self._text(), "0" * 32, "social-posts", "calendar", "blobs", "tasks"))

    def _pair(self) -> str:
        return f"{self._spelled(self.random.choice((*NAMES, self._text())))}={self._spelled(self._text())}"

    def _spelled(self, text: str) -> str:
        spelled = quote(text.encode("utf-8", "surrogatepass"), safe="")
        return spelled + self.random.choice(("", "", "", "%ff", "%zz", "%00"))

    def _text(self) -> str:
        if self.random.random() < 0.5:
            return self.random.choice(TEXTS)
        return "".join(
            chr(self.random.choice((self.random.randrange(32, 127), self.random.randrange(0x2FFF)))) for _ in "abcdef"
        )

    def _header(self) -> str:
        forbidden = str.maketrans("", "", "\r\n\0")
        octets = self._text().encode("utf-8", "surrogatepass").decode("latin-1")
        said = self.random.choice(
            (octets, octets, "\xff\xfe", "bytes=0-,1-,2-", "bytes=99999999999999999999-", "x" * 4_000)
        )
        return said.translate(forbidden).strip()

    def _body(self) -> tuple[str | None, bytes]:
        kind = self.random.choice(TYPES)
        ways: list[Callable[[], bytes]] = [self._json, self._form, self._related, self._octets, bytes]
        if "json" in kind:
            ways = [self._json] * 6 + ways
        elif "form" in kind:
            ways = [self._form] * 6 + ways
        elif "related" in kind:
            ways = [self._related] * 6 + ways
        body = self._mutated(self.random.choice(ways)())
        if self.random.random() < 0.2:
            kind += f"; charset={self.random.choice(CHARSETS)}"
        return (None if self.random.random() < 0.05 else kind), body

    def _json(self) -> bytes:
        depth = self.random.choice((1, 2, 3, 3, 4))
        if self.random.random() < 0.05:
            return self.random.choice((b"[", b'{"a":')) * self.random.choice((60, 900, 100_000))
        if self.random.random() < 0.02:
            return b"[" + b"{}," * self.random.choice((1_000, 300_000)) + b"{}]"
        value = self._value(depth)
        if self.random.random() < 0.5:
            value = f'{{"data": {{"attributes": {value}}}}}'
        return value.encode("utf-8", "surrogatepass")

    def _value(self, depth: int) -> str:
        kind = self.random.randrange(8) if depth else self.random.randrange(4)
        match kind:
            case 0:
                return self.random.choice(NUMBERS)
            case 1 | 2:
                return json.dumps(self._text(), ensure_ascii=self.random.random() < 0.7)
            case 3:
                return self.random.choice(("null", "true", "false", "{}", "[]"))
            case 4:
                return "[" + ",".join(self._value(depth - 1) for _ in range(self.random.randrange(4))) + "]"
        members = [
            f"{json.dumps(self.random.choice(NAMES))}: {self._value(depth - 1)}"
            for _ in range(self.random.randrange(6))
        ]
        if self.random.random() < 0.5:
            members.append(f'"@type": {json.dumps(self.random.choice(KINDS))}')
        return "{" + ", ".join(members) + "}"

    def _form(self) -> bytes:
        pairs = [self._pair() for _ in range(self.random.choice((0, 1, 4, 4, 1_200)))]
        return "&".join([f"csrfmiddlewaretoken={CSRF}", *pairs]).encode()[:70_000]

    def _related(self) -> bytes:
        end = self.random.choice((b"\r\n", b"\n", b"\r", b""))
        encoding = self.random.choice(
            (b"", b"Content-Transfer-Encoding: base64", b"Content-Length: 9999999999999999999999")
        )
        parts = [
            b"--x",
            b"Content-Type: application/json",
            encoding,
            b"",
            self._json(),
            b"--x",
            encoding,
            b"",
            self._octets(),
        ]
        return end.join([*parts, b"--x--"][: self.random.randint(3, 10)])

    def _octets(self) -> bytes:
        return self.random.randbytes(self.random.choice((0, 1, 40, 3_000, 66_000)))

    def _mutated(self, body: bytes) -> bytes:
        if not body or self.random.random() < 0.7:
            return body
        at = self.random.randrange(len(body))
        return self.random.choice(
            (body[:at], body[:at] + self.random.randbytes(3) + body[at + 3 :], body[at:] + body[:at])
        )

    def _chunked(self, body: bytes) -> bytes:
        size = self.random.choice((1, 1_000, 100_000)) if len(body) < 1_000 else 50_000
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
