"""`manage.py revoke_exporter NAME --yes`: all its connections end, for good."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import exporters
from accounts.management.exporter_command import ExporterCommand, described, in_people


class Command(ExporterCommand):
    """Ends what an exporter may do for everybody; who wants to go on must connect it again."""

    help = (
        "End all connections of an exporter, for good: it is told session_invalidated, and people must connect it "
        "again. Example: manage.py revoke_exporter 'Cloud One' --yes"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--yes", action="store_true", help="do it; without this, it only says how many it hits")

    def handle(self, *, exporter: str, yes: bool, **options: Any) -> None:
        """Raises CommandError without `--yes`: it can't be undone."""
        found = self.find(exporter)
        number = exporters.connected_people(found)
        if not yes:
            raise CommandError(f"{in_people(number)} would have to connect {found.name} again. Say so with --yes.")
        number = exporters.revoke(found)
        if options["json"]:
            self.stdout.write(json.dumps(described(found) | {"revoked": number}))
            return
        self.stdout.write(f"{found.name}: {in_people(number)} must connect it again.")
