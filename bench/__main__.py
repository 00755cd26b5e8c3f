"""`make bench`: a table of ratios, measured side by side in one run, with versions and machine."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import psutil

from bench import (
    admin,
    cards,
    exports,
    files,
    formats,
    imports,
    machine,
    moving,
    pages,
    posts,
    searched,
    small,
    stalled,
    strangers,
    thumbnails,
    together,
    uploads,
    verticals,
)
from bench.account import CHECKOUT, prepare
from bench.bench import FULL, QUICK, Bench, say
from bench.connection import AnswerError
from bench.process import StartError
from bench.table import BenchRow, rendered

MEASUREMENTS: dict[str, Callable[[Bench], Iterator[BenchRow]]] = {
    "uploads": uploads.measure,
    "small": small.measure,
    "searched": searched.measure,
    "verticals": verticals.measure,
    "formats": formats.measure,
    "cards": cards.measure,
    "million": posts.measure,
    "together": together.measure,
    "stalled": stalled.measure,
    "strangers": strangers.measure,
    "exports": exports.measure,
    "imports": imports.measure,
    "files": files.measure,
    "moving": moving.measure,
    "pages": pages.measure,
    "thumbnails": thumbnails.measure,
    "trail": admin.trail,
    "overview": admin.overview,
}
BREAKS = (OSError, AnswerError, StartError, subprocess.SubprocessError, psutil.Error, httpx.HTTPError)
BESIDE_THE_DATA = CHECKOUT / "var" / "bench"


def main() -> int:
    """Prints the table. Returns 1 if a measurement broke, otherwise 0, whatever the figures are."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and folders go then, too
    began, load = time.monotonic(), os.getloadavg()[0]
    with _folder() as folder:
        for line in machine.described(folder):
            print(line)
        if options.quick:
            print(
                "Quick: smaller sizes and fewer rounds. The figures are rough, and the targets are not for these sizes."
            )
        print(flush=True)
        say("making an account")
        template = folder / "template"
        sizes = QUICK if options.quick else FULL
        if options.records:
            sizes = replace(sizes, page_records=options.records)
        bench = Bench(folder, template, prepare(template), sizes)
        rows, broken = _measured(bench, options.only or list(MEASUREMENTS))
    print(rendered(rows))
    print(f"\nMeasured in {time.monotonic() - began:.0f} s. Load before {load:.1f}, after {os.getloadavg()[0]:.1f}.")
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, help="measure this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer rounds")
    parser.add_argument("--records", type=int, help="of each kind, for the pages over them")
    return parser.parse_args()


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder on the disk that data is on, which is gone at the end, and so is its own if that is empty."""
    BESIDE_THE_DATA.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=BESIDE_THE_DATA) as folder:
            yield Path(folder)
    finally:
        if not any(BESIDE_THE_DATA.iterdir()):
            BESIDE_THE_DATA.rmdir()


def _measured(bench: Bench, names: list[str]) -> tuple[list[BenchRow], bool]:
    """Every row, and whether a measurement broke. One that breaks does not take the others with it."""
    rows: list[BenchRow] = []
    broken = False
    for name in names:
        try:
            rows.extend(MEASUREMENTS[name](bench))
        except BREAKS as error:
            traceback.print_exc()
            rows.append(BenchRow.missing(name, f"it broke, {type(error).__name__}: {error}"))
            broken = True
    return rows, broken


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
