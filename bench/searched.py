"""What it costs that items are found: posts that are marked for the search and written into its index by a worker
meanwhile, against posts that are not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from bench.account import CHECKOUT, environment_for, is_elsewhere
from bench.bench import Bench, in_ms
from bench.connection import RawConnection
from bench.items import post_request
from bench.process import Background
from bench.small import time_per_request
from bench.table import BenchRow, at_most
from bench.turns import Seconds, in_turns, ratio
from supervisor import read_procfile

AT_MOST = 1.05  # times


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Blocks over one connection to each of three servers, in turns: without the search, with its marks, and with a
    worker that writes what is marked."""
    what = ("a post that is marked: time / that of one that is not", "the same, while a worker writes its index")
    if is_elsewhere():
        yield from (BenchRow.missing(one, "it is measured on SQLite", f"at most {AT_MOST}") for one in what)
        return

    def posts() -> list[bytes]:
        return [post_request(bench.account.token) for _ in range(bench.sizes.block)]

    with bench.server() as bare, bench.server() as marked, bench.server() as found:
        _without_triggers(bare.data / "wharf.sqlite3")
        command = read_procfile(CHECKOUT / "Procfile")["worker"]
        log, environment = (
            found.data.with_name(f"{found.data.name}-worker.log"),
            environment_for(found.data, found.port),
        )
        with (
            Background(["sh", "-c", f"exec {command}"], found.port, CHECKOUT, log, environment),
            RawConnection(bare.port) as to_bare,
            RawConnection(marked.port) as to_marked,
            RawConnection(found.port) as to_found,
        ):
            times = in_turns(
                bench.sizes.blocks,
                lambda: time_per_request(to_bare, posts(), 201),
                lambda: time_per_request(to_marked, posts(), 201),
                lambda: time_per_request(to_found, posts(), 201),
            )
    for one, others in zip(what, times[1:], strict=True):
        yield _row(one, others, times[0])


def _row(what: str, posts: Seconds, others: Seconds) -> BenchRow:
    said = f"{in_ms(median(posts))} against {in_ms(median(others))}, {1 / median(posts):.0f} a second"
    return at_most(what, ratio(posts, others), AT_MOST, said)


def _without_triggers(database: Path) -> None:
    """A server marks nothing from here on."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'search|_%' ESCAPE '|'"
        for (name,) in connection.execute(named).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
