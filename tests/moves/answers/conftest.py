"""Whom an import comes from."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from tests.support.fake_export import ExportingServer, ServedPart


@pytest.fixture(autouse=True)
def trusting(server: str) -> Iterator[None]:
    with override_settings(WHARF_TRUSTED_NETWORKS=["127.0.0.0/8"], WHARF_BASE_URL=server):
        yield


@pytest.fixture
def other() -> Iterator[ExportingServer]:
    """A server with an export."""
    with ExportingServer(ServedPart(b"")) as other:
        yield other
