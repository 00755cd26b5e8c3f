"""Imports as tests ask for them, and the servers that they come from."""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx
from django.db import connection as database

from moves.imports.running import job
from moves.models import ArchiveImport
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Person, run
from tests.support.takeout import JSON_API, TakeOut

RUN = "import django; django.setup()\nimport sys\nfrom moves.imports.running import job\njob.run(int(sys.argv[1]))"
ROOT = "My Cozy"

Entries = Sequence[tuple[str, bytes]]


def link_of(server: str, take_out: TakeOut) -> str:
    """The link of an export, as a person gets it."""
    return f"{server}/#/exports/{take_out.path.rpartition('/')[2]}"


def post(
    http: httpx.Client, person: Person, path: str, attributes: Any, scope: str = "io.cozy.imports"
) -> httpx.Response:
    token = run("create_token", person.name, "--scope", scope)["access_token"]
    headers = {"Content-Type": JSON_API, "Authorization": f"Bearer {token}"}
    return http.post(path, json={"data": {"attributes": attributes}}, headers=headers)


@dataclass
class Bringing:
    """One import, as whoever has asked for it sees it."""

    pk: int

    @classmethod
    def ask(cls, http: httpx.Client, person: Person, link: str) -> "Bringing":
        """Asks for an import; nobody does it yet."""
        answer = post(http, person, "/move/imports", {"url": link})
        assert answer.status_code == 303, answer.text
        return cls(ArchiveImport.objects.filter(owner=person.row).latest("pk").pk)

    @classmethod
    def done(cls, http: httpx.Client, person: Person, link: str) -> "Bringing":
        """An import that is done."""
        bringing = cls.ask(http, person, link)
        assert job.run(bringing.pk)
        assert bringing.row.state == "done", bringing.row.error
        return bringing

    @property
    def row(self) -> ArchiveImport:
        return ArchiveImport.objects.get(pk=self.pk)

    @property
    def said(self) -> list[tuple[str, str]]:
        """Code, and entry or document, of everything in the report."""
        entries = self.row.report.order_by("pk").values_list("code", "entry", "doctype", "doc_id")
        return [(code, entry or f"{doctype}/{doc_id}") for code, entry, doctype, doc_id in entries]

    def worker(self) -> subprocess.Popen[bytes]:
        """A process that brings it in, as a worker's would."""
        name = database.settings_dict["NAME"]
        base = os.environ.get("DATABASE_URL", "").rpartition("/")[0]
        url = f"sqlite:///{name}" if database.vendor == "sqlite" else f"{base}/{name}"
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(self.pk)],
            cwd=CHECKOUT,
            env=os.environ
            | {
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "WHARF_TRUSTED_NETWORKS": "127.0.0.0/8",
            },
        )


@dataclass
class Served:
    """A part as a server gives it out. Without `ranges`, it is as a Cozy's: made anew for each request, of no known
    length; `forgetful`, it announces ranges and gives none. The first answers break off after `breaks` bytes each, or
    have what is `shortened` instead; one that takes `pause` seconds per 64 KiB is slow."""

    content: bytes
    ranges: bool = True
    forgetful: bool = False
    etag: str = '"one"'
    breaks: Sequence[int] = ()
    shortened: Sequence[bytes] = ()
    pause: float = 0.0
    answers: int = 0


