"""`python -m bench.fill_trail NUMBER`: that many events more in the audit trail, each with what is known of it in two
details, in chains of a hundred, and a checkpoint after each fiftieth part of them; then how long it takes to verify
the trail, with what that found, as JSON.

They are linked and hashed as events are that happen, and written straight into the database.
"""

import json
import secrets
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from audit import checkpoints  # noqa: E402
from audit.hashes import NOTHING, detail_digest, event_hash, text_of  # noqa: E402
from audit.kinds import AuditKind  # noqa: E402
from audit.models import AuditChain, AuditDetail, AuditEvent  # noqa: E402
from audit.verification import verify  # noqa: E402

LONG = 100  # events of a chain
TOGETHER = 5_000  # events
CHECKPOINTS = 50
FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def fill(number: int) -> None:
    """Adds the events, chain by chain."""
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA synchronous=OFF")
    chains = -(-number // LONG)
    together = TOGETHER // LONG
    each = max(together, chains // CHECKPOINTS)
    for begin in range(0, chains, together):
        with transaction.atomic():
            _chains(range(begin, min(begin + together, chains)))
        if (begin + together) % each < together:
            checkpoints.make()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _chains(numbers: range) -> None:
    events: list[AuditEvent] = []
    details: list[AuditDetail] = []
    rows = AuditChain.objects.bulk_create([AuditChain(subject=f"person:{1_000_000 + one}") for one in numbers])
    for chain in rows:
        last: bytes = NOTHING
        for number in range(1, LONG + 1):
            event, known = _event(chain, number, last)
            last = bytes(event.hash)
            events.append(event)
            details += known
        chain.length, chain.head = LONG, last
    AuditEvent.objects.bulk_create(events)
    for place, detail in enumerate(details):
        detail.event = events[place // 2]
    AuditDetail.objects.bulk_create(details)
    AuditChain.objects.bulk_update(rows, ["length", "head"], batch_size=100)


def _event(chain: AuditChain, number: int, last: bytes) -> tuple[AuditEvent, list[AuditDetail]]:
    at = FIRST + timedelta(seconds=chain.pk * LONG + number)
    said: dict[str, dict[str, Any]] = {
        AuditDetail.Part.WHAT: {"action": "Saved moves.export as csv", "filters": "now=failed", "number": number},
        AuditDetail.Part.WHO: {
            "address": "192.0.2.7",
            "agent": "Mozilla/5.0",
            "name": chain.subject,
            "request": "0" * 32,
        },
    }
    known = [
        AuditDetail(part=part, about=chain.subject, at=at, salt=secrets.token_bytes(32), text=text_of(words))
        for part, words in said.items()
    ]
    what, who = (detail_digest(bytes(one.salt), one.text) for one in known)
    event = AuditEvent(
        chain=chain, number=number, at=at, kind=AuditKind.STAFF_ACTED.value, actor=chain.subject, what=what, who=who
    )
    event.hash = event_hash(chain.subject, number, at, event.kind, event.actor, what, who, last)
    return event, known


if __name__ == "__main__":
    fill(int(sys.argv[1]))
    began = time.perf_counter()
    found = verify()
    print(json.dumps(asdict(found) | {"seconds": time.perf_counter() - began}, default=str))
