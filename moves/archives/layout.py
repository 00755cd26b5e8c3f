"""What an entry of an archive is, by its name (see "Exports" of the move protocol)."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from urllib.parse import quote, unquote

from importers.documents.doctypes import VERSIONS
from importers.text import portable_name
from moves.archives.rubbish import APPLE_DOUBLE, is_rubbish

MANIFEST = "manifest.json"
INSTANCE = "instance.json"
AREAS = ("Data/", "Files/", "Readable/")
DEEPEST_ROOT = 8  # folders that a person may have put around an archive
DOCTYPE_FOLDER = re.compile(r"[\w~%-]+(?:\.[\w~%-]+)+", re.ASCII)  # escaped, such as `io.cozy.files`


class EntryKind(Enum):
    """What is done with an entry."""

    DOCUMENT = "document"
    CONTENT = "content"
    INSTANCE = "instance"  # the account there, of which nothing is taken
    MANIFEST = "manifest"
    READABLE = "readable"  # for people; made of the documents
    RUBBISH = "rubbish"  # of an operating system
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EntryName:
    """An entry's name, understood. `root` is the folder that everything is in, with its slash; it may have any name,
    be in other folders, or there may be none."""

    kind: EntryKind
    root: str = ""
    doctype: str = ""
    doc_id: str = ""


def place_of(name: str) -> EntryName:
    """Returns what an entry is, but for contents, which their documents announce."""
    root, slash, rest = name.partition("/")
    root += slash
    if not (rest.startswith(AREAS) or rest == MANIFEST):
        if name.startswith(AREAS) or name == MANIFEST:
            root, rest = "", name
        elif (depth := _depth_of_root(name)) is not None:
            root, rest = name[:depth], name[depth:]
    if rest.startswith("Data/"):
        doctype, found, doc_id = rest[5:].partition("/")
        if not found:
            return EntryName(EntryKind.INSTANCE if doctype == INSTANCE else _other(name), root)
        if not doc_id.endswith(".json") or doc_id == ".json":
            return EntryName(_other(name), root)
        if doc_id.rpartition("/")[2].startswith(APPLE_DOUBLE):
            return EntryName(EntryKind.RUBBISH, root)
        return EntryName(EntryKind.DOCUMENT, root, _unescaped(doctype), doc_id[:-5])
    if rest.startswith("Files/"):
        return EntryName(EntryKind.CONTENT, root)
    if rest.startswith("Readable/"):
        return EntryName(EntryKind.READABLE, root)
    return EntryName(EntryKind.MANIFEST if rest == MANIFEST else _other(name), root)


def _other(name: str) -> EntryKind:
    return EntryKind.RUBBISH if is_rubbish(name) else EntryKind.UNKNOWN


def _depth_of_root(name: str) -> int | None:
    """Returns how many characters of a name are the folders around an archive, where there is more than one."""
    steps = name.split("/")
    for depth in range(2, min(len(steps), DEEPEST_ROOT + 1)):
        first, *rest = steps[depth:]
        found = bool(rest) and first in ("Files", "Readable")
        if first == "Data" and rest:
            found = rest == [INSTANCE] or (len(rest) > 1 and DOCTYPE_FOLDER.fullmatch(rest[0]) is not None)
        if found or (first == MANIFEST and not rest):
            return sum(len(step) + 1 for step in steps[:depth])
    return None


def may_be_content(name: str, root: str, doctype: str, doc_id: str, file_name: str, said: str = "") -> bool:
    """Whether an entry that directly follows the document of a file is named as its content must be: the path of the
    file, exact or in a form that every file system takes, the one that its document has `said`, or of a version its
    id."""
    files = f"{root}Files/"
    if not name.startswith(files):
        return False
    path = name[len(files) :]
    if said and path == said.removeprefix(root).removeprefix("Files/").lstrip("/"):
        return True
    if doctype == VERSIONS:
        return path in (doc_id, escaped_id(doc_id))
    own = path.rpartition("/")[2]
    return own == file_name or own == portable_name(file_name)


def escaped_id(doc_id: str) -> str:
    """Returns an id as it stands in the name of an entry: as it is, or percent-encoded where a step of it would be
    empty, or lead somewhere else."""
    if "%" not in doc_id and {"", ".", ".."}.isdisjoint(doc_id.split("/")):
        return doc_id
    return quote(doc_id, safe="").replace(".", "%2E")


def unescaped_id(entry_id: str) -> str:
    """The other way round."""
    return unquote(entry_id)


@lru_cache(maxsize=1024)
def _unescaped(doctype: str) -> str:
    return unquote(doctype)
