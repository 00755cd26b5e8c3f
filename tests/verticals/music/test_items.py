"""Playlists, tracks, recordings and releases come in over the wire, in both models."""

from datetime import UTC, datetime
from typing import Any

import pytest

from importers.models import Revision
from importers.verticals.music.models import Playlist, PlaylistTrack, Recording, Release
from importers.verticals.music.tracks import listed
from tests.support.exporter import Exporter, envelope, status
from tests.verticals.music.samples import entry, recording

RECURRING = "4b7f0a52-9a3c-4a85-a3a9-1f0f3c2b7f10"
NEWER = {"@type": "MusicPlaylist", "id": "p1", "title": "Morning", "description": "Up early", "timeUpdated": None}
OLDER = {
    "@type": "MusicPlaylist",
    "identifier": "p1",
    "headline": "Morning",
    "track": [
        {"identifier": "t1", "headline": "Spring", "isrcCode": "GB-UM7-10-29604", "byArtist": {"name": "Ada"}},
        {"headline": "Summer", "musicAlbum": {"headline": "Seasons"}, "byArtist": "Grace"},
        {"identifier": "t1", "headline": "Spring", "isrcCode": "GBUM71029604"},
    ],
}


def sent(exporter: Exporter, item: dict[str, Any], path: str = "music") -> str:
    return status(exporter.send(path, item))


def order() -> list[tuple[int | None, str]]:
    return list(PlaylistTrack.objects.order_by("position", "pk").values_list("position", "title"))


@pytest.mark.services
@pytest.mark.parametrize("turned", [False, True])
def test_the_two_models_of_a_playlist_meet_in_one_record(exporter: Exporter, turned: bool) -> None:
    both: list[tuple[str, dict[str, Any]]] = [("music", NEWER), ("playlists", OLDER)]
    first, second = both[::-1] if turned else both
    assert [sent(exporter, first[1], first[0]), sent(exporter, second[1], second[0])] == ["created", "updated"]
    playlist = Playlist.objects.get()
    assert (playlist.identifier, playlist.name, playlist.description) == ("p1", "Morning", "Up early")
    assert [track.title for _, track in listed(playlist.tracks)] == ["Spring", "Summer", "Spring"]
    for path, item in (*both, *both):  # neither takes anything away, however often they come
        assert sent(exporter, envelope(item), path) == "unchanged"
    assert Revision.objects.count() == 1


@pytest.mark.services
def test_a_playlist_that_says_something_else_is_updated(exporter: Exporter) -> None:
    renamed = NEWER | {"title": "Evening", "description": ""}
    assert [sent(exporter, item) for item in (NEWER, renamed, renamed)] == ["created", "updated", "unchanged"]
    assert Playlist.objects.get().name == "Evening"
    assert sent(exporter, NEWER) == "updated"
    assert Playlist.objects.get().name == "Morning"


def test_what_an_older_playlist_lists_is_read_as_it_is_said(exporter: Exporter) -> None:
    sent(exporter, OLDER, "playlists")
    (spring_key, spring), (_, summer), (again_key, _) = listed(Playlist.objects.get().tracks)
    assert (spring.identifier, spring.isrc, spring.artists) == ("t1", "GBUM71029604", ("Ada",))
    assert (summer.release.title, summer.artists, summer.isrc) == ("Seasons", ("Grace",), "")
    assert spring_key == again_key


@pytest.mark.services
def test_a_track_is_kept_at_its_place(exporter: Exporter) -> None:
    assert sent(exporter, entry("p1", 3, recording("Spring", "GBUM71029604"))) == "created"
    track = PlaylistTrack.objects.get()
    assert (track.playlist.identifier, track.position, track.title) == ("p1", 3, "Spring")
    assert (track.by, track.album, track.isrc) == ("Ada, Grace & Co", "The Four Seasons", "GBUM71029604")
    assert track.duration_ms == 200_400
    assert track.playlist.is_placeholder
    assert sent(exporter, NEWER) == "created"
    assert not Playlist.objects.get().is_placeholder


def test_the_same_track_twice_in_a_playlist_is_two_entries(exporter: Exporter) -> None:
    for place in (0, 1):
        assert sent(exporter, entry("p1", place, recording("Spring"))) == "created"
        assert sent(exporter, entry("p1", place, recording("Spring"))) == "unchanged"
    assert sent(exporter, entry("p2", 0, recording("Spring"))) == "created"
    assert PlaylistTrack.objects.count() == 3


@pytest.mark.services
def test_tracks_at_one_place_are_all_kept(exporter: Exporter) -> None:
    for title in ("Spring", "Summer"):
        assert sent(exporter, entry("p1", 0, recording(title))) == "created"
        assert sent(exporter, entry("p1", None, recording(title))) == "created"
    assert PlaylistTrack.objects.count() == 4


