"""What an entry of an archive is, by its name (see "Exports" of the move protocol)."""

import re
import string
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from urllib.parse import unquote

from importers.documents.doctypes import VERSIONS
from importers.rubbish import APPLE_DOUBLE, is_rubbish
from importers.text import DEVICE_NAME, portable_name

MANIFEST = "manifest.json"
INSTANCE = "instance.json"
AREAS = ("Data/", "Files/", "Readable/")
BACKSLASH = "\\"
LONGEST_STEP = 240  # bytes of a name that every file system takes
CONTINUED = "%"  # ends the name of a folder with whose name the one in it goes on; no escaped name ends so
# What an escaped name has as it is: no capitals, and nothing that Windows refuses.
PLAIN = string.ascii_lowercase + string.digits + "_-~"
WINDOWS_REFUSES = frozenset('\\<>:"|?*')
PRINTED = "".join({*map(chr, range(32, 127))} - {*string.ascii_uppercase, CONTINUED, *WINDOWS_REFUSES})
STEPS_OF_NAME = re.compile(rf"(?:%[0-9A-F]{{2}}|[^%]){{1,{LONGEST_STEP // 3}}}")
DEEPEST_ROOT = 8  # folders that a person may have put around an archive
OWN_ID = re.compile(r"[0-9a-f]{32}")  # as records here have them
ESCAPE = re.compile("%[0-9a-f]{2}")
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
    """Returns what an entry is, by its name alone (`Roots` knows more), but for contents, which their documents
    announce."""
    root, slash, rest = name.partition("/")
    root += slash
    if not (rest.startswith(AREAS) or rest == MANIFEST):
        if name.startswith(AREAS) or name == MANIFEST:
            root, rest = "", name
        elif (depth := _depth_of_root(name)) is not None:
            root, rest = name[:depth], name[depth:]
    if (found := _inside(name, root, rest)) is not None:
        return found
    if BACKSLASH in name and "/" not in name:
        return EntryName(EntryKind.RUBBISH) if name.endswith(BACKSLASH) else place_of(with_slashes(name))
    if (spelled := _in_our_letters(name)) != name:
        return place_of(spelled)
    return EntryName(_other(name), root)


def place_in(name: str, root: str) -> EntryName:
    """Returns what an entry is in an export that is in the folder `root`, whatever has become of capitals."""
    rest = name[len(root) :]
    found = _inside(name, root, rest) or _inside(name, root, _in_our_letters(rest))
    return found or EntryName(_other(name), root)


def _inside(name: str, root: str, rest: str) -> EntryName | None:
    """Returns what an entry is that is called `rest` in its export; None where nothing there is called so."""
    if rest.startswith("Data/"):
        return _below_data(name, root, rest[5:])
    if rest.startswith("Files/"):
        return EntryName(EntryKind.CONTENT, root)
    if rest.startswith("Readable/"):
        return EntryName(EntryKind.READABLE, root)
    return EntryName(EntryKind.MANIFEST, root) if rest == MANIFEST else None


def is_area(inside: str) -> bool:
    """Whether something that has this name in the folder of an export is in one of its own, in capitals or not."""
    first, slash, _ = inside.partition("/")
    return bool(slash) and f"{first.capitalize()}/" in AREAS


def is_manifest(inside: str) -> bool:
    """Whether it is called as the manifest of an export is."""
    return len(inside) == len(MANIFEST) and inside.lower() == MANIFEST


def is_document_of_export(inside: str) -> bool:
    """Whether something that has this name in a folder shows that an export is in it: hardly anything else is called
    as its documents are, or as what says whose it is."""
    area, *rest = inside.lower().split("/")
    if area != "data" or not rest:
        return False
    return rest == [INSTANCE] or (
        len(rest) > 1 and rest[-1].endswith(".json") and DOCTYPE_FOLDER.fullmatch(rest[0]) is not None
    )


def with_slashes(name: str) -> str:
    """Returns a name as it should be, where a program of Windows has divided it by backslashes, which no name of an
    export has without a slash before them."""
    return name if "/" in name else name.replace(BACKSLASH, "/")


def _in_our_letters(name: str) -> str:
    """Returns a name as exports spell it below the folder that all is in, where a program has made all of its letters
    small, or capitals; as it is where nothing shows that it is of an export. No folder, doctype or escaped id of ours
    has a capital, but for those of `AREAS` and of escapes."""
    steps = name.split("/")
    for depth, step in enumerate(steps[: DEEPEST_ROOT + 1]):
        area, rest = step.lower(), steps[depth + 1 :]
        if area in ("files", "readable") and rest:
            return "/".join((*steps[:depth], area.capitalize(), *rest))
        if area == "data" and rest:
            small = [ESCAPE.sub(lambda found: found[0].upper(), one.lower()) for one in rest]
            if small == [INSTANCE] or (len(rest) > 1 and DOCTYPE_FOLDER.fullmatch(small[0])):
                return "/".join((*steps[:depth], "Data", *small))
    *folders, own = steps
    return "/".join((*folders, MANIFEST)) if own.lower() == MANIFEST and len(folders) <= DEEPEST_ROOT else name


