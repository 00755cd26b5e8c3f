"""What operators see with many rows in each large table, and how long it takes to verify a long audit trail."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator

from bench.account import CHECKOUT, environment_for
from bench.bench import Bench, say
from bench.table import BenchRow

OVERVIEW, MEASURING = "/admin/", "what a worker measures"  # as bench/fill_admin.py calls them
LONGEST_OVERVIEW, LONGEST_LIST = 250, 500  # milliseconds
LONGEST_TRAIL = 60  # seconds
BYTES_PER_ROW = 12 * 400  # of disk space, at most, with indexes: in each of twelve tables
BYTES_PER_EVENT = 2048


def overview(bench: Bench) -> Iterator[BenchRow]:
    """The overview, and the slowest of the lists that it leads to."""
    number = bench.sizes.admin_rows
    whats = [f"{name} over {number:,} rows of each large table" for name in ("the overview", "the slowest list of it")]
    targets = [f"at most {LONGEST_OVERVIEW} ms", f"at most {LONGEST_LIST} ms"]
    if short := bench.short_of(number * BYTES_PER_ROW):
        yield from (BenchRow.missing(what, short, target) for what, target in zip(whats, targets, strict=True))
        return
    say(f"overview: making {number:,} rows of each table")
    times = json.loads(_ran(bench, "bench.fill_admin", number).splitlines()[-1])
    milliseconds, queries = times.pop(OVERVIEW)
    lists = sorted((took, address) for address, (took, _) in times.items() if address.startswith(OVERVIEW))
    beside = f"{queries} queries; what a worker measures for it each ten minutes takes {times[MEASURING][0]:.0f} ms"
    holds = milliseconds <= LONGEST_OVERVIEW
    yield BenchRow(whats[0], f"{milliseconds:.0f} ms", targets[0], holds, beside)
    slowest, address = lists[-1]
    of = f"{address}; {len(lists)} lists, the middle one {lists[len(lists) // 2][0]:.0f} ms"
    yield BenchRow(whats[1], f"{slowest:.0f} ms", targets[1], slowest <= LONGEST_LIST, of)


def trail(bench: Bench) -> Iterator[BenchRow]:
    """`manage.py verify_audit`."""
    number = bench.sizes.trail_events
    what, target = f"verifying a trail of {number:,} events", f"under {LONGEST_TRAIL} s"
    if short := bench.short_of(number * BYTES_PER_EVENT):
        yield BenchRow.missing(what, short, target)
        return
    say(f"trail: making {number:,} events")
    report = json.loads(_ran(bench, "bench.fill_trail", number).splitlines()[-1])
    made_of = f"{report['chains']:,} chains, {report['details']:,} details, {report['checkpoints']} checkpoints"
    holds = report["seconds"] < LONGEST_TRAIL and not report["faults"]
    yield BenchRow(what, f"{report['seconds']:.1f} s", target, holds, made_of)


def _ran(bench: Bench, module: str, number: int) -> str:
    """What a program of the bench prints that fills a copy of the data folder, which then goes."""
    folder = bench.new_folder("admin")
    shutil.copytree(bench.template, folder)
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, str(number)],
            cwd=CHECKOUT,
            env=environment_for(folder) | {"LOG_LEVEL": "WARNING"},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    finally:
        shutil.rmtree(folder)
    return done.stdout
