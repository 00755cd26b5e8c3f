"""Documents on their way back: what an archive says is read here, strictly, and becomes records again.

Nothing in an archive is trusted. Whose a record is, what it counts in the quota and where bytes lie is never read from
it; every text is one that a column can hold, every moment one that a database can hold. What can't be read is `Broken`,
with a sentence.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from django.db.models import Field, Model
from django.db.models.fields import NOT_PROVIDED, BooleanField, DateTimeField
from pydantic import TypeAdapter

from importers.models import Content
from importers.text import keepable
from importers.wire import Moment

UNKNOWN_TIME = datetime(1970, 1, 2, tzinfo=UTC)  # when a document was changed that does not say it
LONGEST_ID = 64  # characters of a record's id
LONGEST_NAME = 255  # characters of what a column of a limited length takes
KEPT = 10_000  # things found that are remembered between batches
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # when a record was changed of which nothing has come yet

lenient_moment: Callable[[Any], datetime | None] = TypeAdapter(Moment).validate_python


class Outcome(StrEnum):
    """What became of a document."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    UPDATED = "updated"  # the archive's was newer; what was here is kept as an earlier version
    OLDER = "older"  # what is here is newer; the archive's is kept as an earlier version, or reported
    RENAMED = "renamed"  # another one stands where it stood
    REFUSED = "refused"
    IGNORED = "ignored"  # never imported


# What is said of a document that became several records: the first of these that happened.
WEIGHT = (Outcome.REFUSED, Outcome.RENAMED, Outcome.CREATED, Outcome.UPDATED, Outcome.OLDER, Outcome.UNCHANGED)


class Broken(Exception):
    """A document, or what it says of itself, that can't be read. Its text is a sentence for the person."""


@dataclass(eq=False)
class Coming:
    """A document on its way back: as it came, and what becomes of it.

    `content`: its bytes, if it has any. `wrote`: something has changed. `broken`: why it could not be read.
    `plain`: what only this product says of it is not to be believed.
    """

    doctype: str
    id: str
    text: str = field(repr=False)
    body: dict[str, Any] = field(repr=False)
    content: Content | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wrote: bool = False
    broken: str = ""
    plain: bool = False

    @property
    def facts(self) -> dict[str, Any] | None:
        """What only this product says of it; None where it says nothing."""
        if self.plain:
            return None
        metadata = self.body.get("metadata")
        wharf = metadata.get("wharf") if isinstance(metadata, dict) else None
        return wharf if isinstance(wharf, dict) else None

    @property
    def kind(self) -> str:
        kind = (self.facts or {}).get("kind")
        return kind if isinstance(kind, str) else ""

    @property
    def stored(self) -> Content:
        """Its bytes. Raises `Broken` where they have not come."""
        if self.content is None:
            raise Broken("Its content is missing in the archive.")
        return self.content

    @property
    def outcome(self) -> Outcome:
        return min(self.outcomes, key=WEIGHT.index, default=Outcome.UNCHANGED)

    @property
    def note(self) -> str:
        return " ".join(dict.fromkeys(self.notes))

    def became(self, outcome: Outcome, note: str = "", *, wrote: bool | None = None) -> None:
        """Notes what became of it, or of one of its records."""
        self.outcomes.append(outcome)
        if note:
            self.notes.append(note)
        self.wrote |= outcome in (Outcome.CREATED, Outcome.UPDATED, Outcome.RENAMED) if wrote is None else wrote


# Reading


def text(value: Any, name: str, most: int | None = None) -> str:
    """A text that a column can hold, as it came."""
    if not isinstance(value, str):
        raise Broken(f"{name} is not a text.")
    if most is not None and len(value) > most:
        raise Broken(f"{name} has more than {most} characters.")
    if "\x00" in value or (not value.isascii() and keepable(value) != value):
        raise Broken(f"{name} has a character that no database can hold.")
    return value


def identifier(value: Any, name: str = "The id") -> str:
    """The id of a record's document."""
    found = text(value, name, LONGEST_ID)
    if found in ("", ".", "..") or "/" in found or "\\" in found or not found.isprintable():
        raise Broken(f"{name} is empty, or no name that an archive may have.")
    return found


def moment(value: Any, name: str) -> datetime:
    """A moment as exports write it."""
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo is not UTC else found
    except (TypeError, ValueError, OverflowError) as error:
        raise Broken(f"{name} is not a time.") from error


def column(model: type[Model], name: str) -> Callable[[dict[str, Any]], Any]:
    """What reads a column of this name from what a document says."""
    field: Field = model._meta.get_field(name)  # type: ignore[assignment]
    most, nullable = getattr(field, "max_length", None), field.null

    def read(said: dict[str, Any]) -> Any:
        value = said.get(name, NOT_PROVIDED)
        if value is NOT_PROVIDED:
            if field.default is NOT_PROVIDED and not field.null and not field.blank:
                raise Broken(f"{name} is missing.")
            return field.get_default()
        if value is None and nullable:
            return None
        if isinstance(field, DateTimeField):
            return moment(value, name)
        if isinstance(field, BooleanField):
            if not isinstance(value, bool):
                raise Broken(f"{name} is neither true nor false.")
            return value
        return text(value, name, most)

    return read


@cache
def columns(model: type[Model], names: tuple[str, ...]) -> tuple[tuple[str, Callable[[dict[str, Any]], Any]], ...]:
    """Names of columns, each with what reads it."""
    return tuple((name, column(model, name)) for name in names)


def columns_of(model: type[Model], names: tuple[str, ...], said: dict[str, Any]) -> dict[str, Any]:
    """The values of columns, from what a document says; the other direction of `zip_json`. Raises `Broken`."""
    return {name: read(said) for name, read in columns(model, names)}


def parsed(raw: bytes) -> Any:
    """JSON, whatever numbers stand in it. Raises `Broken`."""
    try:
        try:
            return _decode(raw.decode())
        except ValueError:
            return _decode_any_number(raw.decode())
    except RecursionError as error:
        raise Broken("It is nested too deep to be read.") from error
    except ValueError as error:
        raise Broken("It is not JSON.") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 1000 else math.inf


_decode = json.JSONDecoder(parse_constant=_no_constant).decode
# Python refuses whole numbers of thousands of digits, which JSON allows.
_decode_any_number = json.JSONDecoder(parse_constant=_no_constant, parse_int=_whole).decode
