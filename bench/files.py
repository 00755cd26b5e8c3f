"""Bringing in an archive of very many small files: does it go on as fast as it begins?"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.account import OTHER_DATABASE, environment_for, manage, prepare
from bench.bench import Bench, say
from bench.exports import run_module, send_file
from bench.server import BenchServer
from bench.table import BenchRow, at_least

BYTES_PER_FILE = 3 * 4096  # on the disk: at the source, in the archive and at the target
TARGET = 1 / 3
FIRST = 1_000  # files
PIECES = 20  # of what comes after them


def measure(bench: Bench) -> Iterator[BenchRow]:
    """The rate among the slowest ten thousand files, against that of the first thousand."""
    number = bench.sizes.brought_files
    what = f"import of {number:,} small files: the slowest rate of a twentieth of them / that of the first {FIRST:,}"
    if short := bench.short_of(number * BYTES_PER_FILE):
        yield BenchRow.missing(what, short, f"at least {TARGET:.2g}")
        return
    archives = _archives(bench, number)
    say(f"files: bringing in {number:,}")
    folder = bench.new_folder("target")
    shutil.copytree(bench.template, folder)
    found = json.loads(run_module(folder, 8000, "bench.bring_files", bench.account.name, *map(str, archives)))
    shutil.rmtree(folder)
    slowest = min(found["later"])
    rates = f"{slowest:.0f} against {found['first']:.0f} files a second; all in {found['seconds']:.0f} s"
    yield at_least(what, slowest / found["first"], TARGET, rates)


def _archives(bench: Bench, number: int) -> list[Path]:
    """The archives of an account with so many files, which was filled in a database of its own."""
    say(f"files: making an archive of {number:,}")
    template, archives = bench.new_folder("source-template"), bench.new_folder("archives")
    with _own_database():
        account = prepare(template)
        with BenchServer(bench.new_folder("source"), template, {}) as server:
            send_file(server, account.token, 1)
            run_module(server.data, server.port, "bench.fill_files", str(number))
            environment = environment_for(server.data, server.port)
            manage(environment, "export_account", account.name, "--output", str(archives))
    return sorted(archives.glob("*.zip"))


@contextmanager
def _own_database() -> Iterator[None]:
    """SQLite, whichever database the target is on."""
    other = os.environ.pop(OTHER_DATABASE, None)
    try:
        yield
    finally:
        if other is not None:
            os.environ[OTHER_DATABASE] = other
