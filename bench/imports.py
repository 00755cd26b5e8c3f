"""Bringing in: the import of a large archive against `curl` and `unzip`, and of many documents against bulk inserts."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench.bench import MIB, Bench, in_bytes, in_rate, say
from bench.connection import RawConnection
from bench.exports import make_export, run_module, send_file
from bench.items import post_request
from bench.process import LOOPBACK
from bench.server import BenchServer
from bench.table import BenchRow, at_least

RATE_AT_LEAST = 0.5  # of curl and unzip
DOCUMENTS_AT_LEAST = 1 / 3  # of bulk inserts
MEMORY_UNDER = 64 * MIB


@dataclass(frozen=True)
class BenchedImport:
    """One import: its seconds, the seconds of bulk inserts of the same rows (0: not asked for), the growth in bytes."""

    seconds: float
    inserts: float
    growth: int


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Rows for an archive of few large files, and for one of many documents."""
    yield from _archive(bench)
    yield from _documents(bench)


def _archive(bench: Bench) -> Iterator[BenchRow]:
    size = bench.sizes.upload
    what = f"import of a {in_bytes(size)} archive from a server: rate / that of curl and unzip"
    wanted = f"at least {RATE_AT_LEAST:g}"
    if lacking := [name for name in ("curl", "unzip") if shutil.which(name) is None]:
        yield BenchRow.missing(what, f"{' and '.join(lacking)} is not installed", wanted)
        return
    if short := bench.short_of(5 * size):
        yield BenchRow.missing(what, short, wanted)
        return
    with bench.server() as server:
        small = _link_to(server, make_export(server, bench.account.name)[1])
        say(f"imports: {in_bytes(size)} of media")
        for _ in range(16):
            send_file(server, bench.account.token, size // 16)
        _, path = make_export(server, bench.account.name)
        url = f"http://{LOOPBACK}:{server.port}{path}"
        large = _link(url)
        pairs: list[tuple[BenchedImport, float]] = []
        for number in range(bench.sizes.bringings + 1):
            say(f"imports: archive {number} of {bench.sizes.bringings}")
            if number % 2:
                theirs, ours = _curl_and_unzip(bench, url), _bring(bench, large, small)
            else:
                ours, theirs = _bring(bench, large, small), _curl_and_unzip(bench, url)
            pairs.append((ours, theirs))
    pairs = pairs[1:]  # the first one warms up
    ratio = median(theirs / ours.seconds for ours, theirs in pairs)
    rates = [
        in_rate(size / median(some)) for some in ([ours.seconds for ours, _ in pairs], [them for _, them in pairs])
    ]
    yield at_least(what, ratio, RATE_AT_LEAST, f"{rates[0]} against {rates[1]}, median of {len(pairs)} pairs")
    yield _flat(f"import of a {in_bytes(size)} archive", [ours for ours, _ in pairs])


def _documents(bench: Bench) -> Iterator[BenchRow]:
    documents = bench.sizes.export_documents
    what = f"import of {documents:,} documents: rate / that of bulk inserts of the same rows"
    with bench.server() as server:
        small = _link_to(server, make_export(server, bench.account.name)[1])
        say(f"imports: {documents} posts")
        with RawConnection(server.port) as connection:
            connection.exchange(post_request(bench.account.token), 201)
        run_module(server.data, server.port, "bench.fill", str(documents))
        _, path = make_export(server, bench.account.name)
        many = _link_to(server, path)
        rounds = [_bring(bench, many, small, "--inserts") for _ in range(bench.sizes.bringings)]
    ratio = median(one.inserts / one.seconds for one in rounds)
    made_of = (
        f"{median(one.seconds for one in rounds):.1f} s against {median(one.inserts for one in rounds):.1f} s, "
        f"median of {len(rounds)} pairs"
    )
    yield at_least(what, ratio, DOCUMENTS_AT_LEAST, made_of)
    yield _flat(f"import of {documents:,} documents", rounds)


def _link_to(server: BenchServer, path: str) -> str:
    """The address of the export whose first part is at `path` of a server."""
    return _link(f"http://{LOOPBACK}:{server.port}{path}")


def _link(url: str) -> str:
    """The address of the export whose first part is at `url`."""
    return url.replace("/move/exports/data/", "/move/exports/")


def _bring(bench: Bench, link: str, small_link: str, *options: str) -> BenchedImport:
    """Imports into an account of a server of its own, in a process of its own, as a worker does; first a small export,
    so that the process is warm."""
    folder = bench.new_folder("target")
    shutil.copytree(bench.template, folder)
    try:
        printed = run_module(folder, 8000, "bench.bringing", bench.account.name, link, small_link, *options)
        seconds, inserts, growth = printed.split()
        return BenchedImport(float(seconds), float(inserts), int(growth))
    finally:
        shutil.rmtree(folder)


def _curl_and_unzip(bench: Bench, url: str) -> float:
    """Seconds for the archive on the disk and its files beside it."""
    folder = bench.new_folder("unzipped")
    folder.mkdir()
    began = time.perf_counter()
    archive = folder / "part.zip"
    subprocess.run(["curl", "--silent", "--fail", "--noproxy", "*", "--output", str(archive), url], check=True)
    subprocess.run(["unzip", "-q", str(archive), "-d", str(folder / "files")], check=True)
    took = time.perf_counter() - began
    shutil.rmtree(folder)
    return took


def _flat(what: str, brought: list[BenchedImport]) -> BenchRow:
    growth = max(one.growth for one in brought)
    return BenchRow(
        f"{what}: growth of the worker's memory",
        f"{in_bytes(growth)} at most",
        f"under {in_bytes(MEMORY_UNDER)}",
        growth < MEMORY_UNDER,
    )
