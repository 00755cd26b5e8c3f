"""Tracks of playlists with what their items do not say, and their playlists' own lists do: of many an item says nothing
but a number, of others no artist."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.db.models.functions import Length

from importers.verticals.music.models import Playlist, PlaylistTrack
from importers.verticals.music.tracks import Track, artist_lines, listed

COMPLETED = ("title", "artists", "album", "duration_ms")  # what a track may lack, and another one of its key may say
LONGEST_LIST = 1024 * 1024  # characters of a playlist's own list, beyond which only exports look through it


def complete(rows: Iterable[Any]) -> None:
    """Gives rows that lack something what their playlists say of them, to be shown, not to be saved: in those columns
    that have been read. Three statements, and none where nothing is lacking."""
    lacking = {row.pk: row for row in rows if not getattr(row, "is_completed", False) and _lacking(row)}
    for row in lacking.values():
        row.is_completed = True
    if not lacking:
        return
    asked = PlaylistTrack.objects.filter(pk__in=lacking).alias(size=Length("playlist__tracks"))
    found = dict(asked.filter(size__range=(1, LONGEST_LIST)).order_by().values_list("pk", "playlist_id"))
    if not found:
        return
    lists = {
        pk: _by_key(column)
        for pk, column in Playlist.objects.filter(pk__in=set(found.values())).values_list("pk", "tracks").iterator(1)
    }
    keys = PlaylistTrack.objects.filter(pk__in=found).values("track_key")
    same = PlaylistTrack.objects.filter(playlist__in=lists, track_key__in=keys)
    order = (F("position").asc(nulls_last=True), "doc_id", "pk")
    before: defaultdict[tuple[int | None, str], int] = defaultdict(int)
    for pk, playlist, key in same.order_by(*order).values_list("pk", "playlist_id", "track_key"):
        theirs = lists[playlist].get(key) if playlist is not None else None
        if pk in found and theirs:
            _fill(lacking[pk], theirs[min(before[playlist, key], len(theirs) - 1)])
        before[playlist, key] += 1


def _by_key(column: str) -> dict[str, list[Track]]:
    by_key: dict[str, list[Track]] = {}
    for key, track in listed(column):
        by_key.setdefault(key, []).append(track)
    return by_key


def _fill(row: PlaylistTrack, track: Track) -> None:
    said = (track.title, artist_lines(track.artists), track.release.title, track.duration)
    for name, value in zip(COMPLETED, said, strict=True):
        if name in _lacking(row):
            setattr(row, name, value)


def _lacking(row: PlaylistTrack) -> list[str]:
    """Returns the columns, of those that have been read, in which a row says nothing."""
    return [name for name in COMPLETED if row.__dict__.get(name, "unread") in ("", None)]
