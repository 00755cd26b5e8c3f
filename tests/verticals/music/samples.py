"""Playlists, their tracks, recordings and releases as samples; see tests/support/samples.py."""

from typing import Any

from django.utils import timezone

from importers.verticals.music.models import Playlist, PlaylistTrack, Recording, Release
from tests.support.exporter import Exporter
from tests.support.samples import SampleAccount


def rows(account: SampleAccount) -> None:
    now = timezone.now()
    columns = account.columns("Playlist", identifier=f"p{account.seed}", name="Morning", arrived_at=now)
    playlist = Playlist.objects.create(**columns)
    PlaylistTrack.objects.create(**account.columns("PlaylistTrack"), playlist=playlist, position=0, title="Spring")
    Recording.objects.create(**account.columns("Recording"), title="Spring", isrc="GBUM71029604", duration_ms=200_000)
    Release.objects.create(**account.columns("Release"), title="The Four Seasons", icpn="00602537518357")


def recording(title: str, isrc: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "@type": "MusicRecording",
        "isrcCode": isrc,
        "title": title,
        "durationMillis": 200_400,
        "musicRelease": {"@type": "MusicRelease", "icpnCode": "00602537518357", "title": "The Four Seasons"},
        "byArtists": [{"@type": "MusicGroup", "name": "Ada"}, {"@type": "MusicGroup", "name": "Grace & Co"}],
        "isExplicit": False,
        **more,
    }


def entry(playlist: str | None, order: Any, track: Any) -> dict[str, Any]:
    return {"@type": "MusicPlaylistItem", "playlistId": playlist, "order": order, "track": track}


def send(exporter: Exporter) -> None:
    """Both models, a playlist that never came, and a track of it."""
    playlist = {"@type": "MusicPlaylist", "id": "p1", "title": "Morning; really", "description": "Up early"}
    exporter.send("music", playlist | {"timeCreated": "2024-06-03T10:00:00Z"})
    exporter.send("music", entry("p1", 1, recording("Summer")))
    exporter.send("music", entry("p1", 0, recording("Spring", "GBUM71029604")))
    exporter.send("music", entry("never", 0, recording("Autumn")))
    exporter.send("music", recording("Spring", "GBUM71029604"))
    exporter.send("music", {"@type": "MusicRelease", "icpnCode": "00602537518357", "title": "The Four Seasons"})
    tracks = [
        {"@type": "MusicRecording", "identifier": "t1", "headline": "Winter", "byArtist": {"name": "Ada"}},
        {"headline": "No id", "musicAlbum": {"headline": "Some album"}, "byArtist": {"headline": "Grace"}},
    ]
    exporter.send("playlists", {"@type": "MusicPlaylist", "identifier": "p2", "headline": "Evening", "track": tracks})
