"""The target of a move, played by hand: it fetches what a test wants, and proves what a test wants."""

import hashlib
import hmac
import json
import socket
from dataclasses import dataclass
from typing import Any

import httpx

from moves.exports import job as exporting
from moves.models import Export, Move
from moves.moving import worker
from tests.support.exporter import Person
from tests.support.fake_server import FakeReply, FakeServer
from tests.support.leaving import handed_over, say
from tests.support.moving import MoveWizard

RECEIPT = {"data": {"attributes": {"proof": {"kind": "manifest", "missing": 0}}}}


@dataclass
class PlayedTarget:
    """It has been handed the first archive."""

    http: httpx.Client
    move: Move
    token: str
    opaque: str

    @classmethod
    def of_a_cozy(cls, wizard: MoveWizard, ada: Person, peer: FakeServer) -> "PlayedTarget":
        """One that takes one archive, and knows nothing of proofs."""
        move, token = handed_over(wizard, ada, peer)
        return cls(wizard.http, move, token, opaque_of(peer))

    @classmethod
    def of_ours(cls, wizard: MoveWizard, ada: Person, peer: FakeServer) -> "PlayedTarget":
        """One that knows everything that this version does."""
        peer.says("GET /status", FakeReply(200, {"move": {"changes": True}}))
        return cls.of_a_cozy(wizard, ada, peer)

    def url(self, cursor: str = "", opaque: str = "") -> str:
        return f"/move/exports/data/{opaque or self.opaque}" + (f"?cursor={cursor}" if cursor else "")

    def fetch(self, first: int = 0, last: int | str = "", *, opaque: str = "", cursor: str = "") -> bytes:
        """Some bytes of a part, all of them read."""
        answer = self.http.get(self.url(cursor, opaque), headers={"Range": f"bytes={first}-{last}"})
        assert answer.status_code == 206
        return answer.content

    def ask_changes(self) -> str:
        """Has the second archive made, and fetches all of it. Returns its opaque identifier."""
        answer = say(self.http, "/move/changes", self.token)
        assert answer.status_code == 201, answer.text
        for pk in Export.objects.filter(state="exporting").values_list("pk", flat=True):
            exporting.run(pk)
        opaque = answer.headers["Location"].rpartition("/")[2]
        self.fetch(opaque=opaque)
        return str(opaque)

    def prove(self, *lines: dict[str, Any]) -> list[dict[str, Any]]:
        """Sends these proofs. Returns the lines of the answer."""
        answer = self.send_proof(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/jsonl"
        return [json.loads(line) for line in answer.content.splitlines()]

    def send_proof(self, body: bytes) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/jsonl"}
        return self.http.post("/move/proof", content=body, headers=headers)

    def has_source_check(self) -> Move:
        """Lets the source's worker do what is due. Returns its move."""
        worker.advance(self.move.pk, at_once=True)
        self.move.refresh_from_db()
        return self.move

    def finalize(self) -> httpx.Response:
        return say(self.http, "/move/finalize", self.token, RECEIPT)

    @property
    def part_size(self) -> int:
        """Of the first part of the first archive, as zip."""
        export = Move.objects.select_related("first_export").get(pk=self.move.pk).first_export
        assert export is not None
        return export.parts.get(number=0).zip_size


def proof_of(line: dict[str, Any], nonce: str, content: bytes) -> dict[str, Any]:
    """The line that proves these bytes."""
    hashed = hmac.new(bytes.fromhex(nonce), content, hashlib.sha256).hexdigest()
    return {name: line[name] for name in ("export", "part", "at")} | {"hmac": hashed}


def opaque_of(peer: FakeServer) -> str:
    return str(peer.called("POST /move/imports")[-1].attributes["url"].rpartition("/")[2])


def connection(http: httpx.Client, *, buffer: int = 4096) -> socket.socket:
    """A connection to the server whose client takes little before it reads."""
    address = httpx.URL(str(http.base_url))
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    wire.settimeout(20)
    wire.connect((address.host, address.port or 80))
    return wire
