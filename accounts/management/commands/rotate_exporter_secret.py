"""`manage.py rotate_exporter_secret NAME`: another secret, printed once."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from accounts import exporters
from accounts.management.exporter_command import ExporterCommand, described


class Command(ExporterCommand):
    """Gives an exporter a new secret; the one before is good for some days more, or until it is ended."""

    help = (
        "Give an exporter a new secret, which is printed once; the one before is good for some days more "
        "(WHARF_OLD_SECRET_DAYS). Example: manage.py rotate_exporter_secret 'Cloud One'"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--end-earlier", action="store_true", help="only end the secret before the newest one")

    def handle(self, *, exporter: str, end_earlier: bool, **options: Any) -> None:
        """Raises CommandError for a client that keeps no secret."""
        found = self.find(exporter)
        if found.is_public:
            raise CommandError(f"{found.name} is a public client, which has no secret.")
        secret = "" if end_earlier else exporters.rotate_secret(found)
        if end_earlier:
            exporters.end_earlier_secret(found)
        found.refresh_from_db()
        if options["json"]:
            self.stdout.write(json.dumps(described(found) | ({"client_secret": secret} if secret else {})))
        elif end_earlier:
            self.stdout.write(f"{found.name}: only its newest secret is good.")
        else:
            self.stdout.write(f"The new secret of {found.name}, which is shown once:\n{secret}")
            self.stdout.write(f"The one before is good for {settings.WHARF_OLD_SECRET_DAYS} days more.")
