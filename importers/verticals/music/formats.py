"""Playlists as JSPF (jspf.org), XSPF (xspf.org, version 1) and M3U8 files. None of them holds music: players look for
each track by what is said of it."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from importers.documents.snapshot import Snapshot
from importers.formats.format import FileNames, Format
from importers.formats.xml_text import xml_text
from importers.verticals.music.models import Playlist, PlaylistTrack
from importers.verticals.music.tracks import SaidRelease, Track, merged

ALONE = "Without a playlist"
# How a line of M3U8 begins that is a directive, an address, or a path to anywhere, and no name of a file.
NO_NAME = re.compile(r"[#/\\]|[A-Za-z][A-Za-z0-9+.-]*:")


class PlaylistFacts(NamedTuple):
    """What a file says of its playlist."""

    title: str
    description: str = ""
    made: datetime | None = None


Writer = Callable[[PlaylistFacts, Iterator[Track]], Iterator[bytes]]


def _files(snapshot: Snapshot, suffix: str, write: Writer) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of a file for each playlist, and of one for tracks that are in none."""
    names = FileNames()
    entries = snapshot.of(PlaylistTrack)
    if entries.filter(playlist=None, trashed_at=None).exists():
        yield names.unused(ALONE, suffix), write(PlaylistFacts(ALONE), tracks_of_playlist(snapshot, None))
    order = (snapshot.by_code_points("doc_id"), "pk")
    columns = ("pk", "name", "identifier", "description", "made_at", "edited_at", "trashed_at")
    for pk, name, identifier, description, made, edited, trashed in (
        snapshot.of(Playlist).order_by(*order).values_list(*columns).iterator(chunk_size=200)
    ):
        if trashed is None or entries.filter(playlist=pk, trashed_at=None).exists():
            called = name or identifier
            facts = PlaylistFacts(called, description, edited or made)
            yield names.titled(called, suffix), write(facts, tracks_of_playlist(snapshot, pk))


def tracks_of_playlist(snapshot: Snapshot, playlist: int | None) -> Iterator[Track]:
    own = snapshot.of(Playlist).values_list("tracks", flat=True).get(pk=playlist) if playlist is not None else ""
    columns = ("track_key", "trashed_at", "title", "artists", "album", "isrc", "duration_ms")
    rows = snapshot.of(PlaylistTrack).filter(playlist=playlist)
    order = (F("position").asc(nulls_last=True), snapshot.by_code_points("doc_id"), "pk")
    found = rows.order_by(*order).values_list(*columns).iterator()
    return merged(own, ((key, trashed is None, _track(*said)) for key, trashed, *said in found))


def _track(title: str, artists: str, album: str, isrc: str, duration: int | None) -> Track:
    return Track.model_construct(
        title=title,
        artists=tuple(artists.splitlines()),
        release=SaidRelease.model_construct(title=album),
        isrc=isrc,
        duration=duration,
    )


def _creator(track: Track) -> str:
    return ", ".join(track.artists)


def _isrc(track: Track) -> str:
    """Returns the ISRC as a URI, which identifiers of tracks are in XSPF."""
    return f"urn:isrc:{track.isrc}" if re.fullmatch("[A-Z0-9]{12}", track.isrc) else ""


def _jspf(facts: PlaylistFacts, tracks: Iterator[Track]) -> Iterator[bytes]:
    said: dict[str, Any] = {"title": facts.title, "annotation": facts.description}
    said["date"] = facts.made.isoformat() if facts.made else ""
    head = json.dumps({"playlist": {name: value for name, value in said.items() if value}}, ensure_ascii=False)
    yield head[:-2].encode() + (b", " if any(said.values()) else b"") + b'"track": ['
    comma = ""
    for track in tracks:
        isrc = _isrc(track)
        one: dict[str, Any] = {
            "title": track.title,
            "creator": _creator(track),
            "album": track.release.title,
            "duration": max(track.duration or 0, 0),
            "identifier": [isrc] if isrc else [],
        }
        text = json.dumps({name: value for name, value in one.items() if value}, ensure_ascii=False)
        yield f"{comma}\n{text}".encode()
        comma = ","
    yield b"\n]}}\n"


def _xspf(facts: PlaylistFacts, tracks: Iterator[Track]) -> Iterator[bytes]:
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<playlist version="1" xmlns="http://xspf.org/ns/0/">\n'
        + _elements(title=facts.title, annotation=facts.description)
        + _elements(date=facts.made.isoformat() if facts.made else "")
        + "<trackList>\n"
    ).encode()
    for track in tracks:
        duration = str(track.duration) if track.duration and track.duration > 0 else ""
        said = _elements(identifier=_isrc(track), title=track.title, creator=_creator(track))
        yield f"<track>{said}{_elements(album=track.release.title, duration=duration)}</track>\n".encode()
    yield b"</trackList>\n</playlist>\n"


def _elements(**texts: str) -> str:
    """Returns an element for each text that says something."""
    return "".join(f"<{name}>{xml_text(text)}</{name}>" for name, text in texts.items() if text)


def _m3u8(facts: PlaylistFacts, tracks: Iterator[Track]) -> Iterator[bytes]:
    yield f"#EXTM3U\n#PLAYLIST:{_line(facts.title)}\n".encode()
    for track in tracks:
        shown = " - ".join(_line(text) for text in (_creator(track), track.title) if text) or "-"
        seconds = -1 if track.duration is None or track.duration < 0 else round(track.duration / 1000)
        album = f"#EXTALB:{_line(track.release.title)}\n" if track.release.title else ""
        place = f"./{shown}" if NO_NAME.match(shown) else shown  # where a player would look for the file
        yield f"#EXTINF:{seconds},{shown}\n{album}{place}\n".encode()


def _line(text: str) -> str:
    return " ".join(text.split())


def jspf(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of every playlist as JSPF."""
    return _files(snapshot, ".jspf", _jspf)


def xspf(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of every playlist as XSPF."""
    return _files(snapshot, ".xspf", _xspf)


def m3u8(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of every playlist as M3U8."""
    return _files(snapshot, ".m3u8", _m3u8)


JSPF = Format(
    "jspf", "application/jspf+json", "Playlists/JSPF", jspf, "JSPF", _("For music services; a file per playlist.")
)
XSPF = Format(
    "xspf", "application/xspf+xml", "Playlists/XSPF", xspf, "XSPF", _("For music players; a file per playlist.")
)
M3U8 = Format(
    "m3u8",
    "application/vnd.apple.mpegurl",
    "Playlists/M3U8",
    m3u8,
    "M3U8",
    _("For older players, which look for files of these names; a file per playlist."),
)
