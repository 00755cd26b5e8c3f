"""`python -m bench.format_writing NAME FOLDER FORMAT ROUNDS`: an account's records in a standard format, and a plain
loop that reads the same rows and writes the same lines.

Prints for each round the seconds of both, first of the processor, which other work on the machine hardly changes, then
on the wall; and at last the most bytes by which the format made this process grow, which had begun to write it before.
"""

import os
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db.models import Model, QuerySet  # noqa: E402

from accounts.models import User  # noqa: E402
from bench.fill import innermost  # noqa: E402
from bench.memory import OwnGrowth  # noqa: E402
from importers.documents.snapshot import Snapshot  # noqa: E402
from importers.formats.format import Format, StoredFile  # noqa: E402
from importers.models import Record  # noqa: E402
from importers.vertical import vertical  # noqa: E402

WARM = 100  # pieces


class WatchedSnapshot(Snapshot):
    """One that knows which rows it was asked for."""

    def __init__(self, owner: User) -> None:
        super().__init__(owner)
        self.asked: list[type[Model]] = []

    def of(self, model: type[Model], **narrowed: Any) -> QuerySet[Any]:
        self.asked.append(model)
        return super().of(model, **narrowed)


def pieces(written: Format, snapshot: Snapshot) -> Iterator[bytes]:
    """The bytes of all files of a format, but for those that are stored as they are."""
    for _, content in written.write(snapshot):
        if not isinstance(content, StoredFile):
            yield from content


def seconds(lines: Iterator[bytes], path: Path) -> tuple[float, float]:
    """How long it takes until these are on the disk: of the processor, and on the wall."""
    worked, began = time.process_time(), time.perf_counter()
    with path.open("wb") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    return time.process_time() - worked, time.perf_counter() - began


def loop(owner: User, models: list[type[Record]], path: Path) -> Iterator[bytes]:
    """Lines that are already written, as many for each record as for every other, which are read by the ORM."""
    records = sum(model._default_manager.filter(owner=owner).count() for model in models)
    with path.open("rb") as file:
        count = sum(1 for _ in file)
        file.seek(0)
        for model in models:
            for _ in model._default_manager.filter(owner=owner).iterator():
                yield from islice(file, -(-count // records))
        yield from file


def main() -> None:
    name, folder, named, rounds = sys.argv[1:]
    owner = User.objects.get(username=name)
    written = next(one for one in vertical(folder).formats if one.name == named)
    path = Path(settings.WHARF_DATA_DIR) / "written"
    begun = sum(1 for _ in islice(pieces(written, Snapshot(owner)), WARM))
    growth, watched = OwnGrowth(), WatchedSnapshot(owner)
    seconds(pieces(written, watched), path)  # all of it, since some kinds of records are asked for when others end
    grown = growth.bytes
    models = [model for model in innermost(folder) if model in watched.asked]
    if not models or not begun:
        return  # it writes no records
    for _ in range(int(rounds)):
        print(
            *seconds(pieces(written, Snapshot(owner)), path),
            *seconds(loop(owner, models, path), path.with_suffix(".loop")),
        )
    print(grown)


if __name__ == "__main__":
    main()
