"""What a picture or a video says of when and where it was taken.

Nothing here is trusted by whoever asks: all of it stands in a file that anybody may have made.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# Tags of Exif 3.0 (CIPA DC-008), sections 4.6.5 to 4.6.7.
ORIENTATION, EXIF_IFD, GPS_IFD = 0x0112, 0x8769, 0x8825
LYING = (5, 6, 7, 8)  # orientations of what is turned by a quarter
TAKEN = ((0x9003, 0x9011), (0x9004, 0x9012))  # when it was taken, then when it was digitised; each with its offset
LATITUDE, LONGITUDE = (2, 1, "S", 90.0), (4, 3, "W", 180.0)  # tag, tag of the reference, negative one, the most
OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
ISO_6709 = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)")
FIRST_YEAR = 1900  # before that a clock was not set


@dataclass(frozen=True)
class PictureFacts:
    """`width` and `height`: in pixels, as it is shown; `orientation`: as Exif numbers it; `taken`: the time of the
    clock, in ISO 8601; `offset`: minutes that it was ahead of UTC, None where nothing says it; `seconds`: how long a
    video is."""

    width: int
    height: int
    orientation: int = 1
    taken: str = ""
    offset: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    seconds: float | None = None


def of_exif(exif: Any, width: int, height: int, orientation: int = 0) -> PictureFacts:
    """Returns what Exif says, as Pillow has read it, of a picture of this size. `orientation`: the one that was there,
    where what has been read is upright already."""
    own = exif.get_ifd(EXIF_IFD)
    taken, offset = next(
        ((at, _offset(own.get(zone))) for tag, zone in TAKEN if (at := _exif_time(own.get(tag)))), ("", None)
    )
    latitude, longitude = _place(exif.get_ifd(GPS_IFD))
    number = orientation or exif.get(ORIENTATION, 1)
    if not orientation and number in LYING:
        width, height = height, width
    return PictureFacts(width, height, number if number in range(1, 9) else 1, taken, offset, latitude, longitude)


def of_video(metadata: dict[str, str], width: int, height: int, seconds: float | None) -> PictureFacts:
    """Returns what a container says: phones of Apple write the time of the clock with its offset, others the moment."""
    taken, offset = "", None
    for name in ("com.apple.quicktime.creationdate", "creation_time"):
        if (at := _iso_time(metadata.get(name, ""))) is not None:
            taken, offset = at.replace(tzinfo=None).isoformat(), _minutes(at) if name != "creation_time" else None
            break
    said = metadata.get("com.apple.quicktime.location.ISO6709") or metadata.get("location") or ""
    found = ISO_6709.match(said)
    place = _both(float(found[1]), float(found[2])) if found else (None, None)
    return PictureFacts(width, height, 1, taken, offset, *place, seconds=seconds)


def _exif_time(said: Any) -> str:
    """Such as `2024:05:01 12:34:56`, in ISO 8601; empty where it is none."""
    try:
        at = datetime.strptime(str(said).strip("\0 ")[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  (a clock's, of no zone)
    except ValueError:
        return ""
    return at.isoformat() if at.year >= FIRST_YEAR else ""


def _iso_time(said: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", said.strip()))
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at if at.year > 1904 else None  # ISO/IEC 14496-12 counts from there: the clock was not set


def _minutes(at: datetime) -> int:
    return int((at.utcoffset() or timedelta()).total_seconds() // 60)


def _offset(said: Any) -> int | None:
    """Such as `+02:00`, in minutes."""
    found = OFFSET.fullmatch(str(said).strip("\0 "))
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    return (minutes if found[1] == "+" else -minutes) if minutes <= 14 * 60 else None


def _place(gps: Any) -> tuple[float | None, float | None]:
    degrees = [_degrees(gps, *one) for one in (LATITUDE, LONGITUDE)]
    return _both(*degrees) if None not in degrees else (None, None)


def _both(latitude: float | None, longitude: float | None) -> tuple[float | None, float | None]:
    """A place; none where both are 0, which is written by what has not found out where it is."""
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None, None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else (None, None)


def _degrees(gps: Any, tag: int, reference: int, negative: str, most: float) -> float | None:
    try:
        parts = [float(one) for one in gps[tag]]
        found = sum(part / 60**power for power, part in enumerate(parts[:3]))
        below = str(gps.get(reference, "")).strip("\0 ").upper() == negative
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not math.isfinite(found) or abs(found) > most:
        return None
    return round(-found if below else found, 7)
