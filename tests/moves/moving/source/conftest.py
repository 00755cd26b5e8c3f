"""The server that an account leaves for."""

from collections.abc import Iterator

import pytest

from tests.support.fake_server import FakeReply, FakeServer


@pytest.fixture
def peer(server: str) -> Iterator[FakeServer]:
    """A Cozy as it takes an account in: it says nothing of changes."""
    with FakeServer() as peer:
        peer.says("GET /status", FakeReply(200, {"message": "OK"}))
        peer.says("POST /move/importing", FakeReply(204))
        peer.says("POST /move/imports", FakeReply(303, headers={"Location": f"{peer.url}/move/importing"}))
        peer.says("POST /move/abort", FakeReply(204))
        yield peer
