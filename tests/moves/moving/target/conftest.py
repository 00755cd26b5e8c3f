"""The server that an account arrives at."""

from collections.abc import Iterator

import pytest

from tests.support.arriving_move import cozy_that_is_left
from tests.support.exporter import Person
from tests.support.fake_server import FakeServer
from tests.support.moving import arriving


@pytest.fixture
def peer(server: str) -> Iterator[FakeServer]:
    """A Cozy that an account leaves."""
    with cozy_that_is_left() as peer:
        yield peer


@pytest.fixture
def token(ada: Person) -> str:
    """What a wizard was given for Ada's account here, and the source was told."""
    return arriving(ada)
