"""Folders as people see them: a tree of paths, whichever services named them.

A folder may be there only because something is below it: services send files of `/a/b` without ever naming `/a`. So
the tree is that of the paths, and an index leads from one name in a folder to the next, past all that is below.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Substr
from django.urls import reverse

from accounts.models import User
from importers.text import folder_path
from importers.verticals.blobs.models import Folder, PathKey

MOST_CHILDREN = 100  # folders that a page lists of one
LONGEST_KEY = 500  # characters, as `PathKey` has them
BELOW, BEHIND = "\x01", "\x02"  # in keys: what stands for a slash, and what comes after all that is below

_CHILDREN = """
WITH RECURSIVE child (k) AS (
  SELECT (SELECT {key} FROM {table} WHERE {mine} AND {key} > %s AND {key} < %s ORDER BY {key} LIMIT 1)
  UNION ALL
  SELECT (SELECT {key} FROM {table} WHERE {mine} AND {key} >= {behind} AND {key} < %s ORDER BY {key} LIMIT 1)
  FROM child WHERE k IS NOT NULL
)
SELECT {name} FROM child WHERE k IS NOT NULL LIMIT %s
"""


@dataclass(frozen=True)
class FolderLink:
    """A folder in the tree: its name, and the address of its page, on which its files stand `shown`."""

    name: str
    path: str
    shown: str = ""

    @property
    def address(self) -> str:
        return tree_address(self.path, self.shown)


def tree_address(path: str, shown: str = "") -> str:
    """Returns the address of a folder in the tree. `shown`: how its files are shown, where that is not as a list."""
    said = ({} if path == "/" else {"path": path}) | ({"as": shown} if shown else {})
    return f"{reverse('tree')}?{urlencode(said)}" if said else reverse("tree")


def crumbs(path: str, shown: str = "") -> list[FolderLink]:
    """Returns the folders that lead to this one, from below the root, with itself."""
    names = [name for name in path.split("/") if name]
    return [FolderLink(name, "/" + "/".join(names[: number + 1]), shown) for number, name in enumerate(names)]


def read_path(text: str) -> str:
    """Returns the path that an address names."""
    return folder_path(text.replace("\0", ""))


def rows_at(person: User, path: str) -> list[int]:
    """Returns the keys of the folders that stand at a path: one of each service that has named it."""
    rows = Folder.objects.filter(owner=person, trashed_at=None).annotate(key=PathKey("identifier"))
    # The whole path is compared here: SQLite puts what a column is equal to wherever it stands, also into the
    # expression that the index is of, and then does not find it by that.
    return [pk for pk, identifier in rows.filter(key=_key(path)).values_list("pk", "identifier") if identifier == path]


def children(person: User, path: str, after: str = "", shown: str = "") -> list[FolderLink]:
    """Returns the folders in this one by name, those behind `after`, one more than a page lists."""
    within = _key(path).rstrip(BELOW) + BELOW
    if len(within) >= LONGEST_KEY:
        return []
    compiler = Folder.objects.none().query.get_compiler(connection=connection)
    key, _ = compiler.compile(PathKey("identifier").resolve_expression(Folder.objects.all().query))
    find, character = ("INSTR", "CHAR") if connection.vendor == "sqlite" else ("STRPOS", "CHR")
    rest = f"SUBSTR(k, {len(within) + 1})"
    name = f"SUBSTR({rest}, 1, {find}({rest} || {character}(1), {character}(1)) - 1)"
    statement = _CHILDREN.format(
        key=key,
        table=Folder._meta.db_table,
        mine="owner_id = %s AND trashed_at IS NULL",
        behind=f"SUBSTR(k, 1, {len(within)}) || {name} || {character}(2)",
        name=name,
    )
    begins = f"{within}{after}{BEHIND}" if after else within
    ends = within[:-1] + BEHIND
    with connection.cursor() as cursor:
        cursor.execute(statement, [person.pk, begins, ends, person.pk, ends, MOST_CHILDREN + 1])
        names = [row[0] for row in cursor.fetchall()]
    above = path.rstrip("/")
    return [FolderLink(name, f"{above}/{name}", shown) for name in names]


def below(folders: QuerySet[Any], path: str) -> QuerySet[Any]:
    """Returns those of these folders that stand at a path and below it."""
    key, begins = _key(path), path.rstrip("/") + "/"
    within = key.rstrip(BELOW) + BELOW if len(begins) < LONGEST_KEY else key
    ends = within[:-1] + BEHIND if within.endswith(BELOW) else within
    rows = folders.annotate(key=PathKey("identifier"), begins=Substr("identifier", 1, len(begins)))
    # The index finds them by the key, of which so much is in it; which of them are meant, the whole path says.
    inside = Q(key__gte=within, key__lte=ends, begins=begins)
    return rows.filter(inside | Q(key=key, identifier=path))


def _key(path: str) -> str:
    return path[:LONGEST_KEY].replace("/", BELOW)
