"""`manage.py suspend_exporter NAME --note TEXT`: nothing of what it sends is taken, for everybody."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import exporters
from accounts.management.exporter_command import ExporterCommand, described
from accounts.models import Application


class Command(ExporterCommand):
    """Suspends an exporter, or takes what it sends again; its connections stay."""

    help = (
        "Suspend an exporter for everybody: its items are answered 413 destination_full with your sentence; "
        "connections stay. Example: manage.py suspend_exporter 'Cloud One' --note 'It sends everything twice.'"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--note", default="", metavar="TEXT", help="what its people are told, in a sentence")
        parser.add_argument("--resume", action="store_true", help="take what it sends again")

    def handle(self, *, exporter: str, note: str, resume: bool, **options: Any) -> None:
        """Raises CommandError for a note that is too long."""
        found = self.find(exporter)
        longest = Application._meta.get_field("suspended_note").max_length
        if len(note) > longest:
            raise CommandError(f"A note has at most {longest} characters: it goes into each answer.")
        changed = exporters.resume(found) if resume else exporters.suspend(found, note)
        found.refresh_from_db()
        if options["json"]:
            self.stdout.write(json.dumps(described(found) | {"changed": changed}))
            return
        state = "What it sends is taken." if resume else "Nothing of what it sends is taken."
        self.stdout.write(f"{found.name}: {state}" + ("" if changed else " That was so before."))
