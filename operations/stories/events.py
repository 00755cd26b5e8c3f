"""The events of exports and imports, as lines."""

from collections.abc import Mapping
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.admin.words import worded
from accounts.texts import Text, translated
from moves.models import Event
from operations.overview.panel import StoryLine

Kind = Event.Kind
NEEDS = {Kind.INTERRUPTED, Kind.FAILED, Kind.MISSING, Kind.INCOMPLETE}
MOST_LINES = 200  # of one story


def lines_of(events: Any, words: Mapping[Any, Text]) -> list[StoryLine]:
    """Returns a line for each event; `words`: a sentence for each kind."""
    return [
        StoryLine(
            event.at,
            " ".join(filter(None, (_what(event, words), translated(event.detail)))),
            needs=event.kind in NEEDS,
        )
        for event in events.order_by("pk")[:MOST_LINES]
    ]


def _what(event: Event, words: Mapping[Any, Text]) -> str:
    if event.kind == Kind.MAILED and event.detail:  # why it may not be sent
        return _("The person was not told by mail;")
    return str(words.get(event.kind) or f"{capfirst(worded(event.kind))}.")
