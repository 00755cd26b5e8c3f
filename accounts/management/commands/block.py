"""`manage.py block NAME --note TEXT`: nothing comes in for a person."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import blocking
from accounts.management.printed import find_person


class Command(BaseCommand):
    help = (
        "Stop what comes in for a person: exporters are told 413 destination_full with your note. They can still log "
        "in, look at everything and take it out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py block ada --note 'Please write to us.'"
        parser.add_argument("name", metavar="NAME", help="a name or an address")
        parser.add_argument("--note", default="", metavar="TEXT", help="what the person is told, in a sentence")
        parser.add_argument("--end", action="store_true", help="let it in again")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *, name: str, note: str, end: bool, **options: Any) -> None:
        person = find_person(name)
        changed = blocking.unblock(person) if end else blocking.block(person, note)
        person.refresh_from_db()
        if options["json"]:
            said = {"name": person.username, "blocked": person.blocked, "changed": changed}
            self.stdout.write(json.dumps(said))
            return
        state = f"is blocked {person.get_blocked_display()}" if person.blocked else "is not blocked"
        self.stdout.write(f"{person.username} {state}." + ("" if changed else " Nothing was changed."))
