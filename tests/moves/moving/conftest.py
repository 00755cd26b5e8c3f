"""Moves between this server and others that listen on this machine."""

import httpx
import pytest
from django.conf import LazySettings

from tests.support.moving import MoveWizard


@pytest.fixture
def trusting(settings: LazySettings, server: str) -> None:
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.0/8"]
    settings.WHARF_BASE_URL = server


@pytest.fixture
def wizard(http: httpx.Client) -> MoveWizard:
    return MoveWizard(http)
