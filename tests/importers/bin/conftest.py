import pytest
from django.test import Client

from tests.support.bins import BinVisitor
from tests.support.exporter import Person


@pytest.fixture
def visitor(client: Client, ada: Person) -> BinVisitor:
    """Ada at her browser."""
    client.force_login(ada.row)
    return BinVisitor(client)
