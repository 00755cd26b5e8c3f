"""How albums, photos and videos are shown: grids by month and by album, and a page to look at one."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, ClassVar, cast

from django.db.models import F, Max, Min
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.dates import day_words
from accounts.models import User
from accounts.numbers import thousands
from importers.models import Container, Content
from importers.models.picture import Picture, ThumbnailSize
from importers.pages.keyset import neighbours, orders_of, place_of
from importers.pages.kinds import RecordPages, pages_of, register
from importers.pages.lists import listed, within
from importers.pages.shown import Shown
from importers.thumbnails.addresses import thumbnail_address
from importers.verticals.media.models import Album, AlbumPhoto, AlbumVideo, MediaItem, Photo, Video

MOST_ALBUMS = 50  # of one photo that its page names
IN_ALBUM = 24  # photos, and videos, that the page of an album shows


@dataclass(frozen=True)
class Tile:
    """A photo or a video in a grid. `thumbnail`: the address of a small picture of it; empty where there is none, and a
    symbol stands for it."""

    doc_id: str
    title: str
    address: str
    thumbnail: str
    is_video: bool
    is_favorite: bool


class MediaPages(RecordPages):
    """A photo or a video, with its description, its albums, and the one before and after it."""

    words: ClassVar = {
        "uploaded_at": _("Date"),
        "album_identifier": "",
        "path": _("Folder"),
        "favorite": _("Favourite"),
        "favorite_changed_at": "",
    }
    loaded: ClassVar = ("uploaded_at", "favorite")
    joined: ClassVar = ("content__picture",)
    within: ClassVar = "entries__album"
    list_template: ClassVar = "media/grid.html"
    record_template: ClassVar = "media/viewer.html"

    def tile(self, record: Any, size: ThumbnailSize = ThumbnailSize.MEDIUM, container: Container | None = None) -> Tile:
        """Returns that of a record. `container`: the album that it leads through."""
        return Tile(
            record.doc_id,
            self.title(record),
            self._address_in(record, container),
            thumbnail_address(record, size),
            is_video=isinstance(record, Video),
            is_favorite=bool(record.favorite),
        )

    def list_context(self, records: list[Any], container: Container | None = None) -> dict[str, Any]:
        by_month = groupby(records, _month)
        return {"months": [(month, [self.tile(one, container=container) for one in some]) for month, some in by_month]}

    def references(self, record: Any) -> list[Shown]:
        albums = pages_of(Album)
        among = record.albums.filter(trashed_at=None).defer("payload").order_by("pk")[:MOST_ALBUMS]
        return [
            *_of_file(record),
            *(Shown(gettext("Album"), albums.title(album), "text", albums.address(album)) for album in among),
        ]

    def record_context(self, record: Any, container: Container | None = None) -> dict[str, Any]:
        """Within an album, with the one before and after it there."""
        album, (before, after) = self._beside(record, container)
        albums = pages_of(Album)
        return {
            "tile": self.tile(record, ThumbnailSize.LARGE),
            "previous": before and self._address_in(before, album),
            "next": after and self._address_in(after, album),
            "video": content_address(record, record.content) if isinstance(record, Video) else "",
            "album": album and Shown(albums.several, albums.title(album), "text", albums.address(album)),
            "albums": albums.list_address,
        }

    def _beside(self, record: Any, album: Container | None) -> tuple[Container | None, tuple[Any, Any]]:
        """The photos before and after one, and the album in which they are that; None where it is in no such one. Of
        what is in the bin, those that it would stand between."""
        rows = listed(self, User(pk=record.owner_id))
        if album is not None:
            inside, orders = within(self, rows, album)
            if (place := place_of(inside, orders[0], record)) is not None:
                return album, neighbours(inside, orders[0], place)
        order = orders_of(self.kind)[0]
        place = place_of(self.kind.model._default_manager.all(), order, record)
        return None, neighbours(rows, order, place) if place else (None, None)

    def _address_in(self, record: Any, album: Container | None) -> str:
        return f"{self.address(record)}?in={album.doc_id}" if album else self.address(record)


def _of_file(record: Any) -> list[Shown]:
    """What its file says: when and where it was taken, and how large it is shown."""
    picture: Picture | None = getattr(record.content, "picture", None)
    if picture is None:
        return []
    found = []
    if (taken := picture.taken_by_the_clock) is not None:
        found.append(Shown(pgettext("of a photo", "Taken"), f"{day_words(taken)}, {taken:%H:%M}"))
    if picture.latitude is not None and picture.longitude is not None:
        north = gettext("%(degrees)s° N") if picture.latitude >= 0 else gettext("%(degrees)s° S")
        east = gettext("%(degrees)s° E") if picture.longitude >= 0 else gettext("%(degrees)s° W")
        where = f"{north % _degrees(picture.latitude)}, {east % _degrees(picture.longitude)}"
        found.append(Shown(pgettext("of a photo", "Place"), where))
    if picture.width and picture.height:
        found.append(Shown(gettext("Pixels"), f"{thousands(picture.width)} × {thousands(picture.height)}"))
    return found


def _degrees(number: float) -> dict[str, str]:
    return {"degrees": number_format(f"{abs(number):.5f}")}


def content_address(record: Any, content: Content) -> str:
    """Where a file is played from."""
    return f"/content/{content.sha256}?doc={record.doc_id}&as=video"


def _month(record: MediaItem) -> datetime:
    """The month that a grid has it in, in the person's zone."""
    at = timezone.localtime(pages_of(type(record)).at(record))
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@register(Photo)
class PhotoPages(MediaPages):
    """A photo."""


