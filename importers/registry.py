"""The verticals: one line for each path below /import.

Plain data that imports nothing but what puts words into a language, since the settings read it, and Django's models and
admin find by it what each vertical brings. To add a vertical: write its folder, add its line, run `makemigrations
importers`.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.texts import Text


class Line(NamedTuple):
    """`folder`: the one below importers/verticals; `words`: what a service adds to an account; `adds`: the same as
    consent says it.

    `items`: one name of each type that a token with this path's scope alone may send, at any path of the folder; none
    named: all of the folder. Workers send photos to /import/media, so `import:photos` must allow albums and photos
    there.
    """

    folder: str
    words: "Text"
    adds: "Text"
    items: tuple[str, ...] = ()


# A folder stands above those before it, and may take over a kind of document from one that it imports: media does.
# The order is that of the documents in an archive, so a line goes to the end.
VERTICALS = {
    "blobs": Line("blobs", _("files and folders"), _("add files and folders to your account")),
    "media": Line("media", _("photos, videos and albums"), _("add photos, videos and albums to your account")),
    "photos": Line("media", _("photos and albums"), _("add photos and albums to your account"), ("Album", "Photo")),
    "videos": Line("media", _("videos and albums"), _("add videos and albums to your account"), ("Album", "Video")),
    "calendar": Line("calendar", _("calendars and events"), _("add calendars and events to your account")),
    "social-posts": Line("social_posts", _("posts"), _("add posts to your account")),
    "tasks": Line("tasks", _("tasks and lists"), _("add tasks and lists to your account")),
    "contacts": Line("contacts", _("contacts"), _("add contacts to your account")),
    "notes": Line("notes", _("notes"), _("add notes to your account")),
    "offline-data": Line("offline_data", _("offline data"), _("add offline data to your account")),
    "music": Line("music", _("music and playlists"), _("add music and playlists to your account")),
    "playlists": Line("music", _("playlists"), _("add playlists to your account")),
    "mail": Line("mail", _("mail"), _("add mail to your account")),
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
