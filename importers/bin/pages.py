"""`/bin/`: what is in the bin, since when, and for how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.person import person_of
from accounts.texts import Text
from importers.bin.emptying import rests_until
from importers.bin_titles import called
from importers.models import BinJob, RecordCount
from importers.models.record import NEVER
from importers.pages.keyset import ListOrder, keyset_page
from importers.pages.kinds import RecordPages, all_pages, pages_at

LATEST_JOBS = 5  # that are offered to be undone
LONGEST_SAID = timedelta(days=36_500)  # which every calendar holds from today on
LAST_THROWN = ListOrder("thrown", _("Thrown away last"), F("trashed_at"), descending=True)


@dataclass(frozen=True)
class BinKind:
    """What is in the bin of one kind. `counted`: its words behind their number; `size`: of their files, in bytes."""

    words: Text
    counted: Text
    number: int
    size: int
    address: str


@dataclass(frozen=True)
class BinRow:
    """A record in the bin. `size`: of its file, in bytes; `days`: after which it is deleted for good, by the
    calendar of whoever looks."""

    record: Any
    title: str
    address: str
    thrown_at: datetime
    size: int | None
    days: int


@never_cache
@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """How much is in the bin, of which kinds, and what was thrown away last."""
    person = person_of(request)
    kinds = in_bin(person)
    jobs = BinJob.objects.filter(owner=person).order_by("-at")
    thrown = jobs.filter(action=BinJob.Action.THROW, ended_at__isnull=False, records__gt=0)
    words = {
        "kinds": kinds,
        "size": sum(kind.size for kind in kinds),
        "number": sum(kind.number for kind in kinds),
        "days": settings.WHARF_BIN_TIME.days,
        "rests_until": _rests(person),
        "running": [(job, called(job)) for job in jobs.filter(ended_at=None)[:LATEST_JOBS]],
        "thrown": [(job, called(job)) for job in thrown[:LATEST_JOBS]] if kinds else (),
    }
    return render(request, "importers/bin/overview.html", words)


@never_cache
@login_required
@require_safe
def things(request: HttpRequest, vertical: str, kind: str) -> HttpResponse:
    """What is in the bin of one kind, what was thrown away last first."""
    pages, person = pages_at(vertical, kind), person_of(request)
    if pages is None:
        raise Http404
    page = keyset_page(_rows(pages, person), LAST_THROWN, request.GET)
    rests = _rests(person)
    words = {
        "pages": pages,
        "page": page,
        "rows": [_row(pages, record, rests) for record in page.rows],
        "kinds": in_bin(person),
        "here": address(pages),
        "days": settings.WHARF_BIN_TIME.days,
    }
    return render(request, "importers/bin/things.html", words)


def address(pages: RecordPages) -> str:
    """Returns the address of what is in the bin of a kind."""
    return reverse("bin-things", args=pages.place)


def in_bin(person: User) -> list[BinKind]:
    """Returns what is in a person's bin, by kind."""
    rows = {row.kind: row for row in RecordCount.objects.filter(owner=person, in_bin__gt=0)}
    found = ((pages, rows.get(pages.kind.name)) for pages in all_pages())
    return [
        BinKind(pages.several, pages.kind.words[row.in_bin != 1], row.in_bin, row.bin_bytes, address(pages))
        for pages, row in found
        if row
    ]


def _rows(pages: RecordPages, person: User) -> QuerySet[Any]:
    rows: QuerySet[Any] = pages.kind.model._default_manager.filter(owner=person, trashed_at__isnull=False)
    if pages.has_content:
        rows = rows.select_related("content")
    return rows.exclude(changed_at=NEVER).only(*pages.row_fields, "trashed_at")


def _row(pages: RecordPages, record: Any, rests: datetime | None) -> BinRow:
    size = record.content.size if pages.has_content and record.content is not None else None
    now = timezone.now()
    # The end of what stays longest need be in no calendar.
    stays = max(record.trashed_at - now + settings.WHARF_BIN_TIME, (rests or now) - now)
    days = max(0, (timezone.localdate(now + min(stays, LONGEST_SAID)) - timezone.localdate(now)).days)
    return BinRow(record, pages.title(record), pages.address(record), record.trashed_at, size, days)


def _rests(person: User) -> datetime | None:
    until = rests_until(person)
    return until if until is not None and until > timezone.now() else None
