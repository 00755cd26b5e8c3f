"""Events as rows, and what the page of a month shows of them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from importers.models.record import new_doc_id
from importers.verticals.calendar.models import CalendarEvent

Add = Callable[..., CalendarEvent]


def adding_events(person: User) -> Add:
    """Returns what makes an event, in the calendar of the one that stands, which goes."""
    model = CalendarEvent.objects.get(owner=person)
    CalendarEvent.objects.filter(owner=person).delete()

    def made(title: str, starts: str, ends: str = "", **more: Any) -> CalendarEvent:
        whose = {"owner": person, "source": model.source, "transfer": model.transfer, "calendar": model.calendar}
        moments = [datetime.fromisoformat(text).astimezone(UTC) if text else None for text in (starts, ends)]
        columns = {"title": title, "starts_at": moments[0], "ends_at": moments[1]} | more
        return CalendarEvent.objects.create(**whose, identity=new_doc_id(), **columns)

    return made


def unsaved(add: Add, title: str, starts: datetime) -> CalendarEvent:
    """An event like one that was made, which is not in the database yet."""
    model = CalendarEvent.objects.first() or add("First", "2000-01-01T00:00Z")
    whose = {name: getattr(model, name) for name in ("owner_id", "source_id", "transfer_id", "calendar_id")}
    return CalendarEvent(**whose, identity=new_doc_id(), title=title, starts_at=starts)


def days(client: Client, address: str) -> dict[str, list[str]]:
    """What is on which day, by the day's number and month."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200
    assert len(queries) < 15
    page = " ".join(answer.content.decode().split())
    found = {}
    for cell in re.findall(r"<td.*?</td>", page):
        day = re.search(r'</span>(\d+)<span class="unseen"> (\w+)</span>', cell)
        entries = re.findall(r'<a class="entry name".*?</a>', cell)
        assert day is not None
        if entries:
            found[f"{day[1]} {day[2]}"] = [_words(entry) for entry in entries]
    return found


def _words(entry: str) -> str:
    return re.sub(r"<[^>]+>", "", entry).removesuffix(" ↻ comes again").strip()
