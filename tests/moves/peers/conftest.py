"""Servers of tests listen on this machine, and have certificates that nobody else knows."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from moves.peers import connections


@pytest.fixture
def trusted(settings: LazySettings) -> None:
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def fresh_authorities() -> Iterator[None]:
    """Authorities are read anew, before the test and after it."""
    connections._tls.cache_clear()
    yield
    connections._tls.cache_clear()
