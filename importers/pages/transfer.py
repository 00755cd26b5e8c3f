"""The page of a transfer: what one exporter's job brought, what it did not, and what to do about that."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.person import person_of
from importers.models import Rejection, Transfer
from importers.pages.coming import is_coming, live_address
from importers.pages.keyset import AS_IT_CAME, keyset_page
from importers.pages.kinds import RecordPages, all_pages
from importers.pages.refused import RefusedShown
from importers.pages.shown_transfer import ShownTransfer
from importers.registry import UNKNOWN
from importers.transfers.refused_names import with_beginnings


@dataclass(frozen=True)
class CameAs:
    """A kind that records of the transfer are of, and where a list has them."""

    words: str
    address: str


@never_cache
@login_required
@require_safe
def transfer(request: HttpRequest, number: int) -> HttpResponse:
    """What came with one transfer, how many of each kind, and each item that was refused and has not come since."""
    found = get_object_or_404(Transfer.objects.select_related("source"), owner=person_of(request), pk=number)
    shown = ShownTransfer(found)
    page = keyset_page(with_beginnings(shown.open_refusals), AS_IT_CAME, request.GET)
    words = {
        "transfer": found,
        "live": live_address(found),
        "coming": is_coming(found),
        "shown": shown,
        "thrown_away": found.counts.aggregate(number=Sum("thrown_away"))["number"] or 0,
        "came_as": _came_as(found),
        "page": page,
        "refused": [RefusedShown.of(one, bytes(one.begins)) for one in page.rows],
        "made_good": Rejection.objects.filter(transfer=found).exclude(made_good_at=None).count(),
    }
    return render(request, "importers/transfer.html", words)


def _came_as(found: Transfer) -> list[CameAs]:
    """The kinds of which the transfer has records that are here, by one query."""
    kinds = {f"has_{number}": pages for number, pages in enumerate(all_pages())}
    there = {name: Exists(_of(pages, OuterRef("pk"))) for name, pages in kinds.items()}
    said = Transfer.objects.filter(pk=found.pk).annotate(**there).values(*there).get()
    return [
        CameAs(_words(pages), f"{pages.list_address}?transfer={found.pk}")
        for name, pages in kinds.items()
        if said[name]
    ]


def _of(pages: RecordPages, transfer: Any) -> QuerySet[Any]:
    return pages.kind.model._default_manager.filter(transfer=transfer, trashed_at=None)


def _words(pages: RecordPages) -> str:
    return _("things kept as they came") if pages.vertical.folder == UNKNOWN else pages.several
