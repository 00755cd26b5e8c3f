"""Tracks as services say them, inside playlists, in items of playlists and by themselves."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from accounts import strict_json
from importers.digests import digest
from importers.items.field_schemas import TEXT
from importers.items.wire import Digits, Flag, Shape, Text, as_it_came

NAMES = ("title", "headline", "name")  # what the two models, and schema.org, call a name
LARGEST = 2**53  # beyond, numbers in JSON are not exact

_text = TypeAdapter(Text).validate_python


class MusicShape(Shape):
    """What is null has not been said: another name of the same field may say it."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, item: Any) -> Any:
        if not isinstance(item, dict):
            return item
        return {name: value for name, value in item.items() if value is not None and value != ""}


def whole_number(value: Any) -> int | None:
    """Returns a whole number, which may stand in a string, or with a fraction, that is cut off."""
    if isinstance(value, str):
        value = value.strip()
        if not re.fullmatch(r"-?[0-9]{1,16}", value):
            return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    number = float(value) if isinstance(value, Digits | str) else value
    return int(number) if -LARGEST < number < LARGEST else None


def _names(value: Any) -> tuple[str, ...]:
    """Returns the names of artists: of one or of several, each a name or an object that has it."""
    each = value if isinstance(value, list) else [value]
    return tuple(name for name in map(_name, each) if name)


def _name(value: Any) -> str:
    if isinstance(value, dict):
        value = next((value[name] for name in ("name", "headline", "title") if value.get(name)), "")
    name: str = _text(value)
    return name


def _number_of(value: Any) -> str:
    """Returns an ISRC or ICPN as it is compared: without the hyphens and spaces that people read it by."""
    return re.sub(r"[\s-]", "", _text(value)).upper()


_ARTIST = {"type": ["string", "object"], "properties": {"name": {"type": ["string", "null"]}}}
ARTISTS = {"title": "Artists", "anyOf": [_ARTIST, {"type": "array", "items": _ARTIST}, {"type": "null"}]}
WHOLE_NUMBER = {
    "title": "WholeNumber",
    "type": ["number", "string", "null"],
    "exclusiveMinimum": -LARGEST,
    "exclusiveMaximum": LARGEST,
    "pattern": "^-?[0-9]{1,15}$",
}
Artists = Annotated[tuple[str, ...], BeforeValidator(_names), WithJsonSchema(ARTISTS)]
Number = Annotated[str, BeforeValidator(_number_of), WithJsonSchema(TEXT)]
WholeNumber = Annotated[int | None, BeforeValidator(whole_number), WithJsonSchema(WHOLE_NUMBER)]


class SaidRelease(MusicShape):
    """What is said of a release, wherever that stands."""

    identifier: Text = Field(default="", validation_alias=AliasChoices("id", "identifier"))
    title: Text = Field(default="", validation_alias=AliasChoices(*NAMES))
    icpn: Number = Field(default="", validation_alias="icpnCode")
    artists: Artists = Field(default=(), validation_alias=AliasChoices("byArtists", "byArtist"))


def _release(value: Any) -> SaidRelease:
    if isinstance(value, str):
        value = {"title": value}
    return SaidRelease.model_validate(value if isinstance(value, dict) else {})


RELEASE = BeforeValidator(_release, json_schema_input_type=SaidRelease | str | None)


