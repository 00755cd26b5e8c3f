"""Accounts that are exported."""

import pytest

from tests.support.exporter import Exporter
from tests.support.samples import send_all


@pytest.fixture
def full(exporter: Exporter) -> Exporter:
    """An exporter that has sent something of everything."""
    send_all(exporter)
    return exporter
