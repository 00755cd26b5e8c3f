"""Posts one by one over one connection, with a million posts already there."""

import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from bench.account import CHECKOUT
from bench.bench import GIB, Bench, in_ms, say
from bench.connection import RawConnection
from bench.items import post_request
from bench.server import BenchServer
from bench.small import time_per_request
from bench.table import BenchRow, at_most
from bench.turns import in_turns, ratio

TIMES_FEW = 1.2
BYTES_PER_POST = 4096  # of disk space, at most, with indexes and the write-ahead log


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Blocks of posts to an account that has many already, and to one that has few, in turns."""
    few, many = bench.sizes.few_posts, bench.sizes.many_posts
    what = f"a post: time with {many:,} there / with {few:,}"
    if short := bench.short_of(many * BYTES_PER_POST):
        yield BenchRow.missing(what, short, f"at most {TIMES_FEW:g}")
        return
    token = bench.account.token
    with bench.server() as crowded, bench.server() as empty:
        for server, number in ((empty, few), (crowded, many)):
            say(f"million: making {number:,} posts")
            _fill(server, token, number)
        with RawConnection(crowded.port) as to_crowded, RawConnection(empty.port) as to_empty:
            in_crowded, in_empty = in_turns(
                bench.sizes.blocks,
                lambda: time_per_request(to_crowded, [post_request(token) for _ in range(bench.sizes.block)], 201),
                lambda: time_per_request(to_empty, [post_request(token) for _ in range(bench.sizes.block)], 201),
            )
        size = (crowded.data / "wharf.sqlite3").stat().st_size
    yield at_most(
        what,
        ratio(in_crowded, in_empty),
        TIMES_FEW,
        f"{in_ms(median(in_crowded))} against {in_ms(median(in_empty))}, a database of {size / GIB:.2g} GiB",
    )


def _fill(server: BenchServer, token: str, number: int) -> None:
    """Puts posts into the transfer that the bench sends to, straight into the database."""
    with RawConnection(server.port) as connection:
        connection.exchange(post_request(token), 201)  # begins the transfer
    subprocess.run([sys.executable, "-m", "bench.fill", str(number)], cwd=CHECKOUT, env=server.environment, check=True)
