"""`GET /things/<vertical>/<kind>/`: a list of all that somebody has of one kind."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.person import person_of
from importers.models import Container, Transfer
from importers.pages.counts import count_of
from importers.pages.keyset import AS_IT_CAME, ListOrder, RowPlace, keyset_page, orders_of
from importers.pages.kinds import RecordPages, all_pages, pages_at, pages_of
from importers.pages.shown import Shown


@dataclass(frozen=True)
class ListRow:
    """A record in a list. `at`: by what the list is sorted by date; `size`: of its file, in bytes."""

    record: Any
    title: str
    address: str
    facts: list[Shown]
    at: datetime
    size: int | None


@never_cache
@login_required
@require_safe
def things(request: HttpRequest, vertical: str, kind: str) -> HttpResponse:
    """A page of the list. `order`: one of those that are offered; `transfer`: only what came with this one; `in`:
    only what is in this container."""
    pages, person = pages_at(vertical, kind), person_of(request)
    if pages is None:
        raise Http404
    transfer = _transfer(person, request.GET.get("transfer", ""))
    container = container_of(pages, person, request.GET.get("in", ""))
    if container is None and request.GET.get("in"):
        raise Http404
    rows, orders, beside = listed(pages, person), orders_of(pages.kind), {}
    if transfer is not None:
        rows, orders, beside = rows.filter(transfer=transfer), (AS_IT_CAME,), {"transfer": str(transfer.pk)}
    elif container is not None:
        (rows, orders), beside = within(pages, rows, container), {"in": container.doc_id}
    order = chosen_order(orders, request.GET.get("order", ""))
    page = keyset_page(rows, order, _asked(request, order), beside)
    pages.complete(page.rows)
    words = {
        "pages": pages,
        "title": pages.several,
        "count": None if beside else count_of(person, pages),
        "beside": urlencode(beside),
        "container": container
        and (pages_of(type(container)).title(container), pages_of(type(container)).address(container)),
        "siblings": [] if container else [one for one in all_pages() if one.vertical is pages.vertical],
        "orders": orders,
        "order": order,
        "page": page,
        "rows": [list_row(pages, record) for record in page.rows],
        "transfer": transfer,
    }
    return render(request, pages.list_template, words | pages.list_context(page.rows, container))


def listed(pages: RecordPages, person: User) -> QuerySet[Any]:
    """Returns the records that a person has of a kind, with what a row shows of each."""
    model = pages.kind.model
    rows: QuerySet[Any] = model._default_manager.filter(owner=person, trashed_at=None)
    if issubclass(model, Container):
        rows = rows.exclude(arrived_at=None)
    if pages.has_content:
        rows = rows.select_related("content")
    return rows.only(*pages.row_fields)


def list_row(pages: RecordPages, record: Any) -> ListRow:
    """Returns what a list shows of a record."""
    size = record.content.size if pages.has_content and record.content is not None else None
    return ListRow(record, pages.title(record), pages.address(record), pages.row_facts(record), pages.at(record), size)


def _transfer(person: User, asked: str) -> Transfer | None:
    """The transfer that is asked for. Raises Http404 for one that is not theirs."""
    if not asked:
        return None
    number = int(asked) if asked.isdecimal() and len(asked) < 19 else 0  # of a BIGINT
    found = Transfer.objects.select_related("source").filter(owner=person, pk=number).first()
    if found is None:
        raise Http404
    return found


def container_of(pages: RecordPages, person: User, asked: str) -> Container | None:
    """Returns what of a person's an address names that records of this kind may be in; None for anything else."""
    model: Any = pages.container[1] if pages.container else None
    found: Container | None = None
    if asked and model:
        found = model.objects.filter(owner=person, doc_id=asked).defer("payload").first()
    return found


def within(
    pages: RecordPages, rows: QuerySet[Any], container: Container
) -> tuple[QuerySet[Any], tuple[ListOrder, ...]]:
    """Returns those of these rows that are in a container, and the orders that a list of them is offered in."""
    lookup = pages.container[0] if pages.container else ""
    return rows.filter(**{lookup: container}), _orders_within(pages)


def _orders_within(pages: RecordPages) -> tuple[ListOrder, ...]:
    """What is in a container is sorted as it was put there, or by date where there is an index for it."""
    lookup, _ = pages.container or ("", None)
    name = f"{pages.kind.name}_in_"
    if any(index.name.startswith(name) for index in pages.kind.model._meta.indexes):
        return tuple(order for order in orders_of(pages.kind) if order.name in ("newest", "oldest"))
    beside, _, _ = lookup.rpartition("__")
    return (ListOrder(AS_IT_CAME.name, AS_IT_CAME.words, F(f"{beside}__pk")) if beside else AS_IT_CAME,)


def _asked(request: HttpRequest, order: ListOrder) -> Mapping[str, str]:
    """What is asked of pages. `month`: to begin with this month, in an order by date."""
    asked = {name: value for name, value in request.GET.items() if isinstance(value, str)}
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", asked.get("month", ""))
    if found is None or order.name not in ("newest", "oldest") or found[1] == "0000":
        return asked
    begins = datetime(int(found[1]), int(found[2]), 1, tzinfo=timezone.get_current_timezone())
    if order.name == "newest" and begins.year < MAXYEAR:
        begins = (begins + timedelta(days=32)).replace(day=1)
    return asked | {"after": RowPlace(begins, 0).token}


def chosen_order(orders: tuple[ListOrder, ...], name: str) -> ListOrder:
    """Returns the order of this name, or else the first one."""
    return next((order for order in orders if order.name == name), orders[0])
