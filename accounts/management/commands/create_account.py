"""`manage.py create_account NAME --email E`: an account, without the sign-up page."""

import json
import secrets
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from accounts import roles
from accounts.models import User
from accounts.roles import Role
from accounts.sizes import human_size, parse_size


class Command(BaseCommand):
    """Makes an account; the password is generated and printed once unless it is given."""

    help = "Make an account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: manage.py create_account ada --email ada@example.org --quota 50GB"
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--email", required=True)
        parser.add_argument("--password", help="generated and printed once when not given")
        parser.add_argument("--quota", help="such as 5GB or 2GiB; default: the server's WHARF_DEFAULT_QUOTA")
        parser.add_argument(
            "--role",
            choices=Role.values,
            help="an auditor looks, an operator acts, an administrator does everything and gives rights",
        )
        parser.add_argument("--staff", action="store_true", help="the same as --role administrator")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *, name: str, email: str, password: str | None, **options: Any) -> None:
        """Raises CommandError when the name or address is taken, or something given is not valid."""
        role = Role.ADMINISTRATOR if options["staff"] else Role(options["role"]) if options["role"] else None
        user = User(username=name, email=email)
        if options["quota"] is not None:
            try:
                user.quota_bytes = parse_size(options["quota"])
            except ValueError as not_a_size:
                raise CommandError(str(not_a_size)) from not_a_size
        secret = password or secrets.token_urlsafe(12)
        try:
            if password:
                validate_password(password, user)
            user.set_password(secret)
            user.full_clean()
            with transaction.atomic():
                user.save()
                if role is not None:
                    roles.give(user, role)
        except ValidationError as invalid:
            raise CommandError(" ".join(_sentences(invalid))) from invalid
        except IntegrityError as taken:
            raise CommandError(f"An account named {name!r} or with the address {email!r} already exists.") from taken
        self._print(user, None if password else secret, as_json=options["json"], role=role)

    def _print(self, user: User, generated: str | None, *, as_json: bool, role: Role | None) -> None:
        if as_json:
            made = {"id": user.pk, "username": user.username, "email": user.email}
            self.stdout.write(json.dumps(made | ({"password": generated} if generated else {})))
            return
        quota = "no quota" if user.quota_bytes is None else f"a quota of {human_size(user.quota_bytes)}"
        self.stdout.write(f"Made {f'the {role.value} ' if role else ''}{user.username} <{user.email}> with {quota}.")
        if generated:
            self.stdout.write(f"Password, shown only now: {generated}")


def _sentences(invalid: ValidationError) -> list[str]:
    """What is wrong, each with the field it is about."""
    if not hasattr(invalid, "error_dict"):
        return [f"password: {message}" for message in invalid.messages]
    return [
        message if field == "__all__" else f"{field}: {message}"
        for field, messages in invalid.message_dict.items()
        for message in messages
    ]
