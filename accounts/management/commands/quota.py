"""`manage.py quota NAME [SIZE]`: how much a person may keep."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.printed import find_person
from accounts.sizes import human_size, parse_size

NONE = "none"


class Command(BaseCommand):
    help = "Say how much a person keeps and may keep, or change that."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py quota ada 20GB"
        parser.add_argument("name", metavar="NAME", help="a name or an address")
        parser.add_argument("size", nargs="?", metavar="SIZE", help=f"such as 5GB or 2GiB, or {NONE} for no limit")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *, name: str, size: str | None, **options: Any) -> None:
        """Raises CommandError for what is no size."""
        person = find_person(name)
        if size is not None:
            try:
                person.quota_bytes = None if size == NONE else parse_size(size)
            except ValueError as not_a_size:
                raise CommandError(str(not_a_size)) from not_a_size
            person.save(update_fields=["quota_bytes"])
        if options["json"]:
            said = {"name": person.username, "used_bytes": person.used_bytes, "quota_bytes": person.quota_bytes}
            self.stdout.write(json.dumps(said))
            return
        limit = "without a limit" if person.quota_bytes is None else f"of {human_size(person.quota_bytes)}"
        self.stdout.write(f"{person.username} keeps {human_size(person.used_bytes)} {limit}.")