@register(Video)
class VideoPages(MediaPages):
    """A video, which plays on its page."""


@register(Album)
class AlbumPages(RecordPages):
    """An album, with the first of what is in it; in a list, with the first photo, where that is in the
    bin with the last one, or else with a video."""

    list_template: ClassVar = "media/albums.html"
    record_template: ClassVar = "media/album.html"

    def complete(self, records: list[Any]) -> None:
        covers: dict[int, Any] = {}
        for model, entries in ((Photo, AlbumPhoto), (Video, AlbumVideo)):
            bare = [record.pk for record in records if record.pk not in covers]
            # Of each album by all of its entries: the first of one by the order of keys may stand behind all others'.
            grouped = entries._default_manager.filter(album__in=bare).order_by().values_list("album")
            ends = list(grouped.annotate(first=Min("pk"), last=Max("pk"))) if bare else []
            asked = [key for _, *both in ends for key in both]
            rows = model._default_manager.filter(entries__in=asked, trashed_at=None).select_related("content")
            shown = rows.annotate(entry=F("entries__pk")).only(*pages_of(model).row_fields) if asked else ()
            items = {item.entry: item for item in shown}
            for album, first, last in ends:
                if (item := items.get(first) or items.get(last)) is not None:
                    covers[album] = item
        for record in records:
            item = covers.get(record.pk)
            record.cover = cast(MediaPages, pages_of(type(item))).tile(item) if item is not None else None

    def record_context(self, record: Any, container: Container | None = None) -> dict[str, Any]:
        grids = (AlbumGrid(pages, record) for pages in map(pages_of, (Photo, Video)))
        return {"grids": [grid for grid in grids if grid.tiles]}


class AlbumGrid:
    """The first photos of an album, or videos, and the address of all of them; empty where these are all."""

    def __init__(self, pages: RecordPages, album: Album) -> None:
        own = cast(MediaPages, pages)
        rows = listed(own, album.owner).filter(entries__album=album).order_by("entries__pk")[: IN_ALBUM + 1]
        tiles = [own.tile(record, container=album) for record in rows]
        self.words, self.all_words, self.tiles = own.several, own.kind.all_words, tiles[:IN_ALBUM]
        self.all = f"{own.list_address}?in={album.doc_id}" if len(tiles) > IN_ALBUM else ""
