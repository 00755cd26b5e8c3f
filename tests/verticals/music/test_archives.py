"""Music leaves in archives, playlists in standard formats too, and returns."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import httpx
import pytest

from importers.merging.origin import Origin
from importers.verticals.music.models import Playlist, PlaylistTrack, Recording, Release
from tests.support.archives import bring
from tests.support.exporter import Exporter, Person
from tests.support.takeout import TakeOut, site_text
from tests.verticals.music import samples
from tests.verticals.music.samples import entry, recording

pytestmark = pytest.mark.services

PLAYLISTS = "My Cozy/Readable/Playlists/"
XSPF = "{http://xspf.org/ns/0/}"


@pytest.fixture
def full(exporter: Exporter) -> Exporter:
    samples.send(exporter)
    return exporter


def test_playlists_are_jspf_in_their_order(full: Exporter, http: httpx.Client, ada: Person) -> None:
    entries = TakeOut.made(http, ada).everything()
    start = f"{PLAYLISTS}JSPF/"
    found = {name.removeprefix(start): json.loads(body) for name, body in entries.items() if name.startswith(start)}
    assert found.keys() == {"Morning; really.jspf", "Evening.jspf", "never.jspf"}
    assert found["Morning; really.jspf"]["playlist"] == {
        "title": "Morning; really",
        "annotation": "Up early",
        "date": "2024-06-03T10:00:00+00:00",
        "track": [
            {
                "title": "Spring",
                "creator": "Ada, Grace & Co",
                "album": "The Four Seasons",
                "duration": 200_400,
                "identifier": ["urn:isrc:GBUM71029604"],
            },
            {"title": "Summer", "creator": "Ada, Grace & Co", "album": "The Four Seasons", "duration": 200_400},
        ],
    }
    assert found["Evening.jspf"]["playlist"]["track"] == [
        {"title": "Winter", "creator": "Ada"},
        {"title": "No id", "creator": "Grace", "album": "Some album"},
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_a_track_leaves_with_what_its_item_and_its_playlist_say_of_it(
    exporter: Exporter, http: httpx.Client, ada: Person, turned: bool
) -> None:
    number = {"isrcCode": "GBUM71029604"}
    listed = [number | {"headline": title, "byArtist": "Ada"} for title in ("Spring", "Spring, again")]
    sent: list[tuple[str, Any]] = [
        ("playlists", {"@type": "MusicPlaylist", "identifier": "p1", "headline": "Both", "track": listed}),
        ("music", entry("p1", 0, number | {"durationMillis": 5_000})),
        ("music", entry("p1", 1, number | {"byArtists": "Grace", "musicRelease": "Seasons"})),
        ("music", entry("p1", 2, number)),
    ]
    for path, item in sent[::-1] if turned else sent:
        assert exporter.send(path, item).status_code == 201
    entries = TakeOut.made(http, ada).everything()
    same = {"identifier": ["urn:isrc:GBUM71029604"]}
    assert json.loads(entries[f"{PLAYLISTS}JSPF/Both.jspf"])["playlist"]["track"] == [
        same | {"title": "Spring", "creator": "Ada", "duration": 5_000},
        same | {"title": "Spring, again", "creator": "Grace", "album": "Seasons"},
        same | {"title": "Spring, again", "creator": "Ada"},
    ]
    assert site_text(entries).count("Spring, again") == 2
    assert entries[f"{PLAYLISTS}M3U8/Both.m3u8"].count(b" - Spring") == 6


def test_playlists_are_xspf(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    title = 'a < b & "c"\r\x01 \x85'
    exporter.send("music", {"@type": "MusicPlaylist", "id": "p1", "title": "Odd"})
    by = ["Ada\r\nof the\u2028yard", "\n", "Grace & Co"]  # a line each
    exporter.send("music", entry("p1", 0, recording(title, "GBUM71029604", byArtists=by)))
    exporter.send("music", entry("p1", 1, {}))
    root = ET.fromstring(TakeOut.made(http, ada).everything()[f"{PLAYLISTS}XSPF/Odd.xspf"])  # noqa: S314 - our own
    assert root.findtext(f"{XSPF}title") == "Odd"
    first, second = root.iter(f"{XSPF}track")
    assert {one.tag.removeprefix(XSPF): one.text for one in first} == {
        "identifier": "urn:isrc:GBUM71029604",
        "title": title.replace("\x01", "\ufffd"),
        "creator": "Ada of the yard, Grace & Co",
        "album": "The Four Seasons",
        "duration": "200400",
    }
    assert list(second) == []


def test_playlists_are_m3u8(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send("music", {"@type": "MusicPlaylist", "id": "p1", "title": "Two\nlines"})
    exporter.send("music", entry("p1", 1, recording("Summer\nüber")))
    exporter.send("music", entry("p1", 0, {"title": "#1"}))
    exporter.send("music", entry("p1", 2, {"title": "https://tracker.example/1.mp3"}))
    exporter.send("music", entry("p1", 3, {"title": "\\\\tracker.example\\1"}))
    exporter.send("music", entry(None, None, {"title": "Alone"}))
    entries = TakeOut.made(http, ada).everything()
    (name,) = (name for name in entries if name.startswith(f"{PLAYLISTS}M3U8/Two"))
    assert entries[name].decode().splitlines() == [
        "#EXTM3U",
        "#PLAYLIST:Two lines",
        "#EXTINF:-1,#1",
        "./#1",
        "#EXTINF:200,Ada, Grace & Co - Summer über",
        "#EXTALB:The Four Seasons",
        "Ada, Grace & Co - Summer über",
        "#EXTINF:-1,https://tracker.example/1.mp3",
        "./https://tracker.example/1.mp3",
        "#EXTINF:-1,\\\\tracker.example\\1",
        "./\\\\tracker.example\\1",
    ]
    assert entries[f"{PLAYLISTS}M3U8/Without a playlist.m3u8"].decode().endswith("\nAlone\n")


def test_a_track_that_both_models_have_is_in_the_file_once(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    first, second, third = recording("A", "GBUM71029604"), recording("B"), recording("C")
    older = {"@type": "MusicPlaylist", "identifier": "p1", "headline": "Both", "track": [first, second, first, third]}
    exporter.send("playlists", older)
    for place, track in enumerate((second, first)):
        exporter.send("music", entry("p1", place, track))
    PlaylistTrack.objects.filter(title="B").update(trashed_at="2024-01-01T00:00:00Z")
    jspf = json.loads(TakeOut.made(http, ada).everything()[f"{PLAYLISTS}JSPF/Both.jspf"])
    assert [track["title"] for track in jspf["playlist"]["track"]] == ["A", "A", "C"]


def records(person: Person) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    columns = ("doc_id", "identity", "payload")
    for model, own in (
        (Playlist, ("identifier", "name", "description", "made_at", "edited_at", "tracks")),
        (
            PlaylistTrack,
            ("playlist__doc_id", "position", "track_key", "title", "artists", "album", "isrc", "duration_ms"),
        ),
        (Recording, ("title", "artists", "isrc", "album", "icpn", "duration_ms", "explicit")),
        (Release, ("title", "artists", "icpn")),
    ):
        rows: Any = model.objects.filter(owner=person.row).order_by("doc_id")
        found += rows.values_list(*columns, *own)
    return found


def test_everything_returns_as_what_it_was(full: Exporter, http: httpx.Client, ada: Person) -> None:
    entries = TakeOut.made(http, ada).everything()
    grace = Person.create("grace")
    for _ in range(2):
        bring(grace, entries, Origin("source.example", "Wharf"))
        assert records(grace) == records(ada)
    assert len(records(grace)) == 8
    assert Playlist.objects.get(owner=grace.row, identifier="never").is_placeholder
    assert grace.row.used_bytes == ada.row.used_bytes
    again = TakeOut.made(http, grace).everything()
    assert {n: b for n, b in again.items() if n.startswith(PLAYLISTS)} == {
        n: b for n, b in entries.items() if n.startswith(PLAYLISTS)
    }


def test_the_page_of_an_archive_shows_the_music(full: Exporter, http: httpx.Client, ada: Person) -> None:
    page = site_text(TakeOut.made(http, ada).everything())
    for said in ("Playlists/M3U8/Evening.m3u8", "Up early", "Ada, Grace &amp; Co", "The Four Seasons"):
        assert said in page


@pytest.mark.parametrize("said", ["1", 1.5, True, 10**30, [1]])
def test_a_place_that_is_no_number_is_not_taken_from_an_archive(
    full: Exporter, http: httpx.Client, ada: Person, said: Any
) -> None:
    entries = TakeOut.made(http, ada).everything()
    name = next(name for name in entries if "/org.wharf.music.playlist.items/" in name)
    broken = json.loads(entries[name]) | {"position": said}
    grace = Person.create("grace")
    bring(grace, entries | {name: json.dumps(broken).encode()}, Origin("source.example", "Wharf"))
    assert PlaylistTrack.objects.filter(owner=grace.row).count() == 2


def test_whatever_an_archive_says_that_a_playlist_lists_can_leave_again(
    full: Exporter, http: httpx.Client, ada: Person
) -> None:
    entries = TakeOut.made(http, ada).everything()
    name = next(
        name for name, body in entries.items() if b'"Evening"' in body and "/org.wharf.music.playlists/" in name
    )
    odd = [
        "no JSON",
        "[1]",
        '{"key": 5, "title": ["x"]}',
        '{"title": "A", "byArtists": 1e999}',
        "[" * 5_000,
        "1" * 5_000,
    ]
    document = json.loads(entries[name])
    document["tracks"] = "\n".join(odd)
    document["metadata"]["wharf"]["payload"] = "{}"
    grace = Person.create("grace")
    bring(grace, entries | {name: json.dumps(document).encode()}, Origin("source.example", "Wharf"))
    assert Playlist.objects.get(owner=grace.row, name="Evening").tracks == document["tracks"]
    again = TakeOut.made(http, grace).everything()
    tracks = json.loads(again[f"{PLAYLISTS}JSPF/Evening.jspf"])["playlist"]["track"]
    assert [track.get("title") for track in tracks] == [odd[0], odd[1], None, "A", odd[4], odd[5]]
