"""Posts one by one over one connection, against requests that do nothing, and with a million posts already there."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

from bench.account import CHECKOUT
from bench.bench import GIB, Bench, in_ms, say
from bench.connection import RawConnection
from bench.items import post_request, token_request
from bench.server import BenchServer
from bench.table import BenchRow, at_most

TIMES_NOTHING = 3.0
TIMES_FEW = 1.2
BYTES_PER_POST = 4096  # of disk space, at most, with indexes and the write-ahead log


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Blocks of posts and blocks of requests that do nothing, in turns over one connection."""
    token = bench.account.token
    with bench.server() as server, RawConnection(server.port) as connection:
        posts, nothing = _in_turns(
            bench,
            lambda: _time_per_request(connection, [post_request(token) for _ in range(bench.sizes.block)], 201),
            lambda: _time_per_request(connection, [token_request(token)] * bench.sizes.block, 204),
        )
    yield at_most(
        "a post: time / that of a request that does nothing",
        _ratio(posts, nothing),
        TIMES_NOTHING,
        f"{in_ms(median(posts))} against {in_ms(median(nothing))}, {1 / median(posts):.0f} posts/s",
    )


def measure_many(bench: Bench) -> Iterator[BenchRow]:
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
            in_crowded, in_empty = _in_turns(
                bench,
                lambda: _time_per_request(to_crowded, [post_request(token) for _ in range(bench.sizes.block)], 201),
                lambda: _time_per_request(to_empty, [post_request(token) for _ in range(bench.sizes.block)], 201),
            )
        size = (crowded.data / "wharf.sqlite3").stat().st_size
    yield at_most(
        what,
        _ratio(in_crowded, in_empty),
        TIMES_FEW,
        f"{in_ms(median(in_crowded))} against {in_ms(median(in_empty))}, a database of {size / GIB:.2g} GiB",
    )


def _in_turns(bench: Bench, one: Callable[[], float], other: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Blocks of both, each first in every second turn; the first turn warms up and is not counted."""
    ones: list[float] = []
    others: list[float] = []
    for number in range(bench.sizes.blocks + 1):
        for block, times in ((one, ones), (other, others))[:: 1 if number % 2 else -1]:
            times.append(block())
    return ones[1:], others[1:]


def _time_per_request(connection: RawConnection, requests: list[bytes], expected: int) -> float:
    began = time.perf_counter()
    for request in requests:
        connection.exchange(request, expected)
    return (time.perf_counter() - began) / len(requests)


def _ratio(ones: list[float], others: list[float]) -> float:
    return median(one / other for one, other in zip(ones, others, strict=True))


def _fill(server: BenchServer, token: str, number: int) -> None:
    """Puts posts into the transfer that the bench sends to, straight into the database."""
    with RawConnection(server.port) as connection:
        connection.exchange(post_request(token), 201)  # begins the transfer
    subprocess.run([sys.executable, "-m", "bench.fill", str(number)], cwd=CHECKOUT, env=server.environment, check=True)
