"""Which catalogue holds the words of which files: each app and each vertical has its own, beside its code."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from importers.registry import FOLDERS

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("fr",)  # besides English, in which everything is written
VERTICALS = Path("importers/verticals")
# Whose words a template has, by how its path below templates/ begins.
TEMPLATES = Path("templates")
TEMPLATES_OF = {
    "importers": ("importers/", "search_box", "mail/room_", "mail/transfers_"),
    "moves": ("moves/", "wizard/", "mail/export_", "mail/import_", "mail/move_"),
    "operations": ("admin/",),
    "accounts": ("accounts/", "oauth/", "mail/"),
}
APPS = ("audit", "accounts", "importers", "moves", "operations", "config")
SUFFIXES = (".py", ".html", ".txt", ".svg")
BESIDE = "config"  # what no other app has: the frame of all pages, and the pages of errors
# What only developers and operators at a terminal read, which is English.
NOT_FOR_PEOPLE = ("management", "migrations", "settings", "set_up", "backups")


class Room(NamedTuple):
    """A folder with a catalogue for each language, and the files of which they hold the words. Their paths are below
    the project's folder, which is `root`."""

    folder: Path
    sources: tuple[Path, ...]
    root: Path = ROOT

    def catalogue(self, language: str) -> Path:
        """Returns where the words of one language are, of this room."""
        return self.folder / "locale" / language / "LC_MESSAGES" / "django.po"

    def file(self, language: str) -> Path:
        """Returns the same as a path of this machine."""
        return self.root / self.catalogue(language)


def rooms() -> Iterator[Room]:
    """Yields every room; paths are below the project's folder."""
    for app in APPS:
        sources = [path for path in _files(Path(app)) if VERTICALS not in path.parents]
        sources += [path for path in _files(TEMPLATES) if _app_of(path) == app]
        yield Room(Path(app), tuple(sources))
    for name in FOLDERS:
        yield Room(VERTICALS / name, tuple(_files(VERTICALS / name)))


def _app_of(template: Path) -> str:
    name = template.relative_to(TEMPLATES).as_posix()
    return next((app for app, beginnings in TEMPLATES_OF.items() if name.startswith(beginnings)), BESIDE)


def _files(folder: Path) -> list[Path]:
    found = [path.relative_to(ROOT) for suffix in SUFFIXES for path in (ROOT / folder).rglob(f"*{suffix}")]
    return sorted(path for path in found if not set(NOT_FOR_PEOPLE) & set(path.parts))
