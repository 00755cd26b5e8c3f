"""Photos and videos with sidecars: XMP as its specification has it, and a Takeout as its readers look for it."""

import json
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pyexiv2
import pytest
from django.core.management import call_command

from importers.sending.folders.folder import LocalFolder
from importers.verticals.media.models import Photo
from tests.support.exporter import Exporter, Person
from tests.support.takeout import TakeOut

pytestmark = pytest.mark.services

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://www.fstopapp.com/xmp/": "fstop",
}
SPELLED_BY_EXIV2 = {"Iptc4xmpCore:Location": "iptc:Location"}
PLACE: dict[str, Any] = {"latitude": 38.7117, "longitude": -9.1303, "altitude": 12.5, "name": "Santa Luzia <&>"}


def read_xmp(body: bytes) -> dict[str, Any]:
    """An XMP packet as RDF has it: simple values as texts, arrays as lists, alternatives by language."""
    text = body.decode()
    assert text.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>')
    assert text.rstrip().endswith('<?xpacket end="w"?>')
    root = ET.fromstring(body)  # noqa: S314 - written here
    assert root.tag == "{adobe:ns:meta/}xmpmeta"
    [described] = root.findall(f"{RDF}RDF/{RDF}Description")
    assert described.get(f"{RDF}about") == ""
    found: dict[str, Any] = {}
    for one in described:
        address, _, name = one.tag[1:].partition("}")
        array = next(iter(one), None)
        value: Any = one.text
        if array is not None and array.tag == f"{RDF}Alt":
            value = {item.get("{http://www.w3.org/XML/1998/namespace}lang"): item.text for item in array}
        elif array is not None:
            value = [item.text for item in array]
        found[f"{PREFIXES[address]}:{name}"] = value
    return found


@pytest.fixture
def photos(exporter: Exporter) -> Exporter:
    """Two albums, a photo in both, others of the same name, and one that says everything."""
    exporter.send("media", {"@type": "Album", "id": "1", "name": "Trip", "description": "To Lisbon"})
    exporter.send("media", {"@type": "Album", "id": "2", "name": "Best/of"})
    everything = {
        "description": "Evening <3",
        "uploadedTime": "2024-11-27T13:16:32.5Z",
        "favoriteInfo": {"favorite": True},
        "location": PLACE,
    }
    for album in ("1", "2"):
        item = {"@type": "Photo", "name": "Sunset.jpg", "albumId": album, **everything}
        exporter.send_file("media", item, b"pixels", "image/jpeg")
    exporter.send_file("media", {"@type": "Photo", "name": "sunset.JPG", "albumId": "1"}, b"others", "image/jpeg")
    exporter.send_file("media", {"@type": "Photo", "name": "My garden"}, b"\xff\xd8\xff\xe0flowers", "image/jpeg")
    long = {"@type": "Video", "name": f"{'a long name ' * 5}.mp4", "uploadedTime": "1969-07-20T20:17:40Z"}
    exporter.send_file("media", long, b"frames", "video/mp4")
    return exporter


def taken_out(name: str, folder: Path) -> dict[str, bytes]:
    """The files that the command writes, each with its bytes."""
    call_command("export_format", "ada", name, "--output", str(folder))
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_each_photo_has_an_xmp_beside_it_with_all_that_is_known(photos: Exporter, tmp_path: Path) -> None:
    files = taken_out("media/xmp", tmp_path / "out")
    pictures = {name: body for name, body in files.items() if not name.endswith(".xmp")}
    assert pictures == {
        "Trip/Sunset.jpg": b"pixels",
        "Trip/sunset (2).JPG": b"others",
        "My garden.jpg": b"\xff\xd8\xff\xe0flowers",
        f"{'a long name ' * 5}.mp4": b"frames",
    }
    assert set(files) - set(pictures) == {f"{name}.xmp" for name in pictures}
    assert read_xmp(files["Trip/Sunset.jpg.xmp"]) == {
        "xmpMM:PreservedFileName": "Sunset.jpg",
        "dc:description": {"x-default": "Evening <3"},
        "dc:subject": ["Trip", "Best/of"],
        "lr:hierarchicalSubject": ["Albums|Trip", "Albums|Best/of"],
        "digiKam:TagsList": ["Albums/Trip", "Albums/Best∕of"],
        "xmp:CreateDate": "2024-11-27T13:16:32.500000Z",
        "photoshop:DateCreated": "2024-11-27T13:16:32.500000Z",
        "exif:DateTimeOriginal": "2024-11-27T13:16:32.500000Z",
        "xmp:Rating": "5",
        "fstop:favorite": "1",
        "Iptc4xmpCore:Location": "Santa Luzia <&>",
        "exif:GPSVersionID": "2.2.0.0",
        "exif:GPSLatitude": "38,42.70200000N",
        "exif:GPSLongitude": "9,7.81800000W",
        "exif:GPSAltitudeRef": "0",
        "exif:GPSAltitude": "12500/1000",
    }
    garden = {"xmpMM:PreservedFileName": "My garden", "dc:title": {"x-default": "My garden"}}
    assert read_xmp(files["My garden.jpg.xmp"]) == garden