class OtherServer:
    """Has one export of these parts."""

    def __init__(self, *parts: Served, **attributes: Any) -> None:
        self.parts = list(parts)
        self.asked: list[tuple[int, str]] = []  # the part, and the range
        self.attributes: dict[str, Any] = {
            "parts_size": 10240,
            "parts_cursors": [str(number) for number in range(1, len(parts))],
            "with_doctypes": [],
            "state": "done",
            "created_at": "2018-05-04T08:59:37.530693972+02:00",
            "expires_at": "2999-05-11T08:59:37.530693972+02:00",
            "total_size": 1123,
            "creation_duration": 62978511,
            "error": "",
        } | attributes
        other = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                other.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.link = f"{self.url}/#/exports/OPAQUE"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        target = urlsplit(request.path)
        if target.path == "/move/exports/OPAQUE":
            body = {"data": {"type": "io.cozy.exports", "id": "86db", "attributes": self.attributes}}
            self._send(request, 200, json.dumps(body).encode(), {"Content-Type": JSON_API})
        elif target.path == "/move/exports/data/OPAQUE":
            self._part(request, int(parse_qs(target.query).get("cursor", ["0"])[0]))
        else:
            self._send(request, 404, b"", {})

    def _part(self, request: BaseHTTPRequestHandler, number: int) -> None:
        part, wanted = self.parts[number], request.headers.get("Range", "")
        self.asked.append((number, wanted))
        content = part.shortened[part.answers] if part.answers < len(part.shortened) else part.content
        size, start, status, headers = len(content), 0, 200, {"Content-Type": "application/zip"}
        if part.ranges:
            headers |= {"ETag": part.etag, "Accept-Ranges": "bytes"}
            if wanted and not part.forgetful and request.headers.get("If-Range") in (None, part.etag):
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                status = 206
                headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        most = part.breaks[part.answers] if part.answers < len(part.breaks) else size
        part.answers += 1
        self._send(request, status, content[start:], headers, most, part)

    def _send(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        body: bytes,
        headers: dict[str, str],
        most: int | None = None,
        part: Served | None = None,
    ) -> None:
        request.send_response(status)
        request.close_connection = True
        chunked = part is not None and not part.ranges
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Connection", "close")
        request.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body)))))
        request.end_headers()
        sent = body[:most]
        try:
            for at in range(0, len(sent), 65536):
                piece = sent[at : at + 65536]
                request.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                if part is not None and part.pause:
                    time.sleep(part.pause)
            if chunked and len(sent) == len(body):
                request.wfile.write(b"0\r\n\r\n")
        except OSError:
            return  # whoever asked has gone


# What a Cozy writes


def directory(doc_id: str, path: str, parent: str = "io.cozy.files.root-dir", **more: Any) -> tuple[str, bytes]:
    name = path.rpartition("/")[2]
    return document("io.cozy.files", doc_id, type="directory", name=name, dir_id=parent, path=path, **more)


def file(
    doc_id: str, path: str, content: bytes, parent: str = "io.cozy.files.root-dir", **more: Any
) -> list[tuple[str, bytes]]:
    """The document of a file, and its content directly after it."""
    body = {
        "type": "file",
        "name": path.rpartition("/")[2],
        "dir_id": parent,
        "created_at": "2021-03-04T05:06:07Z",
        "updated_at": "2021-03-04T05:06:07Z",
        "size": str(len(content)),
        "md5sum": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
        "mime": "text/plain",
        "class": "text",
        "executable": False,
        "trashed": False,
    }
    return [document("io.cozy.files", doc_id, **body | more), (f"{ROOT}/Files{path}", content)]


def document(doctype: str, doc_id: str, **body: Any) -> tuple[str, bytes]:
    return f"{ROOT}/Data/{doctype}/{doc_id}.json", json.dumps({"_id": doc_id, **body}).encode()


def instance(domain: str = "ada.cozy.example") -> tuple[str, bytes]:
    return f"{ROOT}/Data/instance.json", json.dumps({"domain": domain, "locale": "en"}).encode()


class _Line(io.RawIOBase):
    """Takes bytes and can't seek, as a connection."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.held += piece
        return len(piece)


def cozy_zip(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """As Go's archive/zip writes it into an answer: deflated, with sizes and CRC behind the bytes."""
    line = _Line()
    with zipfile.ZipFile(line, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries:
            archive.writestr(name, body)
    return bytes(line.held)


def stored_zip(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """Stored, with sizes before the bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, body in entries:
            archive.writestr(name, body)
    return file.getvalue()


def with_manifest(entries: Entries, **changed: bytes) -> list[tuple[str, bytes]]:
    """The entries, and a manifest of them as of ours; `changed` says it of other bytes."""
    lines = [
        {"part": 0, "path": name, "size": len(body), "sha256": hashlib.sha256(changed.get(name, body)).hexdigest()}
        for name, body in entries
    ]
    head = {"version": 1, "export": "0" * 32, "server": "https://wharf.example", "account": "ada", "with_doctypes": []}
    text = json.dumps(head)[:-1] + ',"entries":[\n' + ",\n".join(map(json.dumps, lines)) + "\n]}\n"
    return [*entries, (f"{ROOT}/manifest.json", text.encode())]
