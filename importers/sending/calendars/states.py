"""Which events of a file count.

Some programs write a calendar for each event, and every state that one was in: the last of them is what there is, and
one that calls it off may stand by itself (RFC 5546, sections 2.1.5 and 3.2.5).
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from icalendar import Calendar as ParsedCalendar
from icalendar import Event

from importers.sending.calendars.properties import listed

OFF = frozenset(("CANCELLED", "CANCELED"))  # the second in American spelling, which is none of RFC 5545's


class EventStates:
    """The events of calendars that are called the same."""

    def __init__(self, calendars: Iterable[ParsedCalendar]) -> None:
        self._number: dict[int, int] = {}
        self._off: set[int] = set()
        self._ended: dict[str, int] = {}
        states: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for calendar in calendars:
            cancels = str(calendar.get("METHOD", "")).strip().upper() == "CANCEL"
            for event in calendar.events:
                self._take(event, is_off=cancels or _status(event) in OFF, ends=cancels)
                if uid := _uid(event):
                    states[uid, _occurrence(event)].append(event)
        self._earlier = {id(one) for each in states.values() for one in each if self._is_earlier(one, each)}
        last = [one for each in states.values() for one in each if id(one) not in self._earlier]
        self._series = {_uid(one): one for one in last if "RECURRENCE-ID" not in one}
        self._changed: dict[str, list[Event]] = defaultdict(list)
        for one in last:
            if "RECURRENCE-ID" in one:
                self._changed[_uid(one)].append(one)

    def series_of(self, event: Event) -> Event | None:
        """Returns the series that an event stands for occurrences of; None where it is in none of these calendars."""
        return self._series.get(_uid(event))

    def changes_of(self, event: Event) -> list[Event]:
        """Returns the events that stand for an occurrence of this one's series, called off ones as well."""
        return self._changed.get(_uid(event), [])

    def _take(self, event: Event, *, is_off: bool, ends: bool) -> None:
        self._number[id(event)] = number = _sequence(event)
        if is_off:
            self._off.add(id(event))
        if ends and "RECURRENCE-ID" not in event:
            uid = _uid(event)
            self._ended[uid] = max(number, self._ended.get(uid, 0))

    def _is_earlier(self, event: Event, states: list[Event]) -> bool:
        """Whether another of these states is later: by its number, or because it calls off what has the same one."""
        own = self._number[id(event)], id(event) in self._off
        others = ((self._number[id(one)], id(one) in self._off) for one in states)
        return any(other > own for other in others)

    def takes_place(self, event: Event) -> bool:
        """Whether an event is one that takes place, in its last state."""
        is_ended = self._ended.get(_uid(event), -1) >= self._number[id(event)]
        return not is_ended and id(event) not in self._off and id(event) not in self._earlier

    def is_called_off(self, event: Event) -> bool:
        """Whether an event is the state that calls it off, or an occurrence of a series that was called off."""
        return id(event) not in self._earlier and not self.takes_place(event)

    def is_earlier(self, event: Event) -> bool:
        """Whether the file has a later state of an event, which takes place as well."""
        return id(event) in self._earlier


def _uid(event: Event) -> str:
    return str(event.get("UID") or "").strip()


def _occurrence(event: Event) -> str:
    found = event.get("RECURRENCE-ID")
    return "" if found is None else str(event.content_line("RECURRENCE-ID", listed(found)[0]))


def _status(event: Event) -> str:
    return str(event.get("STATUS", "")).strip().upper()


def _sequence(event: Event) -> int:
    said: Any = listed(event.get("SEQUENCE"))
    try:
        return int(said[0]) if said else 0
    except (ValueError, TypeError):
        return 0
