"""A Cozy that an account leaves, and what it calls here: one archive, as it makes them."""

from typing import Any

import httpx

from moves.models import Move
from tests.support.answers import json_api
from tests.support.cozy_archives import cozy_zip, document, file, instance
from tests.support.fake_export import export_document
from tests.support.fake_server import FakeReply, FakeServer

OPAQUE = "an-opaque-identifier"
CONTENT = b"what is in the file"


def cozy_that_is_left() -> FakeServer:
    peer = FakeServer()
    peer.says("GET /status", FakeReply(200, {"message": "OK"}))
    peer.says(f"GET /move/exports/{OPAQUE}", json_api(export_document(parts_cursors=None)))
    serve(peer, archive())
    peer.says("POST /move/finalize", FakeReply(204))
    peer.says("POST /move/abort", FakeReply(204))
    return peer


def archive(content: bytes = CONTENT) -> bytes:
    """`content` stands where the bytes of its file should be."""
    said, (name, _) = file("f1", "/a.txt", CONTENT)
    return cozy_zip([instance(), document("com.example.things", "t1", thing=1), said, (name, content)])


def serve(peer: FakeServer, body: bytes) -> None:
    peer.says(f"GET /move/exports/data/{OPAQUE}", FakeReply(200, body, {"Content-Type": "application/zip"}))


def say(http: httpx.Client, path: str, token: str, body: Any = None) -> httpx.Response:
    return http.post(path, headers={"Authorization": f"Bearer {token}"}, json=body)


def announce(http: httpx.Client, token: str) -> httpx.Response:
    return say(http, "/move/importing?source=source.example", token)


def hand_over(http: httpx.Client, token: str, peer: FakeServer, **more: Any) -> httpx.Response:
    attributes = {
        "url": f"{peer.url}/#/exports/{OPAQUE}",
        "vault": False,
        "move_from": {"url": f"{peer.url}/", "token": "token-of-the-source", **more},
    }
    return say(http, "/move/imports", token, {"data": {"attributes": attributes}})


def the_move() -> Move:
    return Move.objects.latest("pk")


def gone_to(url: str) -> FakeReply:
    """What a Cozy answers to every call after it has moved."""
    links = {"related": url}
    return json_api(
        {"errors": [{"status": "410", "title": "Gone", "code": "moved", "detail": "", "links": links}]}, 410
    )
