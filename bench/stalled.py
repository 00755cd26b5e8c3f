"""A hundred uploads that have stalled and two hundred downloads that nobody reads: does anyone else notice?"""

import os
import time
from collections.abc import Iterator
from statistics import median, quantiles

from bench.bench import Bench, in_ms, say
from bench.connection import AnswerError, RawConnection, head
from bench.crowd import DOWNLOADS, UPLOADED, UPLOADS, crowd, download_request
from bench.items import post_request
from bench.server import BenchServer
from bench.table import BenchRow, at_most

TIMES_WITHOUT = 1.1

Latencies = dict[str, list[float]]


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Latency of an item and of /status with the crowd there and without, in turns."""
    if short := bench.short_of(UPLOADED + bench.sizes.download):
        yield BenchRow.missing("latency with stalled connections", short)
        return
    with bench.server() as server:
        try:
            download = download_request(server, bench.account, bench.sizes.download)
        except AnswerError as refused:
            yield BenchRow.missing(f"latency with {DOWNLOADS} stalled downloads", str(refused))
            download = b""
        yield from _rows(bench, server, download)


def _rows(bench: Bench, server: BenchServer, download: bytes) -> Iterator[BenchRow]:
    without: list[Latencies] = []
    among: list[Latencies] = []
    for number in range(bench.sizes.stall_rounds + 1):
        say(f"stalled: round {number} of {bench.sizes.stall_rounds}")
        without.append(_latencies(bench, server))
        with crowd(server, bench.account.token, download):
            among.append(_latencies(bench, server))
    without, among = without[1:], among[1:]  # the first round warms up and is not counted
    stalled = f"{UPLOADS} uploads" + (f" and {DOWNLOADS} downloads" if download else "")
    for name in without[0]:
        ratio = median(median(one[name]) / median(other[name]) for one, other in zip(among, without, strict=True))
        yield at_most(
            f"{name}: time with {stalled} stalled / without",
            ratio,
            TIMES_WITHOUT,
            f"{_spread(name, among)} against {_spread(name, without)}",
        )


def _latencies(bench: Bench, server: BenchServer) -> Latencies:
    """Seconds of posts and of /status in turns, over one connection."""
    os.sync()  # what the crowd has sent is not on its way to the disk any more
    status = head("GET", "/status")
    latencies: Latencies = {"a post": [], "/status": []}
    with RawConnection(server.port) as connection:
        for _ in range(bench.sizes.stall_block):
            latencies["a post"].append(_seconds(connection, post_request(bench.account.token), 201))
            latencies["/status"].append(_seconds(connection, status, 200))
    return latencies


def _seconds(connection: RawConnection, request: bytes, expected: int) -> float:
    began = time.perf_counter()
    connection.exchange(request, expected)
    return time.perf_counter() - began


def _spread(name: str, rounds: list[Latencies]) -> str:
    seconds = [one for latencies in rounds for one in latencies[name]]
    return f"{in_ms(median(seconds))} (95% within {in_ms(quantiles(seconds, n=20)[-1])})"
