"""What the operator sees of what came in: one file per noun, each of which registers its own."""

from importers.admin import (
    calendars,
    content,
    files,
    media,
    posts,
    rejections,
    revisions,
    sources,
    transfers,
    unknown,
)

__all__ = [
    "calendars",
    "content",
    "files",
    "media",
    "posts",
    "rejections",
    "revisions",
    "sources",
    "transfers",
    "unknown",
]
