"""`python -m bench.fill_pages NUMBER`: that many records of each kind in a data folder that has an account, and how
long each page over them takes, as JSON (see `page_times`).

Records are written straight into the database. All files stand in one folder, and all events in one calendar; every
twentieth event is a series that comes each week and never ends, and one record of fifty is in the bin. All of them say
the name of their kind and a number, by which they are searched.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import django

django.setup()

from django.db import connection, models, transaction  # noqa: E402
from django.db.models import F  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from bench.page_times import measured  # noqa: E402
from importers.models import Content, Source, Transfer  # noqa: E402
from importers.pages.kinds import all_pages  # noqa: E402
from importers.search import index  # noqa: E402
from importers.vertical import vertical  # noqa: E402

VENDOR = connection.vendor
FIRST = datetime(timezone.now().year - 2, 1, 1, tzinfo=UTC)  # whose four years are those that series are expanded for
MINUTES = 2_000_000
FOLDERS_IN_ONE = 100
IN_BIN = 50  # of so many records one is
MIXED = 1_000_003  # a prime number
BEGINS = f"{FIRST:%Y-%m-%d %H:%M:%S}"
NUMBERS = {  # from 0 on, as `i`
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < NUMBER - 1) SELECT i FROM n",
    "postgresql": "SELECT i FROM generate_series(0::bigint, NUMBER - 1) i",
}
HEXADECIMAL = {"sqlite": "printf('%%032x', i)", "postgresql": "lpad(to_hex(i), 32, '0')"}
LATER = {  # some minutes
    "sqlite": f"datetime('{BEGINS}', '+' || ((i * 7919) %% {MINUTES}) || ' minutes')",
    "postgresql": f"TIMESTAMPTZ '{BEGINS}+00' + ((i * 7919) %% {MINUTES}) * INTERVAL '1 minute'",
}
TURN = 60  # seconds, for which a worker works off what waits


def fill(number: int) -> None:
    """Makes the records, containers first."""
    owner = User.objects.get()
    source, _ = Source.objects.get_or_create(owner=owner, client_id="fill", client_name="Fill")
    transfer = Transfer.objects.create(owner=owner, source=source, job_id="fill")
    content = Content.objects.create(sha256="0" * 64, crc32=0, size=1000, storage_key="fill")
    whose = {"owner_id": owner.pk, "source_id": source.pk, "transfer_id": transfer.pk}
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA synchronous=OFF")
    for pages in all_pages():
        _fill(pages.kind.model, number, whose | {"content_id": content.pk})
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for _ in index.pieces(gently=False):
        pass


def _fill(model: Any, number: int, known: dict[str, int]) -> None:
    """Makes so many rows of a model by one statement: the database is ten times as quick as Django then."""
    columns, values, parameters = [], [], []
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        value = known.get(field.attname)
        if value is None and field.is_relation:
            value = _first_of(field.related_model)
        said = _said(field, model.__name__) if value is None else "%s"
        columns.append(connection.ops.quote_name(field.column))
        values.append(said)
        if said == "%s":
            parameters.append(field.get_db_prep_save(field.get_default() if value is None else value, connection))
    table = connection.ops.quote_name(model._meta.db_table)
    rows = f"SELECT {', '.join(values)} FROM ({NUMBERS[VENDOR]}) n"  # noqa: S608 (our names)
    statement = f"INSERT INTO {table} ({', '.join(columns)}) {rows}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.replace("NUMBER", str(number)), parameters)


def _said(field: Any, kind: str) -> str:
    """What a column says in the row of number `i`, in SQL; `%s` for what it says of itself."""
    name = f"((i * 104729) %% 1000003) || ' {kind}'"
    said = {
        **dict.fromkeys(("name", "shown_name", "title", "subject", "content"), name),
        **dict.fromkeys(("place", "same_name"), f"'place ' || ((i * 7919) %% {MIXED})"),
        "identity": f"'{kind} ' || ((i * 7919) %% {MIXED})",
        "doc_id": HEXADECIMAL[VENDOR],
        "payload": f"""'{{"@type": "{kind}", "number": ' || i || '}}'""",
        "identifier": f"'/' || (i %% {FOLDERS_IN_ONE}) || '/n' || i",
        "recurrence": "CASE WHEN i %% 20 = 0 THEN 'RRULE:FREQ=WEEKLY' ELSE '' END",
    }
    if field.name in said:
        return said[field.name]
    is_moment = isinstance(field, models.DateTimeField) and field.name != "trashed_at"
    return LATER[VENDOR] if is_moment else "%s"


def expand() -> float:
    """Lets the series be expanded, as a worker does. Returns how many seconds that took."""
    began = time.monotonic()
    while vertical("calendar").work_off(TURN):
        pass
    return time.monotonic() - began


def settle() -> None:
    """Throws some of all records away, and lets the database see how much it has of what."""
    for pages in all_pages():
        rows = pages.kind.model._default_manager.annotate(left=F("pk") % IN_BIN).filter(left=0)
        rows.exclude(pk=_first_of(pages.kind.model)).update(trashed_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


_firsts: dict[Any, int] = {}


def _first_of(model: Any) -> int:
    if model not in _firsts:
        _firsts[model] = model._default_manager.order_by("pk").first().pk
    return _firsts[model]


if __name__ == "__main__":
    timezone.activate(UTC)
    fill(int(sys.argv[1]))
    expanded = expand()
    settle()
    print(json.dumps({"expanded": expanded, "pages": measured()}))
    os._exit(0)  # nothing of it is needed any more
