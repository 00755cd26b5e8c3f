"""Nothing waits before it is tried again."""

import pytest
from django.conf import LazySettings


@pytest.fixture(autouse=True)
def impatient(settings: LazySettings) -> None:
    settings.WHARF_PEER_PAUSES = (0, 0)
