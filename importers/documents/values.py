"""Ids, times and texts of a document that came, read strictly: what no column can hold is `Unreadable`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from accounts import strict_json
from accounts.texts import kept_text
from importers.digests import digest_id
from importers.items.wire import Moment
from importers.text import keepable

UNKNOWN_TIME = datetime(1970, 1, 2, tzinfo=UTC)  # when a document was changed that does not say it
LONGEST_ID = 64  # characters of a record's id
LONGEST_NAME = 255  # characters of what a column of a limited length takes

# What people are told of what can't be read. `name`: of what, mostly as the document calls it.
_OF = ("name",)
NO_TEXT = kept_text("%(name)s is not a text.", sentences=_OF)
TOO_LONG = kept_text("%(name)s has more than %(most)s characters.", sentences=_OF)
ODD_CHARACTER = kept_text("%(name)s has a character that no database can hold.", sentences=_OF)
NO_ID = kept_text("%(name)s is empty, or no name that an archive may have.", sentences=_OF)
EMPTY = kept_text("%(name)s is empty.", sentences=_OF)
NO_TIME = kept_text("%(name)s is not a time.", sentences=_OF)
TOO_DEEP = kept_text("It is nested too deep to be read.")
NO_JSON = kept_text("It is not JSON.")
THE_ID = kept_text("The id")

lenient_moment: Callable[[Any], datetime | None] = TypeAdapter(Moment).validate_python


class Unreadable(Exception):
    """A document, or what it says of itself, that can't be read. Its text is a sentence for the person."""


def text(value: Any, name: str, most: int | None = None) -> str:
    """A text that a column can hold, as it came. `most`: characters. Raises `Unreadable`, as all of these do."""
    if not isinstance(value, str):
        raise Unreadable(NO_TEXT % {"name": name})
    if most is not None and len(value) > most:
        raise Unreadable(TOO_LONG % {"name": name, "most": most})
    if "\x00" in value or (not value.isascii() and keepable(value) != value):
        raise Unreadable(ODD_CHARACTER % {"name": name})
    return value


def identifier(value: Any, name: str = THE_ID) -> str:
    """The id of a record's document."""
    found = text(value, name, LONGEST_ID)
    if found in ("", ".", "..") or "/" in found or "\\" in found or not found.isprintable():
        raise Unreadable(NO_ID % {"name": name})
    return found


def record_id(value: Any, name: str = THE_ID) -> str:
    """The id of the record that a document of another server becomes: its own, or where that is none that a record may
    have, one that stands for it."""
    found = text(value, name, LONGEST_NAME)
    if not found:
        raise Unreadable(EMPTY % {"name": name})
    return stands_for(found)


def stands_for(doc_id: str) -> str:
    """Returns the id that a record has which another server's document of this id becomes: the same, or another one
    that is always the same, where a record can't have it."""
    odd = len(doc_id) > LONGEST_ID or doc_id in (".", "..") or not doc_id.isprintable()
    return digest_id("id", doc_id) if odd or "/" in doc_id or "\\" in doc_id else doc_id


def moment(value: Any, name: str) -> datetime:
    """A moment as exports write it."""
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo is not UTC else found
    except (TypeError, ValueError, OverflowError) as error:
        raise Unreadable(NO_TIME % {"name": name}) from error


def parsed(text: str) -> Any:
    """JSON, whatever numbers stand in it. Raises `Unreadable`, and `TooManyValues`."""
    try:
        return strict_json.loads(text)
    except strict_json.TooManyValues:
        raise
    except RecursionError as error:
        raise Unreadable(TOO_DEEP) from error
    except ValueError as error:
        raise Unreadable(NO_JSON) from error
