"""What an exporter of ours sends to."""

from collections.abc import Iterator

import pytest

from tests.support.answers import CREATED
from tests.support.fake_server import FakeServer


@pytest.fixture
def receiver() -> Iterator[FakeServer]:
    """A server that creates everything, over connections that stay open."""
    with FakeServer(CREATED, keep_alive=True) as server:
        yield server