@pytest.mark.services
def test_in_a_later_job_a_track_at_another_place_has_moved(exporter: Exporter) -> None:
    for place, title in enumerate(("Spring", "Summer", "Spring")):
        sent(exporter, entry("p1", place, recording(title)))
    exporter.new_job()
    now = ("New", "Summer", "Spring", "Spring")
    answers = [sent(exporter, entry("p1", place, recording(title))) for place, title in enumerate(now)]
    assert answers == ["created", "unchanged", "unchanged", "updated"]
    assert order() == list(enumerate(now))
    assert [sent(exporter, entry("p1", place, recording(title))) for place, title in enumerate(now)] == [
        "unchanged"
    ] * 4


@pytest.mark.services
def test_a_track_that_was_deleted_and_has_moved_stays_deleted_for_the_same_recurring_job(exporter: Exporter) -> None:
    exporter.new_job(RECURRING)
    sent(exporter, entry("p1", 0, recording("Spring")))
    PlaylistTrack.objects.update(trashed_at=datetime(2024, 1, 1, tzinfo=UTC))
    exporter.new_job(RECURRING)
    assert sent(exporter, entry("p1", 1, recording("Spring"))) == "unchanged"
    assert PlaylistTrack.objects.get().trashed_at is not None


def test_recordings_are_known_by_their_isrc(exporter: Exporter) -> None:
    assert sent(exporter, recording("Spring", "GBUM71029604")) == "created"
    assert sent(exporter, recording("Spring", "gb-um7-10-29604") | {"title": "Spring (live)"}) == "updated"
    found = Recording.objects.get()
    assert (found.title, found.isrc, found.icpn, found.explicit) == (
        "Spring (live)",
        "GBUM71029604",
        "00602537518357",
        False,
    )


def test_a_recording_without_an_id_is_identified_by_what_it_says(exporter: Exporter) -> None:
    assert [sent(exporter, recording("Spring")) for _ in range(2)] == ["created", "unchanged"]
    assert sent(exporter, recording("Spring", byArtists=[{"name": "Somebody else"}])) == "created"
    assert sent(exporter, recording("Spring", identifier="r1")) == "created"
    assert sent(exporter, recording("Summer", identifier="r1")) == "updated"
    assert Recording.objects.count() == 3


def test_releases_are_known_by_their_icpn(exporter: Exporter) -> None:
    release = {"@type": "MusicRelease", "icpnCode": "0060 2537518357", "title": "Seasons", "byArtists": [{"name": "A"}]}
    assert [sent(exporter, release), sent(exporter, release | {"title": "The Seasons"})] == ["created", "updated"]
    assert sent(exporter, {"@type": "MusicAlbum", "headline": "Another"}) == "created"
    assert [(one.title, one.icpn) for one in Release.objects.order_by("pk")] == [
        ("The Seasons", "00602537518357"),
        ("Another", ""),
    ]


@pytest.mark.parametrize(
    "item",
    [
        {"@type": "MusicPlaylistItem"},
        entry("p1", None, None),
        entry(None, "2", "only a name"),
        entry("p1", "first", {"title": ["x"], "byArtists": {"name": None}, "durationMillis": "long"}),
        entry("p1", 10**400, {"title": "as large as no number", "durationMillis": -(10**400)}),
        entry("p1", 10**30, {"title": 5, "byArtists": [None, 7, {"x": 1}], "musicRelease": "An album"}),
        {"@type": "MusicRecording", "isrcCode": None, "musicRelease": [], "byArtists": "One", "durationMillis": 1.5},
        {"@type": "MusicRecording", "title": "\x00\ud800", "byArtists": ["\ud800"]},
        {"@type": "MusicRelease"},
        {"@type": "MusicPlaylist", "id": "p9", "track": {"itemListElement": [{"item": {"headline": "a"}}, 5, None]}},
        {"@type": "MusicPlaylist", "id": "p9", "track": "nothing", "timeCreated": "some day"},
    ],
)
def test_what_is_nonsense_stays_in_the_item(exporter: Exporter, item: dict[str, Any]) -> None:
    assert [sent(exporter, item), sent(exporter, item)] == ["created", "unchanged"]


@pytest.mark.parametrize("identifier", [None, ""])
def test_a_playlist_without_an_id_is_kept_whole(exporter: Exporter, identifier: str | None) -> None:
    for path, item in (("music", NEWER | {"id": identifier}), ("playlists", OLDER | {"identifier": identifier})):
        assert sent(exporter, item, path) == "kept"
    assert not Playlist.objects.exists()


def test_both_paths_take_both_models(exporter: Exporter) -> None:
    for path, item in (("music", OLDER), ("playlists", NEWER | {"id": "p3"}), ("playlists", entry("p3", 0, "Spring"))):
        assert sent(exporter, item, path) == "created"
    assert (Playlist.objects.count(), PlaylistTrack.objects.count()) == (2, 1)


@pytest.mark.parametrize("length", [10**400, -(10**400), 10**4_000, 2**63, 10**16])
def test_a_length_that_no_column_holds_leaves_it_empty(exporter: Exporter, length: int) -> None:
    item = {"@type": "MusicRecording", "isrcCode": "GBUM71029604", "title": "Spring", "durationMillis": length}
    assert exporter.send("music", item).status_code == 201
    recording = Recording.objects.get()
    assert recording.duration_ms is None
    assert str(length) in recording.payload
