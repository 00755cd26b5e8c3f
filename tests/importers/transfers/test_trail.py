"""What the audit trail tells of what comes in."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from accounts.models import Application
from audit.models import AuditEvent
from importers.models import Transfer
from importers.tasks import tell_of_ended_transfers
from tests.support.exporter import Exporter
from tests.support.trail import events, kinds, verified

pytestmark = pytest.mark.services

POST = {"@type": "SocialActivity", "activity": {"id": "1", "title": "Hello", "published": "2024-11-27T13:16:32Z"}}


def an_hour_later() -> None:
    Transfer.objects.update(
        first_item_at=F("first_item_at") - timedelta(hours=1, minutes=1),
        last_item_at=F("last_item_at") - timedelta(hours=1, minutes=1),
    )
    tell_of_ended_transfers()


def test_a_transfer_is_told_of_when_it_begins_whatever_it_brings(exporter: Exporter) -> None:
    for number in range(3):
        post = POST | {"activity": POST["activity"] | {"id": str(number)}}  # type: ignore[operator]
        assert exporter.send("social-posts", post).status_code == 201
    (begun,) = events("--person", "ada", "--kind", "transfer-begun")
    client = Application.objects.get(name="Cloud One")
    assert (begun["actor"], begun["what"]["client_id"]) == (f"exporter:{client.pk}", client.client_id)
    assert begun["who"]["address"] == "127.0.0.1"
    assert verified()["faults"] == []


def test_a_transfer_is_over_when_nothing_has_come_for_an_hour_and_again_when_it_goes_on(exporter: Exporter) -> None:
    exporter.send("social-posts", POST)
    tell_of_ended_transfers()
    assert "transfer-over" not in kinds("--person", "ada")
    an_hour_later()
    tell_of_ended_transfers()
    (over,) = events("--person", "ada", "--kind", "transfer-over")
    assert (over["what"]["items"], over["what"]["refused"], over["what"]["outcome"]) == (1, 0, "complete")
    Transfer.objects.update(last_item_at=F("last_item_at") + timedelta(minutes=62))
    an_hour_later()
    assert kinds("--person", "ada", "--kind", "transfer-over") == ["transfer-over"] * 2


def test_items_refused_for_one_cause_are_one_event(exporter: Exporter, ada: Any) -> None:
    before = AuditEvent.objects.count()
    for _ in range(5):
        assert exporter.send("social-posts", b"{").status_code == 400
    assert AuditEvent.objects.count() == before + 1, "the transfer's begin"
    (refused,) = events("--person", "ada", "--kind", "item-refused")
    assert (refused["what"]["times"], refused["what"]["status"]) == (5, 400)
    assert refused["actor"].startswith("exporter:")
    assert refused["what"]["reason"]


def test_items_are_no_events_one_by_one(exporter: Exporter) -> None:
    exporter.send("social-posts", POST)
    before = AuditEvent.objects.count()
    for number in range(5):
        exporter.send("social-posts", POST | {"activity": {"id": f"n{number}", "title": "x"}})
    events()
    assert AuditEvent.objects.count() == before
