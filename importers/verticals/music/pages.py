"""How music is shown."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import pgettext

from importers.pages.kinds import RecordPages, register
from importers.pages.shown import Shown
from importers.verticals.music.completing import complete
from importers.verticals.music.models import PlaylistTrack, Recording, Release


@register(Release)
class ReleasePages(RecordPages):
    """What is said of music says whose it is."""

    row_columns: ClassVar[tuple[str, ...]] = ("artists",)


@register(Recording)
class TrackPages(ReleasePages):
    """A track has a length."""

    words: ClassVar = {"duration_ms": "", "track_key": "", "position": ""}
    row_columns: ClassVar = ("artists", "album")

    def facts(self, record: Any) -> list[Shown]:
        found = super().facts(record)
        if record.duration_ms is not None:
            minutes, seconds = divmod(round(record.duration_ms / 1000), 60)
            found.append(Shown(pgettext("of a piece of music", "Length"), f"{minutes}:{seconds:02}"))
        return found


@register(PlaylistTrack)
class PlaylistTrackPages(TrackPages):
    """A track of a playlist, which may say what its item does not."""

    def complete(self, records: list[Any]) -> None:
        complete(records)

    def title(self, record: Any) -> str:
        if not record.title:
            complete([record])
        return super().title(record)

    def facts(self, record: Any) -> list[Shown]:
        complete([record])
        return super().facts(record)

    def may_be_deleted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("playlist").defer("playlist__payload", "playlist__tracks")
