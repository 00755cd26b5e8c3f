"""`manage.py audit`: lists events of the audit trail."""

import json
from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import subjects
from audit.kinds import AuditKind
from audit.listing import Listed, events_of, listed

EXAMPLE = """
Examples:
  manage.py audit --person ada --since 2024-11-26T20:00
  manage.py audit --actor person:3 --kind account-blocked --kind account-unblocked --json

Kinds:
"""
KINDS = "\n".join(f"  {kind.value:20} {kind.label}" for kind in AuditKind)


class Command(BaseCommand):
    """The newest ones, oldest first."""

    help = "List events of the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLE + KINDS
        parser.add_argument("--person", help="whom they are about: a name, or person:KEY of an account that is gone")
        parser.add_argument("--subject", help="what they are about: exporter:KEY, strangers:DAY, server")
        parser.add_argument(
            "--actor", help="who did it: a person's name, person:KEY, exporter:KEY, command, server, stranger"
        )
        parser.add_argument("--kind", action="append", choices=AuditKind.values, metavar="KIND", help="may be repeated")
        parser.add_argument("--since", type=_moment, help="such as 2024-11-26 or 2024-11-26T20:00+01:00; else UTC")
        parser.add_argument("--until", type=_moment)
        parser.add_argument("--most", type=int, default=100, help="how many at most (default: 100)")
        parser.add_argument("--json", action="store_true", help="print one JSON object a line and nothing else")

    def handle(self, *, person: str | None, subject: str | None, actor: str | None, **options: Any) -> None:
        """Raises CommandError for a person who isn't here."""
        found = events_of(
            subject=_name_of(person) if person else subject,
            actor=_actor(actor) if actor else None,
            kinds=options["kind"],
            since=options["since"],
            until=options["until"],
            most=options["most"],
        )
        for one in listed(found):
            self.stdout.write(json.dumps(one.as_json()) if options["json"] else _line(one))


def _line(one: Listed) -> str:
    known = {name: value for name, value in (one.what | one.who).items() if name not in ("agent", "request")}
    said = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in known.items())
    return f"{one.at:%Y-%m-%d %H:%M:%S} UTC  {one.subject}  {one.kind}  by {one.actor}  {said}".rstrip()


def _actor(named: str) -> str:
    known = (subjects.SERVER, subjects.COMMAND, subjects.STRANGER)
    return named if named in known or ":" in named else _name_of(named)


def _name_of(person: str) -> str:
    if subjects.key_of(person, "person") is not None:
        return person
    people = get_user_model()._default_manager
    found = people.filter(**{f"{'email' if '@' in person else 'username'}__iexact": person}).first()
    if found is None:
        raise CommandError(f"There is no account {person!r}. Of one that is gone, give person:KEY.")
    return subjects.person(found.pk)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as no_moment:
        raise ArgumentTypeError(f"{text!r} is no date or time such as 2024-11-26T20:00") from no_moment
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
