"""Thumbnails, drawn by a child that lives while there is something to draw."""

from accounts.sizes import MIB
from config.settings.place import env

WHARF_THUMBNAILS = env.bool("WHARF_THUMBNAILS", default=True)
WHARF_THUMBNAIL_PROGRAM = "importers.drawing"  # the module that the child runs
WHARF_THUMBNAIL_MEMORY = 512 * MIB  # of the child's addresses
WHARF_THUMBNAIL_SECONDS = 20  # of work at one picture
WHARF_THUMBNAIL_PIXELS = 100_000_000  # of one picture; a larger one is not decoded
WHARF_THUMBNAIL_BEGINNING = 48 * MIB  # of a file that lies elsewhere, and is larger than this...
WHARF_THUMBNAIL_END = 16 * MIB  # ...and this: then only these two are fetched
