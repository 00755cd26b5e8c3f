"""A wizard that knows its address, the servers that it may call, and somebody who visits it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.wizard_peer import WizardPeer
from tests.support.wizard_visitor import WizardVisitor


@pytest.fixture(autouse=True)
def at_its_address(settings: Any, server: str) -> None:
    """The wizard knows the address of the server that the test has started, and may call others on this computer."""
    settings.WHARF_BASE_URL = server
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def peers() -> Iterator[Callable[..., WizardPeer]]:
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(WizardPeer(**how))


@pytest.fixture
def visitor(server: str) -> Iterator[WizardVisitor]:
    visitor = WizardVisitor(server)
    yield visitor
    visitor.http.close()
