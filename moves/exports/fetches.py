"""Who fetched what and when, and what they could not have."""

from django.db import transaction
from django.db.models import F
from django.dispatch import Signal
from django.utils import timezone

from importers.text import keepable
from moves.models import Event, Export, Fetch
from moves.told import tell_of_fetch

asked_for = Signal()  # somebody asks for an `export`, or still fetches it
MOST_FETCHES = 1_000  # rows per export; whoever comes after that is counted in one that names nobody


def begin(export: Export, part: int, address: str, agent: str) -> int:
    """Counts one more request for the part of this number. Returns the key of its row."""
    agent = keepable(agent)[:200]
    with transaction.atomic():
        if export.fetches.count() >= MOST_FETCHES and not export.fetches.filter(address=address, agent=agent).exists():
            address, agent = "others", ""
        fetch, _ = Fetch.objects.get_or_create(export=export, part=part, address=address, agent=agent)
        Fetch.objects.filter(pk=fetch.pk).update(requests=F("requests") + 1, last_at=timezone.now())
        tell_of_fetch(export, part + 1, address, agent)
    watch(export)
    return fetch.pk


def watch(export: Export) -> None:
    """Notes that somebody asks for the export, or still fetches it."""
    asked_for.send(Export, export=export)


def end(fetch: int, sent: int, *, reached_end: bool) -> None:
    """Counts what a request was sent, and whether that went up to the part's last byte."""
    ended = F("ended") + int(reached_end)
    Fetch.objects.filter(pk=fetch).update(ended=ended, sent=F("sent") + sent, last_at=timezone.now())


def note_missing(export: Export, entry: str) -> None:
    """Says once which entry could not be read."""
    Event.objects.get_or_create(export=export, kind=Event.Kind.MISSING, detail=entry)