def _below_data(name: str, root: str, path: str) -> EntryName:
    doctype, found, doc_id = path.partition("/")
    while found and doctype.endswith(CONTINUED):
        more, found, doc_id = doc_id.partition("/")
        doctype = doctype[: -len(CONTINUED)] + more
    if not found:
        return EntryName(EntryKind.INSTANCE if doctype == INSTANCE else _other(name), root)
    if not doc_id.endswith(".json") or doc_id == ".json":
        return EntryName(_other(name), root)
    if doc_id.rpartition("/")[2].startswith(APPLE_DOUBLE):
        return EntryName(EntryKind.RUBBISH, root)
    return EntryName(EntryKind.DOCUMENT, root, _unescaped(doctype), doc_id[:-5])


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
    path = below_files(name, root)
    if path is None:
        return False
    if said and path == content_path(said, root):
        return True
    if doctype == VERSIONS:
        return doc_id in (path, unescaped_id(path))
    own = path.rpartition("/")[2]
    return own == file_name or own == portable_name(file_name)


def below_files(name: str, root: str) -> str | None:
    """Returns the path of an entry below the folder of files, whose name may have come in other letters; None where it
    is not in it."""
    folder, slash, path = name[len(root) :].partition("/")
    return path if slash and name.startswith(root) and folder.lower() == "files" else None


def doctype_folder(doctype: str) -> str:
    """Returns the folder of a doctype's documents: its name escaped, and where that is longer than file systems take,
    cut into folders within each other, of which all but the last end with `%`."""
    name = _escaped(doctype, PLAIN + ".")
    return _in_steps(name.replace(".", "%2E") if name in (".", "..") else name)


def _in_steps(name: str) -> str:
    return name if len(name) <= LONGEST_STEP else f"{CONTINUED}/".join(STEPS_OF_NAME.findall(name))


def content_path(said: str, root: str) -> str:
    """Returns the path below the folder of files that the document of a file says its content has."""
    return said.removeprefix(root).removeprefix("Files/").lstrip("/")


def escaped_id(doc_id: str) -> str:
    """Returns an id as it stands in the name of an entry: as it is, or percent-encoded where a step of it would be
    empty, lead somewhere else, or be none that every file system takes; where it looks like one that was encoded; and
    where it may differ from another one only in what file systems don't tell apart (case, and composed letters)."""
    if OWN_ID.fullmatch(doc_id):  # as nearly all are: nothing of it means anything to a file system
        return doc_id
    plain = CONTINUED not in doc_id and _folded(doc_id) == doc_id and doc_id.isprintable()
    plain = plain and WINDOWS_REFUSES.isdisjoint(doc_id)
    *folders, name = (doc_id if plain else _escaped(doc_id, PRINTED)).split("/")
    steps = [*(_as_folder(step) for step in folders), _no_device(name)]
    short = all(len(step.encode()) <= LONGEST_STEP for step in steps)
    if short and not _is_no_path(doc_id):
        return "/".join(steps)
    return _in_steps(_escaped(doc_id, PLAIN))


def _as_folder(step: str) -> str:
    """Returns a step of an escaped id so that Windows takes nothing off its end."""
    return _no_device(step[:-1] + _escaped(step[-1], "") if step.endswith((".", " ")) else step)


def _no_device(step: str) -> str:
    """Returns a step of an escaped id so that it is no device of Windows."""
    return _escaped(step[0], "") + step[1:] if DEVICE_NAME.fullmatch(step) else step


def _folded(name: str) -> str:
    """Returns what stands for all names that are one to some file system: those of macOS and Windows keep a name's
    case but don't look at it, and macOS takes letters for the same however they are composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _escaped(name: str, plain: str) -> str:
    """Returns a name with all but the characters of `plain` percent-encoded, so that what is folded of it still tells
    it."""
    return "".join(one if one in plain else "".join(f"%{byte:02X}" for byte in one.encode()) for one in name)


def _is_no_path(doc_id: str) -> bool:
    if not {"", ".", ".."}.isdisjoint(doc_id.split("/")):
        return True
    decoded = unquote(doc_id)
    return decoded != doc_id and _is_no_path(decoded)


def unescaped_id(entry_id: str) -> str:
    """The other way round."""
    return unquote(entry_id.replace(f"{CONTINUED}/", ""))


@lru_cache(maxsize=1024)
def _unescaped(doctype: str) -> str:
    return unquote(doctype)
