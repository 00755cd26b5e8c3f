"""Music in the site of an archive: playlists with their tracks, recordings and releases."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from importers.digests import digest_id
from importers.documents.snapshot import Snapshot
from importers.site.listing import (
    PagedList,
    SiteEntry,
    SiteList,
    SitePage,
    as_found,
    by_name,
    cut,
    in_batches,
    initial,
    up_link,
)
from importers.site.site import Site
from importers.site.texts import called, given, paragraph
from importers.verticals.music.documents import PLAYLISTS, RECORDINGS, RELEASES, TRACKS
from importers.verticals.music.formats import tracks_of_playlist
from importers.verticals.music.models import PlaylistTrack
from importers.verticals.music.tracks import Track


class PlaylistShelf(SiteList):
    """Playlists by name, each with pages of its tracks."""

    name = "playlists"
    title = _("Playlists")
    kinds = (PLAYLISTS,)

    def rows(self, snapshot: Snapshot) -> QuerySet[Any]:
        columns = ("pk", "doc_id", "name", "identifier")
        return by_name(snapshot, PLAYLISTS).annotate(says=cut("description")).values_list(*columns, "says")

    def entry(self, site: Site, row: Any, beside: Any) -> SiteEntry:
        _pk, doc_id, name, identifier, says = row
        title = called(name, identifier)
        html = f'<h3><a href="{_stem(doc_id)}.html">{given(title)}</a></h3>{paragraph(says)}'
        return SiteEntry(html, as_found(title, says, ""))

    def pages(self, site: Site, count: int) -> Iterator[SitePage]:
        yield from super().pages(site, count)
        tracks, back = PlaylistTracks(), up_link(str(self.title))
        for batch in in_batches(self.rows(site.snapshot)):
            for pk, doc_id, name, identifier, _says in batch:
                listing = PagedList(
                    site, self.name, called(name, identifier), tracks, 0, stem=_stem(doc_id), above=back
                )
                yield from listing.pages(tracks_of_playlist(site.snapshot, pk))


def _stem(doc_id: str) -> str:
    """What the pages of a playlist are called."""
    return digest_id(doc_id)[:16]


class PlaylistTracks(SiteList):
    """The tracks of one playlist, in their order."""

    name = "playlists"
    title = _("Tracks of playlists")
    kinds = (TRACKS,)
    most = 300

    def entry(self, site: Site, row: Track, beside: Any) -> SiteEntry:
        return _piece(called(row.title), ", ".join(row.artists), row.release.title, row.duration)


class PieceList(SiteList):
    """Pieces of music by name."""

    most = 300
    columns: ClassVar[tuple[str, ...]] = ("title", "artists", "album", "duration_ms")

    def rows(self, snapshot: Snapshot) -> Iterable[Any]:
        return by_name(snapshot, self.kinds[0]).values_list(*self.columns)

    def group(self, site: Site, row: Any) -> str:
        return initial(row[0])

    def entry(self, site: Site, row: Any, beside: Any) -> SiteEntry:
        title, artists, *more = row
        album, duration = more or ("", None)
        return _piece(called(title), ", ".join(artists.splitlines()), album, duration)


class RecordingList(PieceList):
    name = "recordings"
    title = _("Recordings")
    kinds = (RECORDINGS,)


class ReleaseList(PieceList):
    name = "releases"
    title = _("Releases")
    kinds = (RELEASES,)
    columns = ("title", "artists")


class LooseTracks(PieceList):
    """Tracks of playlists of which nothing is known."""

    name = "tracks"
    title = _("Tracks without a playlist")
    kinds = (TRACKS,)

    def count(self, snapshot: Snapshot) -> int:
        if not snapshot.has(PlaylistTrack):
            return 0
        return snapshot.of(PlaylistTrack).filter(trashed_at=None, playlist=None).count()

    def rows(self, snapshot: Snapshot) -> Iterable[Any]:
        return by_name(snapshot, TRACKS).filter(playlist=None).values_list(*self.columns)


def _piece(title: str, by: str, album: str, duration: int | None) -> SiteEntry:
    length = ""
    if duration is not None and duration >= 0:
        minutes, seconds = divmod(round(duration / 1000), 60)
        length = f'<span class="size quiet">{minutes}:{seconds:02}</span>'
    beside = " · ".join(given(one) for one in (by, album) if one)
    said = f'<strong>{given(title)}</strong> <span class="quiet">{beside}</span>'
    html = f'<p class="by"><span class="name">{said}</span>{length}</p>'
    return SiteEntry(html, as_found(title, f"{by} {album}", ""))


SITE = (PlaylistShelf(), LooseTracks(), RecordingList(), ReleaseList())
