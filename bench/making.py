"""`python -m bench.making NAME [--once]`: an export of an account, and a plain loop that reads the same rows.

Prints the seconds of both and the bytes by which the export made this process grow, which had made a small one before;
with `--once`, only makes an export and prints its seconds and the path of its first part.
"""

import json
import os
import sys
import time
from pathlib import Path

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402

from accounts.models import User  # noqa: E402
from bench.memory import OwnGrowth  # noqa: E402
from importers.models import Record  # noqa: E402
from moves.exports import job, links  # noqa: E402
from moves.exports import requests as export_requests  # noqa: E402
from moves.exports.requests import LARGEST_PART, Wish  # noqa: E402
from moves.models import Export  # noqa: E402


def export(owner: User) -> float:
    """Seconds from the first to the last step of a job."""
    made = export_requests.create(owner, Wish(parts_size=LARGEST_PART), "command")
    began = time.perf_counter()
    assert job.run(made.pk)
    took = time.perf_counter() - began
    assert Export.objects.get(pk=made.pk).state == Export.State.DONE
    return took


def loop(owner: User) -> float:
    """Seconds for reading every record by the ORM and writing it as JSON, to the disk as an export is."""
    began = time.perf_counter()
    with (Path(settings.WHARF_DATA_DIR) / "loop.json").open("w") as file:
        for model in apps.get_app_config("importers").get_models():
            if issubclass(model, Record):
                for record in model._default_manager.filter(owner=owner).iterator():
                    columns = {name: value for name, value in vars(record).items() if name != "_state"}
                    file.write(json.dumps(columns, default=str) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - began


def main() -> None:
    owner = User.objects.get(username=sys.argv[1])
    if "--once" in sys.argv:
        took = export(owner)
        print(took, links.data_path(Export.objects.latest("pk"), ""))
        return
    warm, _ = User.objects.get_or_create(username="warm", defaults={"email": "warm@example.org"})
    export(warm)
    growth = OwnGrowth()
    took = export(owner)
    grown = growth.bytes
    print(took, loop(owner), grown)


if __name__ == "__main__":
    main()
