"""People beside Ada."""

import pytest

from tests.support.exporter import Person


@pytest.fixture
def grace(server: str) -> Person:
    """Somebody whose account is empty."""
    return Person.create("grace")
