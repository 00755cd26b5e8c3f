"""`manage.py exporters`: who may ask people to bring their data here."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.management.exporter_command import described
from accounts.models import Application


class Command(BaseCommand):
    """Lists exporters, newest first; programs that registered themselves only when asked for."""

    help = (
        "List exporters: how many people each is connected to, and whether it is suspended. "
        "Example: manage.py exporters --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="also programs that registered themselves, for moves")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, **options: Any) -> None:
        rows = Application.objects.order_by("-pk")
        found = [described(one) for one in rows.iterator() if options["all"] or not one.registered_itself]
        if options["json"]:
            self.stdout.write(json.dumps({"exporters": found}))
            return
        if not found:
            self.stdout.write("There is no exporter yet. `manage.py create_exporter` registers one.")
        for one in found:
            suspended = f", suspended since {one['suspended_at'][:16]}" if one["suspended_at"] else ""
            self.stdout.write(f"{one['name']} ({one['client_id']}): {one['people']:,} connected{suspended}")
