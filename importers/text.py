"""How names and texts are kept.

The payload of a record is the item as it came. Its columns hold the same texts to the code point, with one exception,
since databases can't hold them: a NUL and a lone surrogate become U+FFFD. Nothing is normalised: NFC and NFD stay
two names. Names never reach the file system: content lies under random keys.
"""

import re
import unicodedata

UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"
MAX_NAME_BYTES = 255  # what common file systems take


def keepable(text: str) -> str:
    """The text as a column can hold it."""
    return UNKEEPABLE.sub(REPLACEMENT, text)


def folder_path(path: str) -> str:
    """A folder's path with one slash before each name: `root//foo/` and `/root/foo` are the same, the root is `/`.

    `.` and `..` are names here like any other: nothing climbs.
    """
    return "/" + "/".join(name for name in keepable(path).split("/") if name)


def portable_name(name: str) -> str:
    """A name that any file system takes, for when a record leaves as a file.

    Slashes and backslashes become U+2215 and U+2216, which look like them, control characters U+FFFD; `.` and `..`
    get an underscore; a name of more than 255 bytes of UTF-8 is cut in its middle, so that its type stays.
    """
    name = keepable(name).replace("/", "\u2215").replace("\\", "\u2216")
    name = "".join(REPLACEMENT if unicodedata.category(character) == "Cc" else character for character in name)
    if name.strip(". ") == "":
        name = f"_{name}"
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 32:
        stem, dot, suffix = name, "", ""
    room = MAX_NAME_BYTES - len(f"…{dot}{suffix}".encode())
    return f"{stem.encode()[:room].decode(errors='ignore')}…{dot}{suffix}"
