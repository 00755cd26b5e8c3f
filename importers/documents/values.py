"""Ids, times and texts of a document that came, read strictly: what no column can hold is `Unreadable`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from accounts import strict_json
from importers.digests import digest_id
from importers.items.wire import Moment
from importers.text import keepable

UNKNOWN_TIME = datetime(1970, 1, 2, tzinfo=UTC)  # when a document was changed that does not say it
LONGEST_ID = 64  # characters of a record's id
LONGEST_NAME = 255  # characters of what a column of a limited length takes

lenient_moment: Callable[[Any], datetime | None] = TypeAdapter(Moment).validate_python


class Unreadable(Exception):
    """A document, or what it says of itself, that can't be read. Its text is a sentence for the person."""


def text(value: Any, name: str, most: int | None = None) -> str:
    """A text that a column can hold, as it came. `most`: characters. Raises `Unreadable`, as all of these do."""
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a text.")
    if most is not None and len(value) > most:
        raise Unreadable(f"{name} has more than {most} characters.")
    if "\x00" in value or (not value.isascii() and keepable(value) != value):
        raise Unreadable(f"{name} has a character that no database can hold.")
    return value


def identifier(value: Any, name: str = "The id") -> str:
    """The id of a record's document."""
    found = text(value, name, LONGEST_ID)
    if found in ("", ".", "..") or "/" in found or "\\" in found or not found.isprintable():
        raise Unreadable(f"{name} is empty, or no name that an archive may have.")
    return found


def record_id(value: Any, name: str = "The id") -> str:
    """The id of the record that a document of another server becomes: its own, or where that is none that a record may
    have, one that stands for it."""
    found = text(value, name, LONGEST_ID)
    if not found or "\\" in found or not found.isprintable():
        raise Unreadable(f"{name} is empty, or no name that an archive may have.")
    return digest_id("id", found) if "/" in found or found in (".", "..") else found


def moment(value: Any, name: str) -> datetime:
    """A moment as exports write it."""
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo is not UTC else found
    except (TypeError, ValueError, OverflowError) as error:
        raise Unreadable(f"{name} is not a time.") from error


def parsed(text: str) -> Any:
    """JSON, whatever numbers stand in it. Raises `Unreadable`, and `TooManyValues`."""
    try:
        return strict_json.loads(text)
    except strict_json.TooManyValues:
        raise
    except RecursionError as error:
        raise Unreadable("It is nested too deep to be read.") from error
    except ValueError as error:
        raise Unreadable("It is not JSON.") from error
