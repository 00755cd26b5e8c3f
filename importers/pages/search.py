"""`GET /search`: everything that a person has, found by what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.person import person_of
from importers.models import Source
from importers.models.picture import ThumbnailSize
from importers.pages.found import FoundRecord, found_records
from importers.pages.keyset import PAGE_SIZE, KeysetPage
from importers.pages.kinds import RecordPages, all_pages
from importers.search import index, query
from importers.search.normal import LONGEST_ASKED, MOST_WORDS, AskedWord, asked_words
from importers.search.places import place_within
from importers.search.share import search_of
from importers.thumbnails.addresses import thumbnail_address

OF_EACH = 5  # records of each kind, where all kinds are shown


@dataclass(frozen=True)
class AskedSearch:
    """What the form says. `kind`: None for all; `after`: behind which place a page begins that isn’t the first."""

    q: str = ""
    kind: RecordPages | None = None
    service: str = ""
    since: date | None = None
    until: date | None = None
    after: int | None = None
    wrong_day: bool = False

    @classmethod
    def read(cls, said: Mapping[str, str]) -> "AskedSearch":
        days = [said.get(name, "").strip() for name in ("since", "until")]
        since, until = map(_day, days)
        kind = next((one for one in searched_pages() if one.kind.name == said.get("kind")), None)
        after = said.get("after", "")
        return cls(
            said.get("q", "").strip(),
            kind,
            said.get("service", ""),
            since,
            until,
            int(after) if kind and after.isdecimal() and after.isascii() and len(after) < 20 else None,
            any(text and day is None for text, day in zip(days, (since, until), strict=True)),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but a word is said."""
        return bool(self.kind or self.service or self.since or self.until)

    def address(self, kind: RecordPages | None, after: int | None = None) -> str:
        """The end of an address at which the same is looked for in one kind, or in all."""
        said = {
            "q": self.q,
            "kind": kind.kind.name if kind else "",
            "service": self.service,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "after": str(after) if after is not None else "",
        }
        return urlencode({name: value for name, value in said.items() if value})


@dataclass(frozen=True)
class FoundKind:
    """What was found of one kind. `more`: where there is more of it; empty where this is all. `has_thumbnails`: some of
    the records have one, so that each of the others has a symbol."""

    pages: RecordPages
    records: list[FoundRecord]
    more: str

    @property
    def has_thumbnails(self) -> bool:
        may = self.pages.has_content
        return may and any(thumbnail_address(one.record, ThumbnailSize.SMALL) for one in self.records)


@never_cache
@login_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What the form asks for. `q`: the words; `kind`, `service`, `since`, `until` narrow it; `after`: a later page. 429
    while a person has several under way."""
    person = person_of(request)
    with search_of(person.pk) as may:
        if may:
            return render(request, "importers/search.html", _shown(request, person))
    again = {"again": request.get_full_path()}
    busy = render(request, "importers/search_busy.html", again, status=429)
    busy["Retry-After"] = "1"
    return busy


def _shown(request: HttpRequest, person: User) -> dict[str, Any]:
    asked = AskedSearch.read({name: value for name, value in request.GET.items() if isinstance(value, str)})
    words = asked_words(asked.q)
    services = dict(_services(person))
    most = PAGE_SIZE if asked.kind else OF_EACH
    found = _found(person, asked, words, services, most + 1)
    shown = {name: some[:most] for name, some in found.entries.items()}
    records = found_records(person, shown, words, services)
    kinds = [
        FoundKind(
            pages,
            records[pages.kind.name],
            asked.address(pages) if len(found.entries[pages.kind.name]) > most else "",
        )
        for pages in searched_pages()
        if pages.kind.name in records
    ]
    return {
        "asked": asked,
        "kinds": kinds,
        "page": _page(asked, found.entries, most),
        "all_kinds": asked.address(None),
        "searched": searched_pages(),
        "services": sorted(set(services.values()), key=str.casefold),
        "is_whole": found.is_whole,
        "is_cut": len(asked.q) > LONGEST_ASKED or len(asked.q.split()) > MOST_WORDS,
        "longest": LONGEST_ASKED,
        "most_words": MOST_WORDS,
        "is_filling": not index.is_filled(),
    }


def searched_pages() -> list[RecordPages]:
    """Returns how the records of every kind are shown that is searched."""
    return [pages for pages in all_pages() if pages.kind.searched]


def _found(
    person: User, asked: AskedSearch, words: list[AskedWord], services: Mapping[int, str], most: int
) -> query.FoundEntries:
    sources = None
    if asked.service:
        sources = tuple(pk for pk, name in services.items() if name == asked.service)
    return query.find(
        query.Search(
            person,
            words,
            most,
            asked.kind.kind if asked.kind else None,
            sources,
            _begin(asked.since) if asked.since else None,
            _begin(asked.until + timedelta(days=1)) if asked.until else None,
            asked.after,
        )
    )


def _page(asked: AskedSearch, entries: Mapping[str, list[Any]], most: int) -> KeysetPage:
    """Where the pages of one kind lead: to the first one, and behind the last row."""
    if asked.kind is None:
        return KeysetPage([])
    found = entries.get(asked.kind.kind.name, [])
    first = asked.address(asked.kind) if asked.after is not None else ""
    behind = asked.address(asked.kind, place_within(found[most - 1].place)) if len(found) > most else ""
    return KeysetPage([], first=first, next=behind)


def _services(person: User) -> list[tuple[int, str]]:
    return [(source.pk, source.name) for source in Source.objects.filter(owner=person)]


def _day(text: str) -> date | None:
    """A day as the form writes it; None for what is none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if date(1800, 1, 1) <= found <= date(2300, 1, 1) else None


def _begin(day: date) -> datetime:
    """When a day begins where the person is."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_current_timezone())
