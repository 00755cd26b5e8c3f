"""What stands beside a photo or a video for the next program: XMP, and the JSON of a Google Takeout."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

from accounts.dates import unix_seconds
from importers.formats.xml_text import xml_text
from importers.verticals.media.facts import MediaFacts

XMP_SUFFIX = ".xmp"
JSON_SUFFIX, ADDED = ".json", ".supplemental-metadata"
LONGEST_NAME = 46  # characters of the name of such a JSON file, without its suffix
OF_ALBUM = "metadata.json"  # what says of a folder that it is an album
OF_FILE = re.compile(r"\.[A-Za-z0-9]{2,5}$")  # how a name ends that is no title
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BEST = 5  # stars, of a favourite
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "fstop": "http://www.fstopapp.com/xmp/",
}
HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n<rdf:Description rdf:about=""'
    + "".join(f'\n xmlns:{prefix}="{address}"' for prefix, address in NAMESPACES.items())
    + ">\n"
)
END = '</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>\n'


def xmp(facts: MediaFacts) -> bytes:
    """Returns a sidecar (ISO 16684-1). Albums are what they are to programs that know no albums in it: keywords."""
    taken = facts.taken.isoformat().replace("+00:00", "Z") if facts.taken else ""
    place, stars = facts.place, str(BEST) if facts.favorite else ""
    lines = [
        _in_languages("dc:title", "" if OF_FILE.search(facts.name) else facts.name),
        _simple("xmpMM:PreservedFileName", facts.name),
        _in_languages("dc:description", facts.description),
        _listed("dc:subject", "Bag", facts.albums),
        _listed("lr:hierarchicalSubject", "Bag", (f"Albums|{one.replace('|', '/')}" for one in facts.albums)),
        _listed("digiKam:TagsList", "Seq", (f"Albums/{one.replace('/', '∕')}" for one in facts.albums)),
        *(_simple(name, taken) for name in ("xmp:CreateDate", "photoshop:DateCreated", "exif:DateTimeOriginal")),
        _simple("xmp:Rating", stars),
        _simple("fstop:favorite", "1" if facts.favorite else ""),
        _simple("Iptc4xmpCore:Location", place.name),
    ]
    if place.latitude is not None and place.longitude is not None:
        lines.append(_simple("exif:GPSVersionID", "2.2.0.0"))
        lines.append(_simple("exif:GPSLatitude", _coordinate(place.latitude, "NS")))
        lines.append(_simple("exif:GPSLongitude", _coordinate(place.longitude, "EW")))
    if place.altitude is not None:
        lines.append(_simple("exif:GPSAltitudeRef", str(int(place.altitude < 0))))
        lines.append(_simple("exif:GPSAltitude", f"{round(abs(place.altitude) * 1000)}/1000"))
    return (HEAD + "".join(lines) + END).encode()


def _simple(name: str, value: str) -> str:
    return f"<{name}>{xml_text(value)}</{name}>\n" if value else ""


def _in_languages(name: str, value: str) -> str:
    """A text, of a language that nobody knows (section 8.2.2.4)."""
    if not value:
        return ""
    return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{xml_text(value)}</rdf:li></rdf:Alt></{name}>\n'


def _listed(name: str, kind: str, values: Iterable[str]) -> str:
    items = "".join(f"<rdf:li>{xml_text(value)}</rdf:li>" for value in values)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>\n" if items else ""


def _coordinate(degrees: float, directions: str) -> str:
    """Degrees, minutes and a direction, as in 38,42.702000N (ISO 16684-2)."""
    whole, part = divmod(abs(degrees), 1)
    return f"{int(whole)},{part * 60:.8f}{directions[degrees < 0]}"


def takeout(facts: MediaFacts, title: str) -> bytes:
    """Returns what a Takeout says of a photo or a video, whose title is the name of its file there."""
    said: dict[str, Any] = {
        "title": title,
        "description": facts.description,
        "creationTime": _time(facts.received),
    }
    if facts.taken is not None:
        said["photoTakenTime"] = _time(facts.taken)
    place = facts.place
    if place.latitude is not None and place.longitude is not None:
        said["geoData"] = {
            "latitude": place.latitude,
            "longitude": place.longitude,
            "altitude": place.altitude or 0.0,
            "latitudeSpan": 0.0,
            "longitudeSpan": 0.0,
        }
    if facts.favorite:
        said["favorited"] = True
    return _spelled(said)


def takeout_album(name: str, description: str, at: datetime) -> bytes:
    """Returns what a Takeout says of an album, in its folder."""
    return _spelled({"title": name, "description": description, "access": "protected", "date": _time(at)})


def takeout_name(name: str) -> str:
    """Returns what such a file is called beside a photo of this name, which it holds whole."""
    if len(name) > LONGEST_NAME:
        return name + JSON_SUFFIX
    return (name + ADDED)[:LONGEST_NAME] + JSON_SUFFIX


def _time(moment: datetime) -> dict[str, str]:
    at = moment.astimezone(UTC)
    return {
        "timestamp": str(unix_seconds(moment)),
        "formatted": f"{at.day} {MONTHS[at.month - 1]} {at.year}, {at.hour:02}:{at.minute:02}:{at.second:02} UTC",
    }


def _spelled(said: dict[str, Any]) -> bytes:
    return to_json(said, indent=2) + b"\n"
