"""`python -m bench.bring_files NAME ARCHIVE...`: the import of archives with many small files into an account.

Prints as JSON how many files came, the seconds, and how many files a second came among the first thousand, and among
each twentieth of those after them.
"""

import json
import os
import sys
import time
from typing import Any

import django

django.setup()

from accounts.models import User  # noqa: E402
from bench.files import FIRST, PIECES  # noqa: E402
from importers.verticals.blobs.models import File  # noqa: E402
from moves.imports import requests  # noqa: E402
from moves.imports.running import job  # noqa: E402
from moves.models import ArchiveImport  # noqa: E402


class Rates:
    """When how many files were there."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._seen = [(0.0, 0)]

    def look(self, found: ArchiveImport, counts: Any) -> None:
        """Notes how far it is."""
        self._seen.append((time.perf_counter() - self._began, counts.files_count))

    def among(self, first: int, last: int) -> float:
        """Files a second from the first to the last of them."""
        return (last - first) / (self._when(last) - self._when(first))

    def _when(self, number: int) -> float:
        """Seconds until so many were there, between the two looks around it."""
        for (before, fewer), (after, more) in zip(self._seen, self._seen[1:], strict=False):
            if fewer <= number <= more and more > fewer:
                return before + (after - before) * (number - fewer) / (more - fewer)
        return self._seen[-1][0]


def main() -> None:
    owner = User.objects.get(username=sys.argv[1])
    brought = requests.begin(owner, paths=sys.argv[2:], origin="command")
    rates = Rates()
    began = time.perf_counter()
    job.run(brought.pk, rates.look, at_once=True)
    seconds = time.perf_counter() - began
    brought.refresh_from_db()
    if brought.state != ArchiveImport.State.DONE or brought.reported:
        raise SystemExit(f"{brought.state}: {brought.error} {list(brought.report.all()[:5])}")
    there = File.objects.filter(owner=owner).count()
    each = (there - FIRST) // PIECES
    later = [rates.among(start, start + each) for start in range(FIRST, there - each, each)]
    print(json.dumps({"files": there, "seconds": seconds, "first": rates.among(0, FIRST), "later": later}))


if __name__ == "__main__":
    main()
    os._exit(0)  # nothing of it is needed any more