def test_a_library_that_photo_programs_use_reads_the_same_of_an_xmp(photos: Exporter, tmp_path: Path) -> None:
    taken_out("media/xmp", tmp_path / "out")
    found = {path.name: pyexiv2.Image(str(path)) for path in (tmp_path / "out").rglob("*.xmp")}
    for path in (tmp_path / "out").rglob("*.xmp"):
        ours = {SPELLED_BY_EXIV2.get(name, name): said for name, said in read_xmp(path.read_bytes()).items()}
        assert {name: in_its_languages(said) for name, said in found[path.name].read_xmp().items()} == {
            f"Xmp.{name.replace(':', '.')}": said for name, said in ours.items()
        }
    exif = found["Sunset.jpg.xmp"].read_exif()
    assert exif["Exif.Photo.DateTimeOriginal"] == "2024:11:27 13:16:32"
    assert exif["Exif.Image.Rating"] == "5"
    assert [degrees(exif[f"Exif.GPSInfo.{name}"]) for name in ("GPSLatitude", "GPSLongitude")] == [
        pytest.approx(PLACE["latitude"]),
        pytest.approx(-PLACE["longitude"]),
    ]
    assert [exif[f"Exif.GPSInfo.{name}"] for name in ("GPSLatitudeRef", "GPSLongitudeRef", "GPSAltitude")] == [
        "N",
        "W",
        "12500/1000",
    ]


def in_its_languages(said: Any) -> Any:
    """A text by its languages, whose names Exiv2 writes as they stand."""
    return {name[len('lang="') : -1]: text for name, text in said.items()} if isinstance(said, dict) else said


def degrees(written: str) -> float:
    """Degrees, minutes and seconds of EXIF, each a fraction, as degrees."""
    return sum(float(Fraction(part)) / 60**place for place, part in enumerate(written.split()))


def test_a_takeout_has_a_folder_for_each_album_and_json_beside_each_photo(photos: Exporter, tmp_path: Path) -> None:
    files = taken_out("media/takeout", tmp_path / "out")
    said = {name: json.loads(body) for name, body in files.items() if name.endswith(".json")}
    assert files["Trip/Sunset.jpg"] == files["Best∕of/Sunset.jpg"] == b"pixels"
    assert (said["Trip/metadata.json"]["title"], said["Trip/metadata.json"]["description"]) == ("Trip", "To Lisbon")
    sunset = said["Best∕of/Sunset.jpg.supplemental-metadata.json"]
    received = sunset.pop("creationTime")
    assert int(received["timestamp"]) == int(Photo.objects.get(name="Sunset.jpg").received_at.timestamp())
    assert sunset == {
        "title": "Sunset.jpg",
        "description": "Evening <3",
        "photoTakenTime": {"timestamp": "1732713392", "formatted": "27 Nov 2024, 13:16:32 UTC"},
        "geoData": {
            "latitude": 38.7117,
            "longitude": -9.1303,
            "altitude": 12.5,
            "latitudeSpan": 0.0,
            "longitudeSpan": 0.0,
        },
        "favorited": True,
    }
    garden = said["My garden.jpg.supplemental-metadata.json"]
    assert garden["title"] == "My garden" and "photoTakenTime" not in garden


def test_our_own_exporter_reads_the_takeout_again(photos: Exporter, tmp_path: Path) -> None:
    taken_out("media/takeout", tmp_path / "out")
    items = [item.payload for item in LocalFolder.read(tmp_path / "out").items() if item.vertical == "media"]
    albums = {item["id"]: (item["name"], item["description"]) for item in items if item["@type"] == "Album"}
    assert albums == {"/Trip": ("Trip", "To Lisbon"), "/Best∕of": ("Best/of", None)}
    sunsets = [item for item in items if item.get("name") == "Sunset.jpg"]
    assert {item["albumId"] for item in sunsets} == set(albums)
    for item in sunsets:
        assert (item["uploadedTime"], item["description"]) == ("2024-11-27T13:16:32Z", "Evening <3")
        assert item["favoriteInfo"]["favorite"] is True
        assert item["location"] == {"latitude": 38.7117, "longitude": -9.1303, "altitude": 12.5}
    [video] = [item for item in items if item["@type"] == "Video"]
    assert video["uploadedTime"] == "1969-07-20T20:17:40Z"


@pytest.mark.parametrize("name", [f"{'ö' * 200}.jpeg", f"{'x' * 232}.jpeg", f"{'y' * 236}.jpg"])
def test_a_photo_whose_name_is_as_long_as_any_keeps_its_facts(exporter: Exporter, tmp_path: Path, name: str) -> None:
    for item in ({"description": "First"}, {"description": "Second"}):
        told = {"@type": "Photo", "name": name, "uploadedTime": "1969-07-20T20:17:40Z", **item}
        exporter.send_file("media", told, b"\xff\xd8\xff\xe0" + item["description"].encode(), "image/jpeg")
    taken_out("media/takeout", tmp_path / "out")
    items = [item.payload for item in LocalFolder.read(tmp_path / "out").items() if item.vertical == "media"]
    assert {item["description"] for item in items} == {"First", "Second"}
    assert {item["uploadedTime"] for item in items} == {"1969-07-20T20:17:40Z"}


def test_sidecars_in_an_archive_lie_below_readable_alone(photos: Exporter, http: httpx.Client, ada: Person) -> None:
    names = set(TakeOut.made(http, ada).everything())
    sidecars = {name for name in names if name.endswith((".xmp", ".supplemental-metadata.json"))}
    xmp = {name for name in sidecars if name.startswith("My Cozy/Readable/Sidecars/XMP/")}
    takeout = {name for name in sidecars if name.startswith("My Cozy/Readable/Sidecars/Takeout/")}
    assert sidecars == xmp | takeout
    pictures = {name for name in names if name.startswith("My Cozy/Files/")}
    laid_over = {name.replace("/Readable/Sidecars/XMP/", "/Files/").removesuffix(".xmp") for name in xmp}
    assert laid_over == pictures
