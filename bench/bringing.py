"""`python -m bench.bringing NAME LINK SMALL_LINK [--inserts]`: the import of an export into an account.

The export at the small link is brought into another account first, so that the process is warm.

Prints its seconds, the seconds of plain bulk inserts of the posts that it brought (0 without `--inserts`), and the
bytes by which the import made this process grow.
"""

import os
import sys
import time

os.environ["WHARF_TRUSTED_NETWORKS"] = "127.0.0.0/8"

import django

django.setup()

from django.db import transaction  # noqa: E402

from accounts.models import User  # noqa: E402
from bench.memory import OwnGrowth  # noqa: E402
from importers.verticals.social_posts.models import SocialActivity  # noqa: E402
from moves.imports import requests  # noqa: E402
from moves.imports.running import job  # noqa: E402
from moves.models import ArchiveImport  # noqa: E402

TOGETHER = 500  # rows of a transaction, as an import has them


def bring(owner: User, link: str) -> float:
    """Seconds from the first to the last step of a job."""
    brought = requests.begin(owner, link=link, origin="command")
    began = time.perf_counter()
    job.run(brought.pk)
    took = time.perf_counter() - began
    brought = ArchiveImport.objects.get(pk=brought.pk)
    if brought.state != ArchiveImport.State.DONE or brought.reported:
        raise SystemExit(f"{brought.state}: {brought.error} {list(brought.report.all()[:5])}")
    return took


def insert(owner: User) -> float:
    """Seconds for inserting the same rows once more, for another person."""
    other = User.objects.create(username="other", email="other@example.org")
    rows = list(SocialActivity.objects.filter(owner=owner))
    for row in rows:
        row.pk, row.owner, row.identity = None, other, f"other-{row.identity[6:]}"
    began = time.perf_counter()
    for first in range(0, len(rows), TOGETHER):
        with transaction.atomic():
            SocialActivity.objects.bulk_create(rows[first : first + TOGETHER])
    return time.perf_counter() - began


def main() -> None:
    owner = User.objects.get(username=sys.argv[1])
    bring(User.objects.create(username="warm", email="warm@example.org"), sys.argv[3])
    growth = OwnGrowth()
    took = bring(owner, sys.argv[2])
    grown = growth.bytes
    print(took, insert(owner) if "--inserts" in sys.argv else 0, grown)


if __name__ == "__main__":
    main()
