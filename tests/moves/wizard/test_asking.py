"""A server that takes its time keeps nobody but who asks it."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.fake_server import FakeCall, FakeReply, FakeServer
from tests.support.silent_server import SilentServer
from tests.support.waiting import eventually
from tests.support.wizard_peer import WizardPeer
from tests.support.wizard_visitor import WizardVisitor


@pytest.mark.alone
def test_a_server_that_says_nothing_holds_nobody_up(peers: Callable[..., WizardPeer], visitor: WizardVisitor) -> None:
    with SilentServer() as silent:
        began = time.monotonic()
        visitor.type(silent.url)
        assert time.monotonic() - began < 3
        assert visitor.at == "/move/start/asking"
        assert f"Asking {silent.host}" in visitor.words
        assert 'http-equiv="refresh"' in visitor.page.text
        visitor.open("/move/start/asking")
        assert visitor.at == "/move/start/asking"
        visitor.submit("/move/start/asking/stop")
        assert "Where is your account now?" in visitor.words
        source = peers()
        visitor.choose(source.url)  # meanwhile, another one is asked
        assert "Where does your account go?" in visitor.words


def test_who_waits_is_led_on_when_the_server_has_answered(
    peers: Callable[..., WizardPeer], visitor: WizardVisitor
) -> None:
    source, may_answer = peers(), threading.Event()
    known = source.server._answers["GET /status"]

    def slow(call: FakeCall) -> Any:
        may_answer.wait(30)
        return known[0](call) if callable(known[0]) else known[0]

    source.server.says("GET /status", slow)
    visitor.type(source.url)
    assert visitor.at == "/move/start/asking"
    may_answer.set()
    eventually(lambda: visitor.open("/move/start/asking").at != "/move/start/asking")
    assert visitor.at == "/move/start/leave"
    visitor.go_there()
    assert "Where does your account go?" in visitor.words


def test_who_waits_is_told_when_the_server_is_none(peers: Callable[..., WizardPeer], visitor: WizardVisitor) -> None:
    may_answer = threading.Event()

    def slow(_: FakeCall) -> FakeReply:
        may_answer.wait(30)
        return FakeReply(404)

    with FakeServer(slow) as other:
        visitor.type(other.url)
        assert visitor.at == "/move/start/asking"
        may_answer.set()
        eventually(lambda: "There is no server at" in visitor.open("/move/start/asking").words)
        assert "There is no server at" in visitor.words
        assert f'value="{other.url}"' in visitor.page.text
