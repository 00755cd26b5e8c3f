"""The verticals: one line for each path below /import.

Plain data that imports nothing, since the settings read it, and Django's models and admin find by it what each vertical
brings. To add a vertical: write its folder, add its line, run `makemigrations importers`.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import NamedTuple


class Line(NamedTuple):
    """`folder`: the one below importers/verticals; `words`: what a service adds to an account, as consent says it.

    `items`: one name of each type that a token with this path's scope alone may send, at any path of the folder; none
    named: all of the folder. Workers send photos to /import/media, so `import:photos` must allow albums and photos
    there.
    """

    folder: str
    words: str
    items: tuple[str, ...] = ()


# A folder stands above those before it, and may take over a kind of document from one that it imports: media does.
# The order is that of the documents in an archive, so a line goes to the end.
VERTICALS = {
    "blobs": Line("blobs", "files and folders"),
    "media": Line("media", "photos, videos and albums"),
    "photos": Line("media", "photos and albums", ("Album", "Photo")),
    "videos": Line("media", "videos and albums", ("Album", "Video")),
    "calendar": Line("calendar", "calendars and events"),
    "social-posts": Line("social_posts", "posts"),
    "tasks": Line("tasks", "tasks and lists"),
    "contacts": Line("contacts", "contacts"),
    "notes": Line("notes", "notes"),
    "offline-data": Line("offline_data", "offline data"),
    "music": Line("music", "music and playlists"),
    "playlists": Line("music", "playlists"),
}
UNKNOWN = "unknown"  # items of a type that no vertical knows; it has no path
FOLDERS = (*dict.fromkeys(line.folder for line in VERTICALS.values()), UNKNOWN)

# Every path that the specification names has a scope, taken or not: clients and tokens have them.
SPECIFIED = (
    "blobs",
    "calendar",
    "contacts",
    "mail",
    "media",
    "music",
    "notes",
    "offline-data",
    "photos",
    "playlists",
    "social-posts",
    "tasks",
    "videos",
)


def module(folder: str, name: str) -> ModuleType:
    """Returns one file of a vertical."""
    return import_module(f"importers.verticals.{folder}.{name}")


def modules(name: str) -> list[ModuleType]:
    """Returns the file of this name of every vertical that has one, in the order of the lines."""
    return [module(folder, name) for folder in FOLDERS if find_spec(f"importers.verticals.{folder}.{name}")]
