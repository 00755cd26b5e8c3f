"""An installation that began with an earlier version. As a program: makes its database from an empty one, upgrades it,
and prints what it is then.

Squashed migrations stand for the old ones where a database has none of them yet; here some of the old ones have run.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils import translation

# Somewhere on the way, with data steps still ahead.
THEN = [("importers", "0004_tasks"), ("moves", "0002_imports_and_moves")]


def begin() -> None:
    """Fills the empty database as an earlier version would have, with a post and an import that missed something."""
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    models = executor.migrate(THEN).apps
    made: dict[str, Any] = {"owner": models.get_model("accounts", "User").objects.create(username="ada")}
    models.get_model("moves", "ArchiveImport").objects.create(**made, state="done", proof={"missing": 3})
    made["source"] = models.get_model("importers", "Source").objects.create(**made, client_id="1", client_name="Cloud")
    made["transfer"] = models.get_model("importers", "Transfer").objects.create(**made)
    models.get_model("importers", "SocialActivity").objects.create(**made, identity="1", payload="{}")


def refuse() -> None:
    """A version later, an item was refused, and a document kept whole, of which later versions note more."""
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    models = executor.migrate([("importers", "0009_prepared_keys")]).apps
    transfer = models.get_model("importers", "Transfer").objects.get()
    models.get_model("importers", "Rejection").objects.create(transfer=transfer, status=413, code="destination_full")
    models.get_model("moves", "Document").objects.create(owner_id=transfer.owner_id, doctype="io.other", doc_id="1")


def throw_away() -> None:
    """A version later, things were thrown away, of which was only said in English what they are."""
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    models = executor.migrate([("importers", "0033_what_jobs_of_bins_are_about")]).apps
    transfer = models.get_model("importers", "Transfer").objects.get()
    transfer.first_item_at = datetime(2026, 10, 3, 12, tzinfo=UTC)
    transfer.save()
    came, at = {"kind": "photo", "transfer": transfer.pk}, {"kind": "file", "path": "/A and B"}
    made: Any = models.get_model("importers", "BinJob").objects
    for title, parts in (
        ("all task lists", [{"kind": "tasklist", "all": True}]),
        ("everything in the bin", [{"kind": "photo", "all": True}, {"kind": "album", "all": True}]),
        ("the photos that came from Drive on 3 October 2026", [came]),
        ("everything that came from Drive on 3 October 2026", [came]),
        ("everything that came from Drive", [came]),
        ("everything that Cloud brought", [came]),
        ("the photos in Trip", [{"kind": "photo", "in": ["album", 1]}]),
        ("the folder /A and B", [at]),
        ("the folder /A and B and 2 files", [at, {"kind": "file", "ids": ["1", "2"]}]),
        ("2 folders and Poem", [at, {"kind": "file", "path": "/C"}, {"kind": "file", "ids": ["1"]}]),
        ("12 photos", [{"kind": "photo", "ids": [str(number) for number in range(12)]}]),
        ("all photos", [{"kind": "photo", "ids": ["1"]}]),
        ("2 photos", [{"kind": "photo", "ids": ["1"]}]),
    ):
        number = made.count()
        moment = transfer.first_item_at + timedelta(seconds=number)
        made.create(owner_id=transfer.owner_id, action="throw", title=title, chosen=parts, at=moment)


def main() -> None:
    """Prints JSON: `schema` (see `schema_of`), `called_for` (kinds to be read again), `imports` (state and missing),
    `thrown` (what jobs of the bin are about, in French)."""
    django.setup()
    begin()
    refuse()
    throw_away()
    call_command("migrate", verbosity=0)
    call_command("migrate", check_unapplied=True, verbosity=0)

    from importers.bin_titles import title_of
    from importers.models import BinJob, Rereading
    from moves.models.archive_import import ArchiveImport
    from tests.support.schema import schema_of

    with translation.override("fr"):
        thrown = [title_of(job) for job in BinJob.objects.order_by("pk")]
    found = {
        "thrown": thrown,
        "schema": schema_of(connection),
        "called_for": list(Rereading.objects.order_by("kind").values_list("kind", flat=True)),
        "imports": list(ArchiveImport.objects.values_list("state", "missing")),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
