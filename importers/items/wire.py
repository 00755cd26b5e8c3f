"""Items as they stand on the wire: JSON, bare or in an envelope, of either generation.

Every optional field may be absent, null or nonsense: it is then empty in its column, and the payload still has it.
A known item without the field that identifies it is kept whole, like one of a type that nobody knows.
"""

import json
import math
import re
from codecs import BOM_UTF8
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self, TypeVar

from django.conf import settings
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from accounts import strict_json
from accounts.texts import kept_text
from importers import errors
from importers.items.field_schemas import (
    EARLIEST_SECONDS,
    FLAG,
    IDENTIFIER,
    LATEST_SECONDS,
    MOMENT,
    SMALLEST_UNIT,
    TEXT,
)
from importers.text import keepable

ENVELOPE = "GenericPayload"
TOO_DEEP = kept_text("The JSON is nested too deep to be read.")
NO_OBJECT = kept_text("An item is a JSON object.")
EMPTY_ENVELOPE = kept_text("the envelope must hold an item, which is a JSON object.")
NO_TYPE = kept_text("the item must name its type.")
NOT_UTF8 = kept_text("The JSON is not UTF-8: %(reason)s at byte %(byte)s.")
NOT_JSON = kept_text("The body is not JSON: %(error)s")
EXPORT_DATA = "ExportData"  # what the names of a worker's classes end in, when they are put into the envelope
SAID_TWICE = json.dumps(strict_json.SAID_TWICE)  # in a text that `spelled` has written
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")  # RFC 8259, section 6
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEAP_SECOND = re.compile(r"(\d[T ]\d\d:?[0-5]\d:?)60(?![\d:])", re.IGNORECASE)
# What RFC 9557, section 4.1, puts behind a time: its zone, where it says one, and tags such as `u-ca=gregory`.
SUFFIXED = re.compile(r"([^\[\]]+)(\[[^\[\]]*\])(?:\[[^\[\]]*\])*\s*")
UNITS = (1, 1_000, 1_000_000, SMALLEST_UNIT)  # in a second: seconds, milli-, micro- and nanoseconds


class Shape(BaseModel):
    """What an item looks like: fields that are looked for; all others are left to the payload."""

    model_config = ConfigDict(extra="ignore", frozen=True)


T = TypeVar("T", bound=Shape)


def parse(body: bytes, *, exact: bool = False, formerly: bool = False, any_object: bool = False) -> dict[str, Any]:
    """The item in a JSON body, out of its envelope if it came in one. Raises 400, saying what is wrong, and
    413 for more values than are read.

    `exact`: numbers stay the digits they came as, for comparing items. `formerly`: as before `READING` 1, when an
    envelope had one name. `any_object`: one without a `@type` is an item, too, and so is an envelope around something
    else.
    """
    item = _parse_json(body, exact)
    if not isinstance(item, dict):
        raise errors.malformed(NO_OBJECT)
    name = item.get("@type")
    if (
        isinstance(name, str)
        and (name if formerly else type_name(name)) == ENVELOPE
        and item.get("payload") is not None
    ):
        inner = item["payload"]
        if isinstance(inner, dict):
            twice = item.get(strict_json.SAID_TWICE)
            item = inner | {strict_json.SAID_TWICE: twice} if twice else inner
        elif not any_object:
            raise errors.invalid_item("payload", EMPTY_ENVELOPE)
    if not any_object and not item_name(item):
        raise errors.invalid_item("@type", NO_TYPE)
    return item


def item_name(item: dict[str, Any]) -> str:
    """Returns the name that the `@type` of an item means; empty where it has none."""
    name = item.get("@type")
    return type_name(name) if isinstance(name, str) else ""


def kept_item(payload: str, *, any_object: bool = False) -> dict[str, Any] | None:
    """Returns the item in a payload that is kept; None where that is empty, another server's document, or larger than
    an item is taken."""
    if len(payload) > settings.WHARF_MAX_JSON_BYTES:
        return None
    try:
        return parse(payload.encode(), any_object=any_object)
    except errors.Refusal:
        return None


def type_name(name: str) -> str:
    """Returns the name that a `@type` means: one that ends in `ExportData` means the name without it."""
    while name.endswith(EXPORT_DATA) and name != EXPORT_DATA:
        name = name.removesuffix(EXPORT_DATA)
    return name


def nested_type_name(name: str) -> str:
    """Returns the name that the `@type` of something in an item means, whatever the class around it is called:
    `CalendarEventModel$CalendarEventTime` is a `CalendarEventTime`."""
    return type_name(name.rpartition("$")[2])


def said(payload: str, *, with_nested_types: bool = False, any_object: bool = False) -> dict[str, Any]:
    """Returns what an item says, for comparing: out of the envelope, numbers as they were written, and without its
    `@type`s at any depth, since the same item has several names. Raises 400 for what is no item.

    `with_nested_types`: what is in it keeps its types, by the names that they mean.
    """
    item = parse(payload.encode(), exact=True, any_object=any_object)
    item.pop("@type", None)
    found: list[Any] = [*item.values()]  # no recursion: an item may be nested deeper than Python calls
    while found:
        value = found.pop()
        if isinstance(value, dict):
            kind = value.pop("@type", None)
            found.extend(value.values())
            if with_nested_types and kind:
                value["@type"] = nested_type_name(kind) if isinstance(kind, str) else kind
        elif isinstance(value, list):
            found.extend(value)
    return item


def canonical(payload: str) -> str:
    """Returns one spelling for all payloads that hold the same item: what they say, keys in order, no spaces. Raises
    400 for what is no item."""
    return spelled(said(payload))


