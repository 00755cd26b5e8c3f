"""What is known of a photo or a video that programs for photos have a place for."""

import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from importers.formats.local_time import said_moment
from importers.items.wire import kept_item
from importers.text import keepable

# Where items, and documents of a Cozy, say when a photo was taken and where. What an exporter calls the time of the
# upload is the time that a photo has at its service: mostly the same one.
TAKEN = ("takenTime", "photoTakenTime", "dateTaken", "captureTime", "datetime")
PLACES = ("location", "geoData", "geoDataExif", "geo", "gps", "coordinates", "place")
LATITUDES, LONGITUDES, ALTITUDES = ("latitude", "lat"), ("longitude", "lon", "lng", "long"), ("altitude", "alt")
HIGHEST = 4_000_000  # metres, either way: EXIF has room for as many millimetres (32 bits)
NAMES = ("name", "title", "city")
MAY_SAY_MORE = re.compile("|".join((*TAKEN, *PLACES)))


class MediaPlace(NamedTuple):
    """`latitude` and `longitude` in degrees, `altitude` in metres; `name`: what people call it."""

    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    name: str = ""


class MediaFacts(NamedTuple):
    """`name`: of its file, where it has one; `taken`: when, as far as is known; `received`: when it came here."""

    name: str
    description: str
    taken: datetime | None
    received: datetime
    favorite: bool
    albums: tuple[str, ...]
    place: MediaPlace


def said_of(payload: str, uploaded: datetime | None) -> tuple[datetime | None, MediaPlace]:
    """Returns when it was taken, and where, as far as its item says it."""
    if not MAY_SAY_MORE.search(payload):
        return uploaded, MediaPlace()
    item = kept_item(payload, any_object=True) or {}
    taken = next(filter(None, (_moment(one.get(name)) for one in _said_in(item) for name in TAKEN)), None)
    return taken or uploaded, _place(item)


def _said_in(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the objects of an item that may say something of the picture."""
    yield item
    if isinstance(item.get("metadata"), dict):
        yield item["metadata"]


def _moment(said: Any) -> datetime | None:
    return said_moment(said.get("timestamp") if isinstance(said, dict) else said)


def _place(item: dict[str, Any]) -> MediaPlace:
    named = [one[name] for one in _said_in(item) for name in PLACES if isinstance(one.get(name), dict)]
    for said in (*named, *_said_in(item)):
        latitude, longitude = _number(said, LATITUDES, 90), _number(said, LONGITUDES, 180)
        if latitude is None or longitude is None or latitude == longitude == 0:  # which means nowhere
            continue
        called = next((said[name] for name in NAMES if isinstance(said.get(name), str)), "") if said in named else ""
        return MediaPlace(latitude, longitude, _number(said, ALTITUDES, HIGHEST), keepable(called))
    names = (one[name] for one in named for name in NAMES if isinstance(one.get(name), str))
    return MediaPlace(name=keepable(next(names, "")))


def _number(said: dict[str, Any], names: tuple[str, ...], most: float) -> float | None:
    for name in names:
        value = said.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            continue
        try:
            number = float(value)
        except (ValueError, OverflowError):
            continue
        if math.isfinite(number) and abs(number) <= most:
            return number
    return None
