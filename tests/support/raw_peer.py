"""Other servers as tests need them: every byte that they send, and when, is up to the test."""

import contextlib
import datetime
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answerer = Callable[[bytes, socket.socket], None]


class Peer:
    """A server on one socket of 127.0.0.1. `heads` are the requests that came, `answer` is called for each of them with
    the request's head and the connection, which is closed afterwards. `greeting` is sent before anything was read."""

    def __init__(
        self, answer: Answerer, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, greeting: bytes = b""
    ) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self._answer = answer
        self._tls = tls
        self._greeting = greeting
        self._listening = socket.create_server((host, 0))
        self.host = host
        self.port = self._listening.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            connection.sendall(self._greeting)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            self.heads.append(head)
            self._answer(head, connection)
            connection.shutdown(socket.SHUT_WR)
            if self._tls:
                connection.close()


def response(
    body: bytes = b"", status: str = "200 OK", headers: Mapping[str, str] | None = None, length: int | None = None
) -> bytes:
    """A whole answer; `length` is what it says of its body's length, if that is a lie."""
    named = {"Content-Length": str(len(body) if length is None else length), "Connection": "close", **(headers or {})}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def always(answer: bytes) -> Answerer:
    return lambda _, connection: connection.sendall(answer)


def in_turn(*answers: bytes | Answerer) -> Answerer:
    """One answer after the other, and the last one for ever."""
    left = list(answers)

    def answer(head: bytes, connection: socket.socket) -> None:
        now = left.pop(0) if len(left) > 1 else left[0]
        connection.sendall(now) if isinstance(now, bytes) else now(head, connection)

    return answer


def drips(before: bytes, drop: bytes, pause: float = 0.05) -> Answerer:
    """`before` at once, and then drops for ever."""

    def answer(_: bytes, connection: socket.socket) -> None:
        connection.sendall(before)
        while True:
            connection.sendall(drop)
            time.sleep(pause)

    return answer


def floods(before: bytes) -> Answerer:
    """`before`, and then bytes without end."""

    def answer(_: bytes, connection: socket.socket) -> None:
        connection.sendall(before)
        while True:
            connection.sendall(bytes(65536))

    return answer


def redirect(location: str, status: str = "302 Found") -> bytes:
    return response(status=status, headers={"Location": location})


def header_of(head: bytes, name: str) -> str:
    """A header of a request; empty where it has none."""
    for line in head.decode("latin-1").split("\r\n")[1:]:
        found, _, value = line.partition(":")
        if found.lower() == name.lower():
            return value.strip()
    return ""


def export_document(**attributes: Any) -> dict[str, Any]:
    """The document of an export, as a Cozy gives it."""
    named = {
        "parts_size": 10240,
        "parts_cursors": ["AAA", "BBB"],
        "with_doctypes": [],
        "state": "done",
        "created_at": "2018-05-04T08:59:37.530693972+02:00",
        "expires_at": "2999-05-11T08:59:37.530693972+02:00",
        "total_size": 1123,
        "creation_duration": 62978511,
        "error": "",
    }
    return {"data": {"type": "io.cozy.exports", "id": "86db", "meta": {"rev": "2-x"}, "attributes": named | attributes}}


def as_json(document: Any) -> bytes:
    return response(json.dumps(document).encode(), headers={"Content-Type": "application/vnd.api+json"})


class Archive:
    """Serves some bytes with ranges and an etag; the first answers end after `breaks` bytes each."""

    def __init__(self, content: bytes, etag: str = '"one"', breaks: tuple[int, ...] = (), ranges: bool = True) -> None:
        self.content = content
        self.etag = etag
        self._breaks: Iterator[int] = iter(breaks)
        self._ranges = ranges

    def __call__(self, head: bytes, connection: socket.socket) -> None:
        asked, condition = header_of(head, "Range"), header_of(head, "If-Range")
        start, total, most = 0, len(self.content), next(self._breaks, None)
        headers = {"ETag": self.etag, "Accept-Ranges": "bytes"} if self._ranges else {}
        status = "200 OK"
        if self._ranges and asked and condition in ("", self.etag):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= total:
                none = {"Content-Range": f"bytes */{total}"}
                connection.sendall(response(b"", "416 Range Not Satisfiable", headers | none))
                return
            status, headers["Content-Range"] = "206 Partial Content", f"bytes {start}-{total - 1}/{total}"
        body = self.content[start:]
        connection.sendall(response(body[:most], status, headers, len(body)))


@contextlib.contextmanager
def authority(folder: Path) -> Iterator[tuple[Path, ssl.SSLContext]]:
    """The file of a new authority, and a server's context with a certificate of it for 127.0.0.1."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")])
    now = datetime.datetime.now(datetime.UTC)
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    yield certificate_file, context
