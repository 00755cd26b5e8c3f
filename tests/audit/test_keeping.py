"""For how long details are kept, and where copies of checkpoints go."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models import F

from audit import tasks
from audit.models import AuditDetail, AuditEvent
from tests.support.append_only import changed_trail
from tests.support.trail import checkpoint, events, verified
from tests.support.worker import person

pytestmark = pytest.mark.usefixtures("transactional_db")


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is sent, unless it is told to fail."""

    received: list[dict[str, Any]]
    status = 204

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.status == 204:
            self.received.extend(json.loads(line) for line in body.splitlines())
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def elsewhere(settings: LazySettings) -> Iterator[type[Receiver]]:
    """Another machine, to which copies are posted."""
    receiver = type("ReceiverOfOneTest", (Receiver,), {"received": []})
    server = HTTPServer(("127.0.0.1", 0), receiver)
    thread = Thread(target=server.serve_forever)
    thread.start()
    settings.WHARF_AUDIT_POST = f"http://127.0.0.1:{server.server_port}/checkpoints"
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()


def test_details_go_when_they_are_old_and_the_trail_verifies_as_before(settings: LazySettings) -> None:
    person()
    person("eve")
    checkpoint()
    with changed_trail(AuditDetail):
        AuditDetail.objects.filter(event__chain__subject=events("--person", "ada")[0]["subject"]).update(
            at=F("at") - timedelta(days=366)
        )
    tasks.forget_details()
    assert events("--person", "ada")[0]["what"] == {}
    assert events("--person", "eve")[0]["what"]["name"] == "eve"
    report = verified()
    assert (report["faults"], report["erased"], report["events"]) == ([], 1, 2)
    settings.WHARF_AUDIT_KEEP_DAYS = 0
    with changed_trail(AuditDetail):
        AuditDetail.objects.update(at=F("at") - timedelta(days=10_000))
    tasks.forget_details()
    assert events("--person", "eve")[0]["what"]["name"] == "eve"


def test_copies_that_could_not_be_posted_go_with_the_next_ones(elsewhere: type[Receiver]) -> None:
    elsewhere.status = 503
    person()
    checkpoint()
    elsewhere.status = 204
    person("eve")
    checkpoint()
    checkpoint()
    assert [copy["checkpoint"] for copy in elsewhere.received] == [1, 2]
    assert AuditEvent.objects.count() == 2
