"""What an entry of an archive is, by its name (see "Exports" of the move protocol)."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from urllib.parse import quote, unquote

from importers.documents.doctypes import VERSIONS
from importers.text import portable_name

MANIFEST = "manifest.json"
AREAS = ("Data/", "Files/", "Readable/")


class EntryKind(Enum):
    """What is done with an entry."""

    DOCUMENT = "document"
    CONTENT = "content"
    INSTANCE = "instance"  # the account there, of which nothing is taken
    MANIFEST = "manifest"
    READABLE = "readable"  # for people; made of the documents
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EntryName:
    """An entry's name, understood. `root` is the folder that everything is in, with its slash; it may have any name, or
    there may be none."""

    kind: EntryKind
    root: str = ""
    doctype: str = ""
    doc_id: str = ""


def place_of(name: str) -> EntryName:
    """Returns what an entry is, but for contents, which their documents announce."""
    root, slash, rest = name.partition("/")
    root += slash
    if not (rest.startswith(AREAS) or rest == MANIFEST) and (name.startswith(AREAS) or name == MANIFEST):
        root, rest = "", name
    if rest.startswith("Data/"):
        doctype, found, doc_id = rest[5:].partition("/")
        if not found:
            return EntryName(EntryKind.INSTANCE if doctype == "instance.json" else EntryKind.UNKNOWN, root)
        if not doc_id.endswith(".json") or doc_id == ".json":
            return EntryName(EntryKind.UNKNOWN, root)
        return EntryName(EntryKind.DOCUMENT, root, _unescaped(doctype), doc_id[:-5])
    if rest.startswith("Files/"):
        return EntryName(EntryKind.CONTENT, root)
    if rest.startswith("Readable/"):
        return EntryName(EntryKind.READABLE, root)
    return EntryName(EntryKind.MANIFEST if rest == MANIFEST else EntryKind.UNKNOWN, root)


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
    empty, or lead somewhere else; and where it looks like one that was encoded for that."""
    return quote(doc_id, safe="").replace(".", "%2E") if _is_no_path(doc_id) else doc_id


def _is_no_path(doc_id: str) -> bool:
    if not {"", ".", ".."}.isdisjoint(doc_id.split("/")):
        return True
    decoded = unquote(doc_id)
    return decoded != doc_id and _is_no_path(decoded)


def unescaped_id(entry_id: str) -> str:
    """The other way round."""
    return unquote(entry_id)


@lru_cache(maxsize=1024)
def _unescaped(doctype: str) -> str:
    return unquote(doctype)
