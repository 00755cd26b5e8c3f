"""Tracks are shown and found by what either their items or their playlists say of them."""

import re
from typing import Any

import pytest
from django.test import Client

from importers.verticals.music.models import PlaylistTrack
from tests.support.exporter import Exporter, Person
from tests.support.searching import Searcher
from tests.verticals.music.samples import entry

pytestmark = pytest.mark.services

NUMBER = {"isrcCode": "GBUM71029604"}


def playlist(*titles: str) -> tuple[str, dict[str, Any]]:
    tracks = [NUMBER | {"headline": title, "byArtist": "Ada", "musicAlbum": "Seasons"} for title in titles]
    return "playlists", {"@type": "MusicPlaylist", "identifier": "p1", "headline": "Mine", "track": tracks}


def test_a_track_that_says_no_artist_is_by_whom_its_playlist_says(
    exporter: Exporter, client: Client, ada: Person
) -> None:
    client.force_login(ada.row)
    searcher = Searcher(client)
    exporter.send("music", entry("p1", 0, NUMBER | {"title": "Own words"}))
    searcher.found("own")
    path, item = playlist("Spring")
    item["track"][0]["durationMillis"] = 61_000
    exporter.send(path, item)
    assert searcher.found("ada")["playlisttrack"] == ["Own words"]
    row = PlaylistTrack.objects.get()
    pages = [client.get(f"/things/music/tracks/{end}").content.decode() for end in ("", f"{row.doc_id}/")]
    for page in pages:
        assert "Own words" in page and "Spring" not in page
        assert "Ada" in page and "Seasons" in page
    assert "1:01" in pages[1]
    assert (row.artists, row.album, row.duration_ms) == ("", "", None)


@pytest.mark.parametrize("turned", [False, True])
def test_a_track_that_is_only_a_number_is_called_as_its_playlist_calls_it(
    exporter: Exporter, client: Client, ada: Person, turned: bool
) -> None:
    sent = [playlist("Spring", "Spring, again"), ("music", entry("p1", 0, NUMBER)), ("music", entry("p1", 1, NUMBER))]
    client.force_login(ada.row)
    searcher = Searcher(client)
    for path, item in sent[::-1] if turned else sent:
        assert exporter.send(path, item).status_code == 201
        searcher.found("spring")
    rows = PlaylistTrack.objects.order_by("position").values_list("doc_id", flat=True)
    for doc_id, title in zip(rows, ("Spring", "Spring, again"), strict=True):
        page = client.get(f"/things/music/tracks/{doc_id}/").content.decode()
        assert re.search(f"<h1[^>]*>(<bdi>)?{title}<", page)
        assert "Ada" in page
        assert "Seasons" in page
    assert client.get("/things/music/tracks/").content.decode().count("Spring") >= 2
    assert sorted(searcher.found("spring")["playlisttrack"]) == ["[Spring]", "[Spring], again"]
    assert len(searcher.found("seasons")["playlisttrack"]) == 2
    assert exporter.send(*playlist("Winter")).status_code == 201
    assert "playlisttrack" not in searcher.found("spring")
    assert searcher.found("winter")["playlisttrack"] == ["[Winter]", "[Winter]"]
