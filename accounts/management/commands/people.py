"""`manage.py people [PART]`: the accounts, how much each holds, and what stands against it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Q

from accounts.management.printed import print_rows
from accounts.models import User
from accounts.room import near_the_quota


class Command(BaseCommand):
    help = "List accounts, the newest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py people --nearly-full --json"
        parser.add_argument("part", nargs="?", default="", metavar="PART", help="a part of a name or an address")
        parser.add_argument("--nearly-full", action="store_true", help="those who have used 80 %% of their quota")
        parser.add_argument("--blocked", action="store_true", help="those for whom nothing comes in")
        parser.add_argument("--last", type=int, default=100, metavar="N", help="how many at most (default 100)")
        parser.add_argument("--json", action="store_true", help="print one JSON object a line and nothing else")

    def handle(self, *, part: str, nearly_full: bool, blocked: bool, last: int, **options: Any) -> None:
        people = User.objects.order_by("-pk")
        if part:
            people = people.filter(Q(username__icontains=part) | Q(email__icontains=part))
        if nearly_full:
            people = near_the_quota(people)
        if blocked:
            people = people.exclude(blocked="")
        rows = (
            {
                "name": person.username,
                "email": person.email,
                "used_bytes": person.used_bytes,
                "quota_bytes": person.quota_bytes,
                "blocked": person.blocked,
                "deletion_at": person.deletion_at,
                "joined": person.date_joined,
                "last_log_in": person.last_login,
            }
            for person in people[:last]
        )
        print_rows(self.stdout, rows, as_json=options["json"], none="There is no such account.")
