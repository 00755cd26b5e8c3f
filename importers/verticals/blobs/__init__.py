"""BLOBS: folders and files."""

from importers.verticals.blobs import returning, versions
from importers.verticals.blobs.items import ITEMS
from importers.verticals.blobs.leaving import COUNTED, DOCTYPES, documents, files
from importers.verticals.blobs.versions import foreign

RETURNING = returning.RETURNING | versions.RETURNING

__all__ = ["COUNTED", "DOCTYPES", "ITEMS", "RETURNING", "documents", "files", "foreign"]
