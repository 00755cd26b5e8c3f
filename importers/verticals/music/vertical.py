"""MUSIC and PLAYLISTS: playlists with their tracks, recordings and releases."""

from django.utils.translation import gettext_lazy as _

from importers.vertical import Vertical
from importers.verticals.music.documents import PLAYLISTS, RECORDINGS, RELEASES, TRACKS
from importers.verticals.music.formats import JSPF, M3U8, XSPF
from importers.verticals.music.items import PlaylistItem, PlaylistTrackItem, RecordingItem, ReleaseItem
from importers.verticals.music.site import SITE


class MusicVertical(Vertical):
    """Playlists, the tracks in them, recordings and releases."""

    title = _("Music and playlists")
    items = (PlaylistItem, PlaylistTrackItem, RecordingItem, ReleaseItem)
    kinds = (PLAYLISTS, TRACKS, RECORDINGS, RELEASES)
    formats = (JSPF, XSPF, M3U8)
    site = SITE


VERTICAL = MusicVertical()
