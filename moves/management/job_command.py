"""What the commands that list jobs of people share."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandParser

from accounts.management.printed import find_person, print_rows
from moves.admin.states import JobState


class JobCommand(BaseCommand):
    """Lists rows of `model`, of which `states` knows what they do; subclasses say what they print of each."""

    model: ClassVar[Any]
    states: ClassVar[Any]
    none: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        name = type(self).__module__.rpartition(".")[2]
        parser.epilog = f"Example: manage.py {name} --now overdue --json"
        parser.add_argument("name", nargs="?", metavar="NAME", help="only those of this person")
        parser.add_argument("--now", choices=JobState.values, help="only those that do this")
        parser.add_argument("--last", type=int, default=50, metavar="N", help="how many at most (default 50)")
        parser.add_argument("--json", action="store_true", help="print one JSON object a line and nothing else")

    def handle(self, *, name: str | None, now: str | None, last: int, **options: Any) -> None:
        """Raises CommandError for a person who isn't here."""
        rows = self.model.objects.select_related("owner").order_by("-pk")
        if name:
            rows = rows.filter(owner=find_person(name))
        if now:
            rows = self.states.having(rows, JobState(now))
        found = (
            {"id": row.doc_id, "person": row.owner.username, "state": row.state, **self.described(row)}
            for row in rows[:last]
        )
        print_rows(self.stdout, found, as_json=options["json"], none=self.none)

    def described(self, row: Any) -> Mapping[str, Any]:
        """Returns what there is to say of a row, by name."""
        raise NotImplementedError
