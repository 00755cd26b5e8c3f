"""Small items one by one, as a worker sends them: posts, files of 1 kB, and messages of 20 kB.

Posts and files against requests that do nothing, and against what they cost at the least, messages against posts.
"""

import os
import time
from collections.abc import Callable, Iterator
from statistics import median

from bench.bare import BareStore
from bench.bench import Bench, in_ms
from bench.connection import RawConnection
from bench.items import mail_request, post, post_request, small_file_request, token_request
from bench.table import BenchRow, at_most
from bench.turns import Seconds, in_turns, ratio

FILE, MAIL = 1000, 20_000  # bytes
# Times that of a request that does nothing, and of the bare row or file.
POST_AT_MOST = (4.0, 15.0)
FILE_AT_MOST = (6.0, 8.0)
MAIL_AT_MOST = 2.0  # times that of a post


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Blocks of each over one connection, in turns with what they are compared with."""
    token, number = bench.account.token, bench.sizes.block
    payload, content = post("bare"), os.urandom(FILE)
    folder = bench.new_folder("bare")
    with bench.server() as server, RawConnection(server.port) as connection, BareStore(folder) as bare:
        nothing, posts, files, mails, rows, synced = in_turns(
            bench.sizes.blocks,
            lambda: time_per_request(connection, [token_request(token)] * number, 200),
            lambda: time_per_request(connection, [post_request(token) for _ in range(number)], 201),
            lambda: time_per_request(connection, [small_file_request(token, FILE) for _ in range(number)], 201),
            lambda: time_per_request(connection, [mail_request(token, MAIL) for _ in range(number)], 201),
            lambda: _time_per_call(number, lambda: bare.keep_row(payload)),
            lambda: _time_per_call(number, lambda: bare.keep_file(payload, content)),
        )
    for what, items, least, bare_one, targets in (
        ("a post", posts, rows, "a committed row", POST_AT_MOST),
        ("a file of 1 kB", files, synced, "a synced file and its committed row", FILE_AT_MOST),
    ):
        yield _row(what, items, nothing, "a request that does nothing", targets[0])
        yield _row(what, items, least, bare_one, targets[1])
    yield _row("a message of 20 kB", mails, posts, "a post", MAIL_AT_MOST)


def _row(what: str, items: Seconds, others: Seconds, other: str, target: float) -> BenchRow:
    return at_most(
        f"{what}: time / that of {other}",
        ratio(items, others),
        target,
        f"{in_ms(median(items))} against {in_ms(median(others))}, {1 / median(items):.0f} a second",
    )


def time_per_request(connection: RawConnection, requests: list[bytes], expected: int) -> float:
    """Seconds of each of these requests, one after the other."""
    began = time.perf_counter()
    for request in requests:
        connection.exchange(request, expected)
    return (time.perf_counter() - began) / len(requests)


def _time_per_call(number: int, call: Callable[[], None]) -> float:
    began = time.perf_counter()
    for _ in range(number):
        call()
    return (time.perf_counter() - began) / number
