"""What people see, with many records of each kind: a row for each page."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator

from bench.account import CHECKOUT, environment_for
from bench.bench import Bench, say
from bench.table import BenchRow

MOST_MILLISECONDS = 100
MOST_STATEMENTS = 14
BYTES_PER_RECORD = 4096  # of disk space, at most, with indexes
KINDS = 25
LONGEST_PART = 30  # characters of an address that are no id
TARGET = f"at most {MOST_MILLISECONDS} ms, {MOST_STATEMENTS} queries"


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Every list in every order, from both ends, a page of each kind, and what stands above them: the slowest first."""
    number = bench.sizes.page_records
    over = f"{number:,} records of each kind"
    if short := bench.short_of(number * KINDS * BYTES_PER_RECORD):
        yield BenchRow.missing(f"pages over {over}", short, TARGET)
        return
    say(f"pages: making {over}")
    folder = bench.new_folder("pages")
    shutil.copytree(bench.template, folder)
    done = subprocess.run(
        [sys.executable, "-m", "bench.fill_pages", str(number)],
        cwd=CHECKOUT,
        env=environment_for(folder) | {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    shutil.rmtree(folder)
    found = json.loads(done.stdout.splitlines()[-1])
    pages = sorted(found["pages"], key=lambda page: -page["milliseconds"])
    good = [page for page in pages if _is_good(page)]
    middle = pages[len(pages) // 2]["milliseconds"]
    yield BenchRow(
        f"pages over {over}",
        f"{len(good)} of {len(pages)}",
        f"all: {TARGET}",
        len(good) == len(pages),
        f"the middle one {middle:.0f} ms, of processors; expanding the series took {found['expanded']:.0f} s before",
    )
    for page in pages:
        figure = f"{page['milliseconds']:.0f} ms, {page['statements']} queries"
        yield BenchRow(_called(page["page"]), figure, TARGET, _is_good(page))


def _is_good(page: dict[str, float]) -> bool:
    return page["milliseconds"] <= MOST_MILLISECONDS and page["statements"] <= MOST_STATEMENTS


def _called(address: str) -> str:
    """An address, whose ids are none of anybody's."""
    path, mark, query = address.partition("?")
    named = "/".join(part if len(part) < LONGEST_PART else "<id>" for part in path.split("/"))
    asked = (one if len(one) < LONGEST_PART else f"{one.partition('=')[0]}=<id>" for one in query.split("&"))
    return named + mark + "&".join(asked)
