"""Thumbnails of photos of 12 megapixels, one after the other, as a worker's child draws them."""

import shutil
from collections.abc import Iterator

from bench.bench import MIB, Bench, in_bytes, say
from bench.exports import run_module
from bench.table import BenchRow

CHILD_UNDER = 512 * MIB  # bytes in memory, of those that it may address
WORKER_UNDER = 64 * MIB


def measure(bench: Bench) -> Iterator[BenchRow]:
    """How many a second, and the memory of the child and of the worker meanwhile."""
    number = bench.sizes.photos
    folder = bench.new_folder("thumbnails")
    shutil.copytree(bench.template, folder)
    say(f"thumbnails: {number} photos")
    try:
        printed = run_module(folder, 8000, "bench.drawing", str(number))
    finally:
        shutil.rmtree(folder)
    seconds, worked, worker, child, photo, kept = map(float, printed.split())
    yield BenchRow(
        "thumbnails of photos of 12 megapixels",
        f"{number / seconds:.1f} a second",
        made_of=f"{number} in {seconds:.1f} s, for {worked:.1f} of which the child had a processor; "
        f"each {in_bytes(photo)}, its three thumbnails {in_bytes(kept)}",
    )
    for whose, bytes_, most in (("child", child, CHILD_UNDER), ("worker: growth of it", worker, WORKER_UNDER)):
        yield BenchRow(
            f"memory of the {whose}", in_bytes(bytes_), f"under {in_bytes(most)}", bytes_ < most, "thumbnails"
        )
