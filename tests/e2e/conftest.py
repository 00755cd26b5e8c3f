"""Two servers between which accounts move, for the tests of a file together."""

from collections.abc import Iterator

import pytest

from tests.e2e.held import Pair, pair_in


@pytest.fixture(scope="module")
def shared_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pair_in(tmp_path_factory.mktemp("pair")) as pair:
        yield pair


@pytest.fixture
def pair(shared_pair: Pair) -> Pair:
    """Both, with all of their processes, whatever another test has left."""
    shared_pair.start_what_is_dead()
    return shared_pair
