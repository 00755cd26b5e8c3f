"""Eight uploads at once: what they reach together, against the same eight one after another."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from bench.bench import Bench, in_bytes, in_rate, say
from bench.connection import RawConnection
from bench.items import file_request
from bench.noise import Noise
from bench.server import BenchServer
from bench.table import BenchRow, at_least

TOGETHER = 8
AT_LEAST = 1.0  # of the rate of one that is alone


def measure(bench: Bench) -> Iterator[BenchRow]:
    size = bench.sizes.together_upload
    what = f"{TOGETHER} uploads of {in_bytes(size)} at once: total rate / one's alone"
    if short := bench.short_of(TOGETHER * size):
        yield BenchRow.missing(what, short, f"at least {AT_LEAST:g}")
        return
    alone: list[float] = []
    together: list[float] = []
    with bench.server() as server:
        for number in range(bench.sizes.together_rounds + 1):
            say(f"together: round {number} of {bench.sizes.together_rounds}")
            for times, at_once in ((alone, 1), (together, TOGETHER))[:: 1 if number % 2 else -1]:
                times.append(_seconds(server, bench.account.token, size, at_once))
    alone, together = alone[1:], together[1:]  # the first round warms up
    yield at_least(
        what,
        median(one / all_of_them for one, all_of_them in zip(alone, together, strict=True)),
        AT_LEAST,
        f"{in_rate(TOGETHER * size / median(together))} against {in_rate(TOGETHER * size / median(alone))}, "
        f"median of {len(alone)} pairs",
    )


def _seconds(server: BenchServer, token: str, size: int, at_once: int) -> float:
    """From the first byte of the first upload of eight to the 201 of the last."""
    bodies = [Noise(size) for _ in range(TOGETHER)]
    os.sync()
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as threads:
        list(threads.map(lambda body: _send(server.port, token, body), bodies))
    ended = time.perf_counter()
    server.forget_content()
    return ended - began


def _send(port: int, token: str, body: Noise) -> None:
    before, after = file_request(token, body.size)
    with RawConnection(port) as connection:
        connection.socket.sendall(before)
        body.send(connection.socket)
        connection.socket.sendall(after)
        connection.read_answer(201)
