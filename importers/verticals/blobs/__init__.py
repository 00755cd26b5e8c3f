"""BLOBS: folders and files."""

from importers.verticals.blobs.items import ITEMS
from importers.verticals.blobs.leaving import COUNTED, DOCTYPES, documents, files
from importers.verticals.blobs.returning import RETURNING, foreign

__all__ = ["COUNTED", "DOCTYPES", "ITEMS", "RETURNING", "documents", "files", "foreign"]
