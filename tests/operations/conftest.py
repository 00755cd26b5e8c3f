"""Who looks at the operator's pages."""

import pytest
from django.test import Client

from tests.support import rows


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    """A browser in which an operator is logged in."""
    client.force_login(rows.person("operator", is_staff=True, is_superuser=True))
    return client
