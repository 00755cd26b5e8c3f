"""Imports come from servers of tests, which listen on this machine, into the account of Bob."""

import pytest
from django.conf import LazySettings

from tests.support.exporter import Person


@pytest.fixture(autouse=True)
def trusting(settings: LazySettings) -> None:
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def bob(server: str) -> Person:
    return Person.create("bob")
