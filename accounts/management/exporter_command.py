"""What the commands on one exporter share."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.exporters import connected_people
from accounts.models import Application


class ExporterCommand(BaseCommand):
    """Takes the name or the client id of an exporter."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("exporter", metavar="NAME", help="its name as people read it, or its client id")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def find(self, named: str) -> Application:
        """Returns the exporter. Raises CommandError where there is none, or where several have the name."""
        found = list(Application.objects.filter(client_id=named)) or list(Application.objects.filter(name=named)[:2])
        if not found:
            raise CommandError(f"There is no exporter {named!r}. `manage.py exporters` lists them.")
        if len(found) > 1:
            raise CommandError(f"Several are named {named!r}: give the client id, as `manage.py exporters` lists it.")
        return found[0]


def described(exporter: Application) -> dict[str, Any]:
    """Returns what is known of an exporter, without any secret."""
    suspended, until = exporter.suspended_at, exporter.earlier_secret_until
    return {
        "name": exporter.name,
        "client_id": exporter.client_id,
        "people": connected_people(exporter),
        "suspended_at": suspended.isoformat() if suspended else None,
        "suspended_note": exporter.suspended_note,
        "earlier_secret_until": until.isoformat() if until else None,
        "registered_itself": exporter.registered_itself,
        "created": exporter.created.isoformat(),
    }


def in_people(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"