class Track(MusicShape):
    """What is said of a track, or a recording."""

    identifier: Text = Field(default="", validation_alias=AliasChoices("id", "identifier"))
    isrc: Number = Field(default="", validation_alias="isrcCode")
    title: Text = Field(default="", validation_alias=AliasChoices(*NAMES))
    artists: Artists = Field(default=(), validation_alias=AliasChoices("byArtists", "byArtist"))
    duration: WholeNumber = Field(default=None, validation_alias="durationMillis")
    explicit: Flag = Field(default=None, validation_alias="isExplicit")
    release: Annotated[SaidRelease, RELEASE] = Field(
        default=SaidRelease(), validation_alias=AliasChoices("musicRelease", "musicAlbum")
    )

    @property
    def key(self) -> str:
        """The same for all that mean the same track: by its ISRC, else by its identifier, else by what it says."""
        if self.isrc:
            return digest("isrc", self.isrc)
        if self.identifier:
            return digest("identifier", as_it_came(self.identifier))
        duration = "" if self.duration is None else str(self.duration)
        return digest("says", as_it_came(self.title), as_it_came(self.release.title), duration, *self.artists)

    @property
    def line(self) -> str:
        """What a playlist keeps of it: a JSON object in one line, by the names that items have."""
        said = {
            "key": self.key,
            "identifier": self.identifier,
            "isrcCode": self.isrc,
            "title": self.title,
            "byArtists": list(self.artists),
            "durationMillis": self.duration,
            "musicRelease": self.release.title,
        }
        return json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=True)


def artist_lines(artists: Iterable[str]) -> str:
    """Returns what a column keeps of artists: one a line."""
    return "\n".join(filter(None, (" ".join(artist.split()) for artist in artists)))


def track_of(value: Any) -> Track | None:
    """Returns the track that an object says, or a text that is its name; None where there is none."""
    if isinstance(value, str) and value:
        value = {"title": value}
    if not isinstance(value, dict):
        return None
    try:
        return Track.model_validate(value)
    except ValidationError:
        return None


def tracks_of(value: Any) -> tuple[Track, ...]:
    """Returns the tracks of a list, which may be an object that numbers them (schema.org's ItemList), or one track."""
    if isinstance(value, dict) and isinstance(value.get("itemListElement"), list):
        value = value["itemListElement"]
    each = value if isinstance(value, list) else [value]
    found = (track_of(one.get("item", one) if isinstance(one, dict) else one) for one in each)
    return tuple(track for track in found if track is not None)


def written(tracks: Iterable[Track]) -> str:
    """Returns the list of tracks that a column keeps: one JSON text, a track in each of its lines; empty for none."""
    lines = ",\n".join(track.line for track in tracks)
    return f"[\n{lines}\n]" if lines else ""


def listed(column: str) -> list[tuple[str, Track]]:
    """Returns the tracks that `written` has written, each with its key. It is read line by line: there may be more
    values in it than are read at once."""
    lines = (line.removesuffix(",") for line in column.split("\n"))
    return [_listed(line) for line in lines if line not in ("", "[", "]")]


def _listed(line: str) -> tuple[str, Track]:
    """Reads `Track.line`. The column may have come in an archive, where anything may stand: what is no such line is the
    title of a track."""
    try:
        said = strict_json.loads(line)
    except (ValueError, RecursionError):
        said = None
    track = track_of(said if isinstance(said, dict) else line) or Track()
    key = said.get("key") if isinstance(said, dict) else None
    return key if isinstance(key, str) else track.key, track


def merged(column: str, entries: Iterable[tuple[str, bool, Track]]) -> Iterator[Track]:
    """Yields the tracks of a playlist, in order: those that came as items, each completed by what the playlist says of
    it, and after them those that only the playlist itself lists, as often as it does.

    `column`: what `written` has written. `entries`: of each item its key, whether it is shown, and the track.
    """
    own = listed(column)
    by_key: dict[str, list[Track]] = {}
    for key, track in own:
        by_key.setdefault(key, []).append(track)
    came: Counter[str] = Counter()
    for key, is_shown, track in entries:
        if theirs := by_key.get(key):
            track = _completed(track, theirs[min(came[key], len(theirs) - 1)])
            came[key] += 1
        if is_shown:
            yield track
    for key, track in own:
        if came[key] > 0:
            came[key] -= 1
        else:
            yield track


def _completed(track: Track, other: Track) -> Track:
    """Returns a track with what only the other one says, which means the same."""
    more: dict[str, Any] = {
        name: value
        for name in ("identifier", "isrc", "title", "artists", "duration")
        if getattr(track, name) in ("", (), None) and (value := getattr(other, name))
    }
    if not track.release.title and other.release.title:
        more["release"] = other.release
    return track.model_copy(update=more) if more else track
