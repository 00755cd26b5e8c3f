"""What every measurement is given: where to work, with which account, and how much to measure."""

import itertools
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from bench.account import Account
from bench.server import BenchServer

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True)
class Sizes:
    """How much is measured: sizes in bytes, everything else in numbers."""

    upload: int
    large_upload: int
    upload_rounds: int  # after one that is not counted
    together_upload: int
    together_rounds: int
    blocks: int
    block: int  # requests
    few_posts: int
    many_posts: int
    stall_rounds: int
    stall_block: int  # requests
    download: int
    export_documents: int
    export_files: int
    makings: int  # rounds
    item_rounds: int
    item_block: int  # items
    format_records: int
    format_rounds: int
    cards: int
    bringings: int  # rounds
    page_records: int  # of each kind
    photos: int
    brought_files: int
    admin_rows: int  # of each large table
    trail_events: int


FULL = Sizes(
    upload=GIB,
    large_upload=4 * GIB,
    upload_rounds=7,
    together_upload=256 * MIB,
    together_rounds=4,
    blocks=12,
    block=200,
    few_posts=1_000,
    many_posts=1_000_000,
    stall_rounds=5,
    stall_block=200,
    download=64 * MIB,
    export_documents=100_000,
    export_files=10_000,
    makings=5,
    item_rounds=20,
    item_block=500,
    format_records=100_000,
    format_rounds=3,
    cards=100_000,
    bringings=5,
    page_records=100_000,
    photos=100,
    brought_files=200_000,
    admin_rows=1_000_000,
    trail_events=1_000_000,
)
QUICK = Sizes(
    upload=128 * MIB,
    large_upload=512 * MIB,
    upload_rounds=3,
    together_upload=32 * MIB,
    together_rounds=2,
    blocks=4,
    block=100,
    few_posts=1_000,
    many_posts=50_000,
    stall_rounds=2,
    stall_block=50,
    download=64 * MIB,
    export_documents=10_000,
    export_files=1_000,
    makings=2,
    item_rounds=4,
    item_block=50,
    format_records=5_000,
    format_rounds=1,
    cards=10_000,
    bringings=2,
    page_records=5_000,
    photos=20,
    brought_files=5_000,
    admin_rows=20_000,
    trail_events=20_000,
)


@dataclass
class Bench:
    """`folder` is on the disk that is measured; `template` is a data folder that has `account`."""

    folder: Path
    template: Path
    account: Account
    sizes: Sizes
    _numbers: itertools.count = field(default_factory=itertools.count)

    @property
    def is_quick(self) -> bool:
        """Whether it measures other sizes than those that targets are for."""
        return self.sizes is QUICK

    def new_folder(self, name: str) -> Path:
        """The path of a folder that is not there yet."""
        return self.folder / f"{name}-{next(self._numbers)}"

    def server(self, **settings: str) -> BenchServer:
        """A server with the account and nothing else, for a `with` block. `settings`: of its environment."""
        return BenchServer(self.new_folder("server"), self.template, settings)

    def short_of(self, size: int) -> str:
        """Why `size` bytes can't be written here; empty if they can, with 1 GiB to spare."""
        free = shutil.disk_usage(self.folder).free
        if free >= size + GIB:
            return ""
        return f"it needs {in_bytes(size + GIB)} of disk space, and {in_bytes(free)} are free"


def say(text: str) -> None:
    """What the bench is doing now, apart from its table."""
    print(text, file=sys.stderr, flush=True)


def in_bytes(size: float) -> str:
    """Such as `1 GiB` or `23.5 MiB`."""
    return f"{size / GIB:.3g} GiB" if size >= GIB else f"{size / MIB:.3g} MiB"


def in_rate(bytes_per_second: float) -> str:
    return f"{bytes_per_second / MIB:.0f} MiB/s"


def in_ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
