"""Photos, videos and albums in the site of an archive: grids by month, and pages of each album."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, ClassVar, NamedTuple

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.numbers import thousands
from importers.digests import digest_id
from importers.documents.snapshot import Snapshot
from importers.site.listing import (
    ROWS_TOGETHER,
    PagedList,
    SiteEntry,
    SiteList,
    SitePage,
    as_found,
    by_name,
    cut,
    newest_first,
    up_link,
)
from importers.site.site import Site, is_opened, is_picture, suffix_of_path
from importers.site.texts import called, escape, given, paragraph, plain
from importers.verticals.media.models import AlbumPhoto, AlbumVideo
from importers.verticals.media.to_documents import ALBUMS, PHOTO_RECORDS, VIDEO_RECORDS

SHOWN = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp")  # by browsers
PICTURE_SHAPE = "M4 5h16v14H4zM4 16l4.5-4.5 3.5 3.5 3-3 5 5"
VIDEO_SHAPE = "M4 6h11v12H4zM15 10.5l5-3v9l-5-3"


class SiteMedia(NamedTuple):
    """A photo or a video. `sorted_at`: by what lists sort it, also on the server: when it was taken, where that is
    known."""

    doc_id: str
    name: str
    mime: str
    favorite: bool | None
    sha256: str
    description: str
    sorted_at: datetime
    is_video: bool


OWN = ("doc_id", "name", "mime", "favorite", "content__sha256")


class MediaGallery(SiteList):
    """Photos and videos, the newest first."""

    name = "photos"
    title = _("Photos and videos")
    kinds = (PHOTO_RECORDS, VIDEO_RECORDS)
    most = 60
    opening: ClassVar[str] = '<ul class="grid">'

    def rows(self, snapshot: Snapshot) -> Iterable[SiteMedia]:
        kinds = (kind for kind in self.kinds if snapshot.has(kind.model))
        return merge(*(_newest(snapshot, kind) for kind in kinds), key=attrgetter("sorted_at"), reverse=True)

    def group(self, site: Site, row: SiteMedia) -> str:
        return site.clock.month(row.sorted_at)

    def entry(self, site: Site, row: SiteMedia, beside: Any) -> SiteEntry:
        name, description = called(row.name), row.description.strip()
        day = site.clock.day(row.sorted_at)
        says = paragraph(description) or f'<p class="name">{given(name)}</p>'
        tile = _tile(site.file(row.doc_id, row.sha256), row, name)
        html = f'<figure>{tile}<figcaption>{says}<p class="quiet">{day}</p></figcaption></figure>'
        return SiteEntry(html, as_found(name, description, day))


def _newest(snapshot: Snapshot, kind: Any) -> Iterator[SiteMedia]:
    rows = newest_first(snapshot, kind).values_list(*OWN, cut("description"), "sorted_at")
    return (SiteMedia._make((*row, kind is VIDEO_RECORDS)) for row in rows.iterator(chunk_size=ROWS_TOGETHER))


def _tile(href: str, row: SiteMedia, name: str) -> str:
    """A square that leads to the file: the picture, or a symbol where browsers show none."""
    marks = f'<span class="mark">{escape(gettext("Video"))}</span>' if row.is_video else ""
    if row.favorite:
        marks += f'<span class="mark">{escape(gettext("Favourite"))}</span>'
    if href and not row.is_video and (is_picture(href) or (row.mime in SHOWN and not suffix_of_path(href))):
        alt = plain(row.description.strip() or name)
        shown = f'<img src="{href}" alt="{alt}" loading="lazy" decoding="async">'
        return f'<a class="tile" href="{href}">{shown}{marks}</a>'
    inside = f'{_symbol(VIDEO_SHAPE if row.is_video else PICTURE_SHAPE)}<span class="name">{given(name)}</span>{marks}'
    if not href:
        return f'<span class="tile" data-empty>{inside}</span>'
    leads = href if is_opened(href) else f"{href.rpartition('/')[0]}/"
    return f'<a class="tile" data-empty href="{leads}">{inside}</a>'


def _symbol(shape: str) -> str:
    return f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{shape}"/></svg>'


class AlbumItems(MediaGallery):
    """What is in one album; the gallery has it as well."""

    is_searched = False

    def group(self, site: Site, row: SiteMedia) -> str:
        return ""


class AlbumShelf(SiteList):
    """Albums by name, each with pages of what is in it."""

    name = "albums"
    title = _("Albums")
    kinds = (ALBUMS,)
    opening = '<ul class="grid albums">'

    def rows(self, snapshot: Snapshot) -> QuerySet[Any]:
        first = snapshot.of(AlbumPhoto, album=OuterRef("pk"), item__trashed_at=None).order_by("item__doc_id")
        numbers = {"photos_in": _number(snapshot, AlbumPhoto), "videos_in": _number(snapshot, AlbumVideo)}
        covers = {
            "cover": Subquery(first.values("item__doc_id")[:1]),
            "cover_sha256": Subquery(first.values("item__content__sha256")[:1]),
        }
        columns = ("doc_id", "name", "identifier", *numbers, *covers)
        rows = by_name(snapshot, ALBUMS).annotate(**numbers, **covers, says=cut("description"))
        return rows.values_list(*columns, "says", named=True)

    def entry(self, site: Site, row: Any, beside: Any) -> SiteEntry:
        name = called(row.name, row.identifier)
        photos = ngettext("%(count)s photo", "%(count)s photos", row.photos_in) % {"count": thousands(row.photos_in)}
        videos = ngettext("%(count)s video", "%(count)s videos", row.videos_in) % {"count": thousands(row.videos_in)}
        number = ", ".join(words for words, count in ((photos, row.photos_in), (videos, row.videos_in)) if count)
        cover = site.file(row.cover, row.cover_sha256) if row.cover else ""
        if is_picture(cover):
            tile = f'<span class="tile"><img src="{cover}" alt="" loading="lazy" decoding="async"></span>'
        else:
            tile = f'<span class="tile" data-empty>{_symbol(PICTURE_SHAPE)}</span>'
        inside = f'{tile}<strong class="name">{given(name)}</strong>'
        if number:
            inside = f'<a class="album" href="{_stem(row.doc_id)}.html">{inside}</a>'
        else:
            number = gettext("There is nothing in it.")
        html = f'{inside}<p class="quiet small">{escape(number)}</p>{paragraph(row.says)}'
        return SiteEntry(html, as_found(name, row.says, ""))

    def pages(self, site: Site, count: int) -> Iterator[SitePage]:
        yield from super().pages(site, count)
        items, back = AlbumItems(), up_link(str(self.title))
        both = (_in_albums(site.snapshot, *one) for one in ((AlbumPhoto, False), (AlbumVideo, True)))
        for (doc_id, _pk, name), rows in groupby(merge(*both, key=itemgetter(0, 1)), key=itemgetter(0, 1, 2)):
            listing = PagedList(site, self.name, name, items, 0, stem=_stem(doc_id), above=back)
            yield from listing.pages(row[3] for row in rows)


def _number(snapshot: Snapshot, entry: type[AlbumPhoto] | type[AlbumVideo]) -> Coalesce:
    """How many photos, or videos, an album has."""
    rows = snapshot.of(entry, album=OuterRef("pk"), item__trashed_at=None).order_by().values("album")
    return Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number")), 0)


def _stem(doc_id: str) -> str:
    """What the pages of an album are called."""
    return digest_id(doc_id)[:16]


def _in_albums(
    snapshot: Snapshot, entry: type[AlbumPhoto] | type[AlbumVideo], is_video: bool
) -> Iterator[tuple[str, int, str, SiteMedia]]:
    """Yields what is in albums, an album after the other: its id, its key, what it is called, and a photo or video."""
    rows = snapshot.of(entry, album__owner_id=snapshot.owner.pk, album__trashed_at=None, item__trashed_at=None)
    rows = rows.exclude(album__arrived_at=None)
    rows = rows.annotate(
        sorted_at=Coalesce("item__uploaded_at", "item__taken_at", "item__received_at"), says=F("item__description")
    )
    in_album = ("-sorted_at", snapshot.from_the_end("item__doc_id"))
    rows = rows.order_by(snapshot.by_code_points("album__doc_id"), "album_id", *in_album)
    own = (f"item__{name}" for name in OWN)
    columns = ("album__doc_id", "album_id", "album__name", "album__identifier", *own, cut("says"), "sorted_at")
    for doc_id, pk, name, identifier, *row in rows.values_list(*columns).iterator(chunk_size=ROWS_TOGETHER):
        yield doc_id, pk, called(name, identifier), SiteMedia._make((*row, is_video))


SITE = (MediaGallery(), AlbumShelf())