def canonical_object(payload: str) -> str:
    """Returns the same of any JSON object, whose nested types may tell it from others. Raises 400 for what is none."""
    return spelled(said(payload, with_nested_types=True, any_object=True))


def formerly_canonical(payload: str) -> str:
    """Returns what `canonical` was before `READING` 1: with the `@type`s."""
    return formerly_spelled(spelled(parse(payload.encode(), exact=True, formerly=True)))


def formerly_spelled(text: str) -> str:
    """Returns what `spelled` wrote before `READING` 3 of what it writes now: of a name that an object says twice, only
    the last counted."""
    if SAID_TWICE not in text:
        return text
    try:
        found: list[Any] = [item := json.loads(text)]
        while found:
            value = found.pop()
            if isinstance(value, dict):
                value.pop(strict_json.SAID_TWICE, None)
            found.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        return strict_json.canonical(item)
    except RecursionError:  # it was not compared then
        return text


def spelled(item: dict[str, Any]) -> str:
    """Returns an item that `said` has read as a text that is the same for all that say the same."""
    try:
        return strict_json.canonical(item)
    except RecursionError as error:
        raise errors.malformed(TOO_DEEP) from error


def _parse_json(body: bytes, exact: bool) -> Any:
    try:
        text = body.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise errors.malformed(NOT_UTF8 % {"reason": error.reason, "byte": error.start}) from error
    try:
        return strict_json.loads_exactly(text) if exact else strict_json.loads(text, Digits)
    except RecursionError as error:
        raise errors.malformed(TOO_DEEP) from error
    except strict_json.TooManyValues as error:
        raise errors.too_many_values(error.most) from error
    except ValueError as error:
        raise errors.malformed(NOT_JSON % {"error": error}) from error


class Digits(float):
    """A number that remembers how it was written, so that two identifiers beyond a float's precision stay two."""

    __slots__ = ("digits",)

    digits: str

    def __new__(cls, digits: str) -> Self:
        number = super().__new__(cls, digits)
        number.digits = digits
        return number

    def __str__(self) -> str:
        return self.digits


def judge(shape: type[T], item: dict[str, Any]) -> T | None:
    """Returns the item as its shape, or None where that lacks what it could be told from others by."""
    try:
        return shape.model_validate(item)
    except ValidationError:
        return None


# Kinds of fields


class ReplacedText(str):
    """A text as columns can hold it, some characters of which are others than came. `came`: as it came."""

    came: str


def as_it_came(text: str) -> str:
    """Returns the text of a field as the item has it, which is what identifies something."""
    return text.came if isinstance(text, ReplacedText) else text


def _as_text(value: Any) -> str:
    match value:
        case str():
            kept = keepable(value)
            if kept != value:
                kept = ReplacedText(kept)
                kept.came = value
            return kept
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
    return ""


def _as_identifier(value: Any) -> str:
    text = _as_text(value)
    if not text:
        raise PydanticCustomError("missing", "Field required")
    return text


def moment_of(value: Any) -> datetime | None:
    """RFC 3339 with any offset and up to nanoseconds, a bare date, or a number since the epoch (see `from_epoch`),
    which may stand in a string. A zone may stand behind it (RFC 9557); the offset before it says when it is."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        value = without_suffix(value)[0].strip().upper()  # RFC 3339, section 5.6: "t" and "z" may be small
        try:
            value = float(value) if value.isascii() and "_" not in value else math.nan  # which Python takes
        except ValueError:
            return _from_rfc3339(value)
    if isinstance(value, int | float):
        return from_epoch(value)
    return None


def without_suffix(text: str) -> tuple[str, str]:
    """Returns a time without what RFC 9557 puts behind it, as in `2024-07-03T10:00:00+02:00[Europe/Paris]`, and what
    the zone is called that stands there; empty where none does."""
    match = SUFFIXED.fullmatch(text) if "[" in text else None
    if match is None:
        return text, ""
    first = match[2][1:-1].removeprefix("!")
    return match[1], "" if "=" in first else first


def from_epoch(number: float) -> datetime | None:
    """Returns the moment of a number of seconds since the epoch, or of milli-, micro- or nanoseconds: one that would
    lie beyond the year 2500, or before the year 1, in seconds counts in the next smaller unit."""
    try:
        if not math.isfinite(number):
            return None
        for unit in UNITS:
            if EARLIEST_SECONDS <= number / unit < LATEST_SECONDS:
                return EPOCH + timedelta(seconds=number / unit)
    except OverflowError:  # a whole number that no float can hold
        pass
    return None


def without_leap_second(text: str) -> str:
    """Returns a time of RFC 3339 that a clock without leap seconds can show: 23:59:60 is the second before."""
    return LEAP_SECOND.sub(r"\g<1>59", text)


def _from_rfc3339(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(
            without_leap_second(text)
        )  # takes 1 to 9 digits of a second, and cuts them to microseconds
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _lenient(value: Any, inner: Any) -> Any:
    try:
        return inner(value)
    except ValidationError:
        return None


Text = Annotated[str, PlainValidator(_as_text), WithJsonSchema(TEXT)]
Identifier = Annotated[str, PlainValidator(_as_identifier), WithJsonSchema(IDENTIFIER)]
Moment = Annotated[datetime | None, BeforeValidator(moment_of), WithJsonSchema(MOMENT)]
Flag = Annotated[bool | None, WrapValidator(_lenient), WithJsonSchema(FLAG)]
