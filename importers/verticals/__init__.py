"""The verticals: which items each path below /import takes.

A vertical is one room: adding one means a module here, its models, and its line in this dictionary.
"""

from importers.verticals import blobs, calendar, media, social_posts
from importers.verticals.item import Item

VERTICALS: dict[str, tuple[type[Item], ...]] = {
    "blobs": blobs.ITEMS,
    "calendar": calendar.ITEMS,
    "media": media.ITEMS,
    "photos": media.ITEMS,
    "social-posts": social_posts.ITEMS,
    "videos": media.ITEMS,
}

_TYPES = {vertical: {name: item for item in items for name in item.types} for vertical, items in VERTICALS.items()}


def item_type(vertical: str, name: str) -> type[Item] | None:
    """The kind of item that a `@type` names at this vertical, or None where it is not known there."""
    return _TYPES[vertical].get(name)
