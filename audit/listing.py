"""Events as people and programs read them: with what is known of each."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from audit.kinds import sentence_of
from audit.models import AuditDetail, AuditEvent


@dataclass(frozen=True)
class Listed:
    """One event: about whom, by whom, and the details that are still kept."""

    at: datetime
    subject: str
    number: int
    kind: str
    actor: str
    what: dict[str, Any]
    who: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "subject": self.subject,
            "number": self.number,
            "kind": self.kind,
            "sentence": sentence_of(self.kind),
            "actor": self.actor,
            "what": self.what,
            "who": self.who,
        }


def events_of(
    *,
    subject: str | None = None,
    actor: str | None = None,
    kinds: Collection[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    most: int = 100,
) -> list[AuditEvent]:
    """Returns the newest events for which all of this holds, at most so many, oldest first."""
    wanted: dict[str, Any] = {"chain__subject": subject, "actor": actor, "kind__in": kinds}
    wanted |= {"at__gte": since, "at__lt": until}
    found = AuditEvent.objects.filter(**{name: value for name, value in wanted.items() if value is not None})
    return list(with_details(found.order_by("-pk"))[:most])[::-1]


def with_details(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Returns them with what `listed` asks for, in two queries however many they are."""
    return events.select_related("chain").prefetch_related("details")


def listed(events: Collection[AuditEvent]) -> Iterator[Listed]:
    """Yields events with what is known of them."""
    for event in events:
        known = {detail.part: json.loads(detail.text) for detail in event.details.all()}
        yield Listed(
            at=event.at,
            subject=event.chain.subject,
            number=event.number,
            kind=event.kind,
            actor=event.actor,
            what=known.get(AuditDetail.Part.WHAT, {}),
            who=known.get(AuditDetail.Part.WHO, {}),
        )
