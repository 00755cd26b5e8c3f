"""`manage.py delete_account NAME [--now]`: has an account deleted, as its person would; or now, while one looks on."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models.functions import Lower
from tqdm import tqdm

from accounts.deletion import asking, job
from accounts.models import AccountDeletion, User


class Command(BaseCommand):
    help = (
        "Delete an account with everything in it, after WHARF_DELETION_DAYS: its person gets a mail, and an operator "
        "can keep it until then (--keep). With --now it is deleted by this command, at once; stopped, it goes on by "
        "itself, or when it is called again. Content that nobody else holds is removed by `purge`, a day later."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py delete_account ada --now"
        parser.add_argument("name", metavar="NAME")
        when = parser.add_mutually_exclusive_group()
        when.add_argument("--now", action="store_true", help="delete it at once; nothing brings it back")
        when.add_argument("--keep", action="store_true", help="take back what its person or an operator asked for")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *, name: str, now: bool, keep: bool, **options: Any) -> None:
        """Raises CommandError when there is no such account, or when it can't be kept."""
        user = User.objects.alias(lowered=Lower("username")).filter(lowered=name.lower()).first()
        if user is None:
            raise CommandError(f"There is no account named {name!r}.")
        said: dict[str, Any] = {"account": user.pk}
        if keep:
            if not asking.keep(user, User.DeletionBy.OPERATOR):
                raise CommandError(f"{user.username} can't be kept: nobody asked for a deletion, or it has begun.")
            said["kept"] = True
            sentence = f"{user.username} is kept."
        elif now:
            said |= {"deleted": True, "rows": self._delete(user, is_quiet=options["json"])}
            sentence = f"Deleted {user.username}: {said['rows']:,} rows."
        else:
            due = asking.ask(user, User.DeletionBy.OPERATOR)
            said |= {"deleted": False, "deletion_at": due.isoformat()}
            sentence = f"{user.username} is going to be deleted on {due:%Y-%m-%d at %H:%M} UTC. To keep it: --keep"
        self.stdout.write(json.dumps(said) if options["json"] else sentence)

    def _delete(self, user: User, *, is_quiet: bool) -> int:
        asking.ask(user, User.DeletionBy.OPERATOR, at_once=True)
        job.begin(user.pk)  # or a worker was quicker
        deletion = AccountDeletion.objects.get(account=user.pk)
        with tqdm(total=job.expected(deletion), unit=" rows", disable=is_quiet or None) as bar:
            for deleted in job.pieces(deletion):
                bar.update(deleted)
        deletion.refresh_from_db()
        return deletion.rows
