"""How long each page of what people have takes, and how many statements it asks of the database.

Time is that of processors: of this process, without a network, and of the one of the database that serves it, so that
whatever else the machine does hardly counts. Where nobody can say how long the database worked, it is the clock's.
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from importers.models import SearchEntry, Transfer
from importers.pages.keyset import orders_of
from importers.pages.kinds import all_pages
from importers.search.places import place_within

TIMES = 5  # of which the best counts
NANOSECONDS = 1e9


@dataclass
class PageTime:
    """`milliseconds`: the best of some times; `statements`: that it asks."""

    page: str
    milliseconds: float
    statements: int


def measured() -> list[dict[str, Any]]:
    """Returns the `PageTime` of each page, as JSON has it."""
    client = Client()
    client.force_login(User.objects.get())
    return [asdict(_page(client, address)) for address in _addresses()]


def _addresses() -> list[str]:
    now = timezone.now()
    month, far = f"{now:%Y-%m}", f"{now.year + 5}-06"
    found = ["/", "/bin/", "/things/blobs/tree/", "/things/calendar/week/", f"/things/media/photos/?month={month}"]
    found += [f"/things/blobs/tree/?path=/7&order={order}" for order in ("name", "newest", "largest")]
    found += [f"/things/calendar/month/?month={one}" for one in (month, f"{now.year - 2}-01", far)]
    transfer = Transfer.objects.get(job_id="fill")
    found.append(f"/transfers/{transfer.pk}/")
    for pages in all_pages():
        base = pages.list_address
        for order in orders_of(pages.kind):
            found += [f"{base}?order={order.name}", f"{base}?order={order.name}&page=last"]
        found += [f"{base}?transfer={transfer.pk}", f"{base}?transfer={transfer.pk}&page=last"]
        found += [base.replace("/things/", "/bin/"), base.replace("/things/", "/bin/") + "?page=last"]
        rows: Any = pages.kind.model._default_manager.filter(trashed_at=None)
        found += [pages.address(one) for one in (rows.order_by("pk").first(), rows.order_by("pk").last())]
        if pages.container and pages.kind.references:
            inside: Any = pages.container[1]
            doc_id = inside._default_manager.order_by("pk").first().doc_id
            found += [f"{base}?in={doc_id}", f"{base}?in={doc_id}&page=last"]
    return [*found, *_searches()]


def _searches() -> list[str]:
    """What is in every record of a kind, in some of each, in one, in none, and what is only nearly there; of all kinds,
    of one, of a year, of a service, and of a page further on."""
    asked = ["q=photo", "q=99", "q=1", "q=ph", "q=123456", "q=nothing+is+called+so", "q=otophot", "q=zq", "q=photo+99"]
    year = timezone.now().year - 1
    one_year = f"kind=photo&since={year}-01-01&until={year}-12-31"
    narrowed = ["kind=photo", one_year, "service=Fill", f"since={year + 9}-01-01"]
    found = [f"/search?{one}" for one in asked]
    found += [f"/search?{one}&{more}" for one in ("q=photo", "q=nothing") for more in narrowed]
    entries = SearchEntry.objects.filter(kind="photo").order_by("-place")
    middle = entries[entries.count() // 2]
    return [*found, f"/search?q=photo&kind=photo&after={place_within(middle.place)}"]


def _page(client: Client, address: str) -> PageTime:
    asked = 0

    def count(execute: Any, *arguments: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        _get(client, address)
        asked = 0
        _get(client, address)
    times = []
    for _ in range(TIMES):
        began = _now()
        _get(client, address)
        times.append(_now() - began)
    return PageTime(address, round(1000 * min(times), 1), asked)


def _get(client: Client, address: str) -> None:
    answer = client.get(address, headers={"host": "127.0.0.1"})
    if answer.status_code != 200:
        raise SystemExit(f"{address} is answered {answer.status_code}")


def _now() -> float:
    """Seconds on the clock that is measured by."""
    if connection.vendor == "sqlite":
        return time.process_time()
    of_database = _of_database()
    return time.perf_counter() if of_database is None else time.process_time() + of_database


_backend: list[int] = []


def _of_database() -> float | None:
    """How many seconds the processor has worked for the process of the database that serves this one; None where that
    runs elsewhere, or nobody may know."""
    if not _backend:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            _backend.append(cursor.fetchone()[0])
    process = Path("/proc") / str(_backend[0])
    try:
        if "postgres" not in (process / "comm").read_text():
            return None
        return int((process / "schedstat").read_text().split()[0]) / NANOSECONDS
    except OSError:
        return None
