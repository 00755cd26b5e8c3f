"""`python -m bench.fill_admin NUMBER`: that many people, transfers with their counts, refusals, files, exports,
imports, moves and their steps, waiting mails and events of the audit trail, in a new database; then, as JSON, how long
the overview takes, each list that it leads to, and what a worker counts for it: milliseconds in this process, without a
network, the best of three, and how many queries each asks; with SQLite, which works in this process, of its processor,
so that others don't count. With a NUMBER of 0 nothing is added to what is there.

Each table has copies of one row, spread over 400 days, which the database makes itself. One in a hundred has failed.
"""

import json
import os
import re
import sys
import time
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import connection, models, transaction  # noqa: E402
from django.db.models.expressions import DatabaseDefault  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Letter, User  # noqa: E402
from audit.models import AuditChain, AuditEvent  # noqa: E402
from importers.models import Content, Rejection, Source, Transfer, TransferCount  # noqa: E402
from moves.models import ArchiveImport, Export, Move, MoveStep  # noqa: E402
from operations import counting  # noqa: E402

DAYS = 400
TIMES = 3
TOGETHER = 100_000  # rows
OVERVIEW, COUNTING, MEASURING = "/admin/", "what a worker counts", "what a worker measures"
SEARCHES = ("accounts/user/?q=rson-77", "importers/transfer/?q=person-7777", "moves/export/?q=person-7777")
FILLED = ("user/", "letter/", "auditevent/", "transfer/", "rejection/", "content/", "export/", "import/", "move/")
LINK = re.compile(r'href="(/admin/[^"#]+)"')
ONE_DAY = re.compile(r"days=([0-9-]+)\.\.\1(?:&|$)")
NUMBERS = "WITH RECURSIVE numbers(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM numbers WHERE i < {last})"


def fill(number: int) -> None:
    """Makes the rows. Keys are those that the database counts from 1."""
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA synchronous=OFF")
    now = timezone.now()
    copy(
        User(username="u", email="u", password="!", quota_bytes=10**9),
        number,
        username=_text("person-"),
        email=_text("p"),
    )
    owner, nth = {"owner_id": "i"}, "i"
    source = Source.objects.create(owner_id=1, client_id="bench", client_name="Bench", service="bench")
    then = _ago(number)
    ours = owner | {"source_id": str(source.pk), "job_id": _text("j"), "outcome": _one_in("'full'", "'complete'")}
    copy(
        Transfer(owner_id=1, source=source, items=9, rejected=1), number, **ours, first_item_at=then, last_item_at=then
    )
    copy(TransferCount(transfer_id=1, vertical="blobs", created=9, rejected=1), number, transfer_id=nth)
    why = {"status": 413, "code": "destination_full", "reason": "There is no room.", "vertical": "blobs"}
    refused = Rejection(transfer_id=1, item=b'{"name": "a"}', item_size=13, **why)
    copy(refused, number, transfer_id=nth, item_sha256=_text("s"), first_at=then, last_at=then)
    copy(Content(crc32=0, size=1000, to_draw=False), number, sha256=_text("c"), storage_key=_text("k"), created_at=then)
    ended = {"state": _one_in("'error'", "'done'"), "created_at": then, "finished_at": then, "doc_id": _text("d")}
    export = Export(owner_id=1, parts_size=1, max_age=1, expires_at=now)
    copy(export, number, **owner, **ended, expires_at=then)
    copy(ArchiveImport(owner_id=1), number, **owner, **ended)
    move = Move(owner_id=1, side=Move.Side.SOURCE, peer_url="https://other.example/", lease_until=now)
    moved = ended | {"state": _one_in("'failed'", "'moved'"), "ended_at": then}
    del moved["finished_at"]
    copy(move, number, **owner, **moved)
    copy(MoveStep(move_id=1, state="exporting", what="makes the archive"), number, move_id=nth, began_at=then)
    copy(Letter(kind="welcome", about={}), number, created_at=then, due_at=then)
    chain = AuditChain.objects.create(subject="bench")
    event = AuditEvent(
        chain=chain, number=0, at=now, kind="logged-in", actor="server", what=b"", who=b"", hash=b"0" * 32
    )
    copy(event, number, number="i", at=then)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def copy(row: models.Model, rows: int, /, **changed: str) -> None:
    """Adds rows that are like `row` but for what `changed` says, in SQL, of the i-th one."""
    model: Any = type(row)
    table = connection.ops.quote_name(model._meta.db_table)
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    fields = [field for field in fields if not isinstance(getattr(row, field.attname), DatabaseDefault)]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    told = {field.attname: field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields}
    values = ", ".join(changed.get(field.attname, _cast(field)) for field in fields)
    said = [told[field.attname] for field in fields if field.attname not in changed]
    for first in range(1, rows + 1, TOGETHER):
        numbers = NUMBERS.format(first=first, last=min(first + TOGETHER - 1, rows))
        statement = f"INSERT INTO {table} ({columns}) {numbers} SELECT {values} FROM numbers"  # noqa: S608 - our names
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, said)


def _cast(field: Any) -> str:
    return f"CAST(%s AS {field.db_type(connection)})" if connection.vendor == "postgresql" else "%s"


def _text(prefix: str) -> str:
    return f"'{prefix}' || i"


def _one_in(failed: str, usual: str) -> str:
    return f"CASE WHEN i %% 100 = 0 THEN {failed} ELSE {usual} END"


def _ago(number: int) -> str:
    """The i-th of so many moments in the last days, the latest one last."""
    seconds = DAYS * 86_400 / number
    if connection.vendor == "sqlite":
        return f"datetime('now', '-' || (({number} - i) * {seconds}) || ' seconds')"
    return f"now() - ({number} - i) * interval '{seconds} seconds'"


def measured() -> dict[str, tuple[float, int]]:
    """Returns the milliseconds and queries of each page, by its address, and of the worker's count."""
    boss, _ = User.objects.get_or_create(username="boss", is_staff=True, is_superuser=True)
    counting.run()
    client = Client()
    client.force_login(boss)
    times = {COUNTING: _best(counting.run), MEASURING: _best(lambda: counting.measure(timezone.now()))}
    page = client.get(OVERVIEW, headers={"host": "127.0.0.1"}).content.decode()
    lists = sorted({found.replace("&amp;", "&") for found in LINK.findall(page)} | {OVERVIEW + one for one in SEARCHES})
    for address in [OVERVIEW, *(one for one in lists if any(name in one for name in FILLED) and not _is_of_a_day(one))]:
        times[address] = _best(lambda address=address: _page(client, address))
    return times


def _is_of_a_day(address: str) -> bool:
    """Whether it is the list of a bar of a chart, but the first one's: those of all days cost the same."""
    first = f"days={timezone.now() - counting.SHOWN + timedelta(1):%Y-%m-%d}.."
    return ONE_DAY.search(address) is not None and first not in address


def _page(client: Client, address: str) -> None:
    answer = client.get(address, headers={"host": "127.0.0.1"})
    if answer.status_code != 200:
        raise SystemExit(f"{address} is answered {answer.status_code}")


def _best(do: Any) -> tuple[float, int]:
    times = []
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    for _ in range(TIMES):
        began = clock()
        do()
        times.append(clock() - began)
    with CaptureQueriesContext(connection) as asked:
        do()
    return round(1000 * min(times), 1), len(asked)


if __name__ == "__main__":
    if number := int(sys.argv[1]):
        fill(number)
    print(json.dumps(measured()))
    os._exit(0)  # nothing of it is needed any more
