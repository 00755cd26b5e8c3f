"""One large file to /import/blobs, against the same bytes by PUT to nginx: rate, memory, and how soon the 201 comes."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import nginx
from bench.bench import MIB, Bench, in_bytes, in_rate, say
from bench.connection import RawConnection, head
from bench.items import file_request
from bench.memory import Growth
from bench.noise import Noise
from bench.server import BenchServer
from bench.table import BenchRow, at_least

AT_LEAST = 0.9  # of nginx's rate
MEMORY_UNDER = 64 * MIB
ANSWER_UNDER = 1.0  # seconds after the last byte


@dataclass(frozen=True)
class Sent:
    """One upload, seconds from its first byte and from its last one to the answer, and the server's growth in bytes."""

    seconds: float
    answer: float
    growth: int


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Rows for a file of the usual size, beside nginx where it is there, and for a very large one."""
    sizes = bench.sizes
    with bench.server() as server:
        if short := bench.short_of(2 * sizes.upload):
            yield BenchRow.missing(f"{in_bytes(sizes.upload)} file", short)
            return
        if missing := nginx.missing():
            yield BenchRow.missing(_against_nginx(sizes.upload), missing, f"at least {AT_LEAST:g}")
            ours = [upload(server, bench.account.token, sizes.upload) for _ in range(sizes.upload_rounds)]
        else:
            ours, theirs = _side_by_side(bench, server)
            yield _rates(sizes.upload, ours[1:], theirs[1:])  # the first round warms up
        yield from _flatness(sizes.upload, ours)
        if short := bench.short_of(sizes.large_upload):
            yield BenchRow.missing(f"{in_bytes(sizes.large_upload)} file", short)
            return
        say(f"uploads: {in_bytes(sizes.large_upload)}")
        yield from _flatness(sizes.large_upload, [upload(server, bench.account.token, sizes.large_upload)])


def upload(server: BenchServer, token: str, size: int) -> Sent:
    """Sends a file that has never been sent, and removes its bytes after the 201."""
    noise = Noise(size)
    before, after = file_request(token, size)
    os.sync()  # what earlier rounds have left to write is not this one's
    with RawConnection(server.port) as connection, Growth(server.pid) as growth:
        began = time.perf_counter()
        connection.socket.sendall(before)
        noise.send(connection.socket)
        connection.socket.sendall(after)
        written = time.perf_counter()
        connection.read_answer(201)
        ended = time.perf_counter()
    server.forget_content()
    return Sent(ended - began, ended - written, growth.bytes)


def put(server: nginx.Nginx, size: int) -> float:
    """Sends a file to nginx, brings it to the disk, and removes it. Returns the seconds until it was on the disk."""
    noise = Noise(size)
    path = server.files / "file.bin"
    os.sync()
    with RawConnection(server.port) as connection:
        began = time.perf_counter()
        connection.socket.sendall(head("PUT", f"/{path.name}", Content_Length=size))
        noise.send(connection.socket)
        connection.read_answer(201)
        for written in (path, path.parent):
            _sync(written)
        ended = time.perf_counter()
    path.unlink()
    return ended - began


def _side_by_side(bench: Bench, server: BenchServer) -> tuple[list[Sent], list[float]]:
    """Rounds of both, each first in every second one."""
    size, token = bench.sizes.upload, bench.account.token
    ours, theirs = [], []
    with nginx.Nginx(bench.new_folder("nginx")) as other:
        for number in range(bench.sizes.upload_rounds + 1):
            say(f"uploads: round {number} of {bench.sizes.upload_rounds}")
            if number % 2:
                theirs.append(put(other, size))
            ours.append(upload(server, token, size))
            if not number % 2:
                theirs.append(put(other, size))
    return ours, theirs


def _rates(size: int, ours: list[Sent], theirs: list[float]) -> BenchRow:
    ratio = median(other / own.seconds for own, other in zip(ours, theirs, strict=True))
    own_rate = in_rate(size / median(own.seconds for own in ours))
    return at_least(
        _against_nginx(size),
        ratio,
        AT_LEAST,
        f"{own_rate} against {in_rate(size / median(theirs))}, both on the disk, median of {len(ours)} pairs",
    )


def _against_nginx(size: int) -> str:
    return f"{in_bytes(size)} file: rate / that of PUT to nginx"


def _flatness(size: int, sent: list[Sent]) -> Iterator[BenchRow]:
    growth, answer = max(one.growth for one in sent), max(one.answer for one in sent)
    uploads = "one upload" if len(sent) == 1 else f"the most of {len(sent)} uploads"
    yield BenchRow(
        f"{in_bytes(size)} file: growth of the server's memory",
        in_bytes(growth),
        f"under {in_bytes(MEMORY_UNDER)}",
        growth < MEMORY_UNDER,
        uploads,
    )
    yield BenchRow(
        f"{in_bytes(size)} file: 201 after the last byte",
        f"{answer:.3f} s",
        f"under {ANSWER_UNDER:g} s",
        answer < ANSWER_UNDER,
        uploads,
    )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
