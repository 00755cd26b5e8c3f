"""How commands print lists: as a table for people, as JSON lines for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import User

LONGEST_CELL = 48  # characters


def find_person(named: str) -> User:
    """Returns the account of this name or address, in any case. Raises CommandError where there is none."""
    people = User.objects.alias(name=Lower("username"), address=Lower("email"))
    found = people.filter(Q(name=named.lower()) | Q(address=named.lower())).first()
    if found is None:
        raise CommandError(f"There is no account {named!r}.")
    return found


def print_rows(out: OutputWrapper, rows: Iterable[Mapping[str, Any]], *, as_json: bool, none: str) -> None:
    """Prints each row: its values by their names. `none`: what is said where there are none."""
    if as_json:
        for row in rows:
            out.write(json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False))
        return
    listed = [{name: _shown(value) for name, value in row.items()} for row in rows]
    if not listed:
        out.write(none)
        return
    heads = list(listed[0])
    widths = [max(len(head.replace("_", " ")), *(len(row[head]) for row in listed)) for head in heads]
    for cells in ([head.replace("_", " ") for head in heads], *([row[head] for head in heads] for row in listed)):
        out.write(_line(cells, widths))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
