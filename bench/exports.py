"""Taking out: making an export, fetching a part of it, and both together against zipping with deflate."""

import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

from bench import nginx
from bench.account import CHECKOUT, environment_for
from bench.bench import MIB, Bench, in_bytes, in_rate, say
from bench.connection import CONTENT_LENGTH, END_OF_HEAD, PATIENCE, AnswerError, RawConnection, head
from bench.installation import Installation
from bench.items import file_request, post_request
from bench.memory import Growth
from bench.noise import Noise
from bench.process import LOOPBACK
from bench.server import BenchServer
from bench.table import BenchRow, at_least, at_most

RATE_AT_LEAST = 0.8  # of nginx's
MAKING_AT_MOST = 2.0  # times the plain loop
FIRST_BYTE_UNDER = 0.3  # seconds
MEMORY_UNDER = 64 * MIB
DEFLATE_AT_LEAST = 10.0  # times faster
BUFFER = bytearray(4 * MIB)


@dataclass(frozen=True)
class Fetched:
    """One download: seconds to the first byte of the body and to the last one, its size, the server's growth."""

    first: float
    seconds: float
    size: int
    growth: int


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Rows for downloads of one large part, and for making an export of many records."""
    yield from _downloads(bench)
    yield from _making(bench)


def _downloads(bench: Bench) -> Iterator[BenchRow]:
    size = bench.sizes.upload
    what = f"{in_bytes(size)} part: rate / that of nginx serving a file"
    if short := bench.short_of(4 * size):
        yield BenchRow.missing(what, short, f"at least {RATE_AT_LEAST:g}")
        return
    with bench.server() as server:
        say(f"exports: {in_bytes(size)} of media")
        files = 16
        for _ in range(files):
            send_file(server, bench.account.token, size // files)
        made, path = make_export(server, bench.account.name)
        if missing := nginx.missing():
            yield BenchRow.missing(what, missing, f"at least {RATE_AT_LEAST:g}")
            ours = [fetch(server.port, path, server.pid) for _ in range(bench.sizes.upload_rounds)]
        else:
            ours, theirs = _beside_nginx(bench, server, path)
            ratio = median(other.seconds / own.seconds for own, other in zip(ours, theirs, strict=True))
            rates = [in_rate(size / median(one.seconds for one in some)) for some in (ours, theirs)]
            yield at_least(what, ratio, RATE_AT_LEAST, f"{rates[0]} against {rates[1]}, median of {len(ours)} pairs")
        yield from _flat(f"{in_bytes(size)} part", ours)
        yield _against_deflate(server, made + median(own.seconds for own in ours), size)


def fetch(port: int, path: str, pid: int) -> Fetched:
    """A whole download, which is thrown away. Raises `AnswerError`."""
    with RawConnection(port) as connection, Growth(pid) as growth:
        began = time.perf_counter()
        connection.socket.sendall(head("GET", path))
        received = connection.socket.recv(65536)
        while (end := received.find(END_OF_HEAD)) < 0 or len(received) == end + len(END_OF_HEAD):
            more = connection.socket.recv(65536)
            if not more:
                break
            received += more
        first = time.perf_counter() - began
        length = CONTENT_LENGTH.search(received, 0, end)
        if not received.startswith(b"HTTP/1.1 200") or length is None:
            raise AnswerError(f"200 was expected, and this came: {received[:300].decode('latin-1')}")
        size = int(length[1])
        _drain(connection.socket, size - (len(received) - end - len(END_OF_HEAD)))
        seconds = time.perf_counter() - began
    return Fetched(first, seconds, size, growth.bytes)


def _drain(connection: socket.socket, left: int) -> None:
    connection.settimeout(PATIENCE)
    while left > 0:
        count = connection.recv_into(BUFFER)
        if not count:
            raise AnswerError(f"the download broke off {left} bytes before its end")
        left -= count


def _beside_nginx(bench: Bench, server: BenchServer, path: str) -> tuple[list[Fetched], list[Fetched]]:
    """Rounds of both, each first in every second one; the first round warms up and is not counted."""
    ours: list[Fetched] = []
    theirs: list[Fetched] = []
    with nginx.Nginx(bench.new_folder("nginx")) as other:
        part = httpx.stream("GET", f"http://{LOOPBACK}:{server.port}{path}", trust_env=False)
        with part as answer, (other.files / "part.zip").open("wb") as file:
            for chunk in answer.iter_raw():
                file.write(chunk)
        for number in range(bench.sizes.upload_rounds + 1):
            say(f"exports: download {number} of {bench.sizes.upload_rounds}")
            pair = [(ours, server.port, path, server.pid), (theirs, other.port, "/part.zip", other.pid)]
            for results, port, wanted, pid in pair if number % 2 else reversed(pair):
                results.append(fetch(port, wanted, pid))
    return ours[1:], theirs[1:]


def _flat(what: str, fetched: list[Fetched]) -> Iterator[BenchRow]:
    first, growth = max(one.first for one in fetched), max(one.growth for one in fetched)
    yield BenchRow(
        f"{what}: time to the first byte",
        f"{first:.3f} s at most",
        f"under {FIRST_BYTE_UNDER:g} s",
        first < FIRST_BYTE_UNDER,
    )
    yield BenchRow(
        f"{what}: growth of the server's memory",
        f"{in_bytes(growth)} at most",
        f"under {in_bytes(MEMORY_UNDER)}",
        growth < MEMORY_UNDER,
    )


def _against_deflate(server: BenchServer, ours: float, size: int) -> BenchRow:
    """Making and fetching, against zipping the same files with deflate and sending that through a socket."""
    say("exports: the same with deflate")
    began = time.perf_counter()
    archive = server.data / "deflated.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as deflated:
        for path in sorted((server.data / "content").rglob("*")):
            if path.is_file() and path.stat().st_size > MIB:
                deflated.write(path, path.name)
    theirs = time.perf_counter() - began
    archive.unlink()
    ratio = theirs / ours
    return at_least(
        f"{in_bytes(size)} of media, made and fetched: how much faster than zipping with deflate",
        ratio,
        DEFLATE_AT_LEAST,
        f"{ours:.1f} s against {theirs:.1f} s, one round",
    )


# Making


def _making(bench: Bench) -> Iterator[BenchRow]:
    documents, files = bench.sizes.export_documents, bench.sizes.export_files
    say(f"exports: {documents} posts and {files} files")
    with bench.server() as server:
        with RawConnection(server.port) as connection:
            connection.exchange(post_request(bench.account.token), 201)
        for module, number in (("bench.fill", documents), ("bench.fill_files", files)):
            _module(server, module, str(number))
        what = f"export of {documents:,} documents and {files:,} files"
        rounds = [_module(server, "bench.making", bench.account.name).split() for _ in range(bench.sizes.makings)]
        pairs = [(float(ours), float(loop)) for ours, loop, _ in rounds]
        ratio = median(ours / loop for ours, loop in pairs)
        yield at_most(
            f"{what}: time / that of a loop over the ORM that writes JSON",
            ratio,
            MAKING_AT_MOST,
            f"{median(ours for ours, _ in pairs):.1f} s against {median(loop for _, loop in pairs):.1f} s, "
            f"median of {len(pairs)} pairs",
        )
        growth = max(int(grown) for _, _, grown in rounds)
        yield BenchRow(
            f"{what}: growth of the worker's memory",
            f"{in_bytes(growth)} at most",
            f"under {in_bytes(MEMORY_UNDER)}",
            growth < MEMORY_UNDER,
        )
        _, path = make_export(server, bench.account.name)
        yield from _flat(f"{what}, fetched", [fetch(server.port, path, server.pid) for _ in range(3)])


def send_file(server: BenchServer | Installation, token: str, size: int) -> None:
    """Sends one photo of so many random bytes."""
    before, after = file_request(token, size)
    with RawConnection(server.port) as connection:
        connection.socket.sendall(before)
        Noise(size).send(connection.socket)
        connection.socket.sendall(after)
        connection.read_answer(201)


def make_export(server: BenchServer, name: str) -> tuple[float, str]:
    """Makes an export in a process of its own, as a worker does. Returns its seconds and the path of its first part."""
    seconds, path = _module(server, "bench.making", name, "--once").split()
    return float(seconds), path


def _module(server: BenchServer, name: str, *arguments: str) -> str:
    return run_module(server.data, server.port, name, *arguments)


def run_module(data: Path, port: int, name: str, *arguments: str) -> str:
    """Runs a module on a data folder, in a process of its own. Returns what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", name, *arguments],
        cwd=CHECKOUT,
        env=environment_for(data, port),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
