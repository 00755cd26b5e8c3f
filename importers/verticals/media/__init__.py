"""MEDIA, PHOTOS and VIDEOS: albums, photos and videos."""

from importers.verticals.media.items import ITEMS
from importers.verticals.media.leaving import ALBUMS, COUNTED, DOCTYPES, PHOTOS, documents, files
from importers.verticals.media.returning import RETURNING, foreign

__all__ = ["ALBUMS", "COUNTED", "DOCTYPES", "ITEMS", "PHOTOS", "RETURNING", "documents", "files", "foreign"]
