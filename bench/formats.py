"""Writing records in each standard format, against a plain loop over the rows that writes the same lines."""

import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from bench.account import CHECKOUT
from bench.bench import MIB, Bench, in_bytes, say
from bench.connection import RawConnection
from bench.exports import run_module
from bench.item_makers import file_requests, makers
from bench.server import BenchServer
from bench.table import BenchRow, at_most
from bench.turns import ratio

AT_MOST = 2.0  # times the loop
MEMORY_UNDER = 64 * MIB
LISTED = """
import django; django.setup()
from importers.vertical import verticals
for vertical in verticals():
    for one in vertical.formats:
        print(vertical.folder, one.name)
"""


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Rows for each format of each vertical, in a process of its own."""
    number = bench.sizes.format_records
    with bench.server() as server:
        with RawConnection(server.port) as connection:
            for maker in makers(server):
                for request in maker.requests(bench.account.token, len(maker.kinds)):
                    connection.exchange(request, 201)
            for request in file_requests(server, bench.account.token):
                connection.exchange(request, 201)
        listed = [line.split() for line in _printed(server).splitlines()]
        for folder in dict.fromkeys(folder for folder, _ in listed):
            say(f"formats: {number:,} records of {folder}")
            run_module(server.data, server.port, "bench.fill", str(number), folder)
        for folder, name in listed:
            say(f"formats: {name} of {folder}")
            yield from _rows(bench, server, folder, name)


def _rows(bench: Bench, server: BenchServer, folder: str, name: str) -> Iterator[BenchRow]:
    arguments = (bench.account.name, folder, name, str(bench.sizes.format_rounds))
    *rounds, grown = run_module(server.data, server.port, "bench.format_writing", *arguments).splitlines() or [""]
    if not rounds:
        return
    ours, ours_waited, loops, loops_waited = ([float(line.split()[place]) for line in rounds] for place in range(4))
    what = f"{bench.sizes.format_records:,} records of {folder} as {name}"
    made_of = (
        f"{median(ours):.2f} s against {median(loops):.2f} s, median of {len(ours)} pairs;"
        f" on the wall {median(ours_waited):.1f} against {median(loops_waited):.1f}"
    )
    figure = f"{what}: seconds of the processor / those of a loop that writes the same"
    yield at_most(figure, ratio(ours, loops), AT_MOST, made_of)
    growth = int(grown)
    yield BenchRow(
        f"{what}: growth of memory", in_bytes(growth), f"under {in_bytes(MEMORY_UNDER)}", growth < MEMORY_UNDER
    )


def _printed(server: BenchServer) -> str:
    done = subprocess.run(
        [sys.executable, "-c", LISTED],
        cwd=CHECKOUT,
        env=server.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
