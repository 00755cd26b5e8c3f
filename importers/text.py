"""How names and texts are kept.

The payload of a record is the item as it came. Its columns hold the same texts to the code point, with one exception,
since databases can't hold them: a NUL and a lone surrogate become U+FFFD. Nothing is normalised: NFC and NFD stay
two names. Names never reach the file system: content lies under random keys.
"""

import re
import unicodedata

UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"
# Common file systems take 255, and a Cozy whose storage is files takes 246 (protocol/move.md).
MAX_NAME_BYTES = 240
# What no name may have on a Cozy, and what has another meaning there (protocol/move.md).
NOT_IN_NAMES = str.maketrans({"/": "\u2215", "\0": REPLACEMENT, "\n": REPLACEMENT, "\r": REPLACEMENT})
# "Naming Files, Paths, and Namespaces" of Windows: what no name may have, and what no name may be, whatever its type.
LOOK_ALIKE = str.maketrans('/\\<>:"|?*', "\u2215\u2216\uff1c\uff1e\uff1a\uff02\uff5c\uff1f\uff0a")
DEVICE_NAME = re.compile(
    "(?:CON|PRN|AUX|NUL|CONIN\\$|CONOUT\\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3]) *(?:\\..*)?", re.IGNORECASE
)


def keepable(text: str) -> str:
    """The text as a column can hold it."""
    return UNKEEPABLE.sub(REPLACEMENT, text)


def folder_path(path: str) -> str:
    """A folder's path with one slash before each name: `root//foo/` and `/root/foo` are the same, the root is `/`.

    `.` and `..` are names here like any other: nothing climbs.
    """
    return exact_path(keepable(path))


def exact_path(path: str) -> str:
    """The same, with the characters that no column can hold."""
    return "/" + "/".join(name for name in path.split("/") if name)


def caseless(path: str) -> str:
    """What two paths have in common that some file systems take for one: those that don't tell the cases of letters
    apart, or the ways to write one with its accent (the canonical caseless match of the Unicode Standard, D145)."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def exact_name(name: str) -> str:
    """A name as documents say it: any but those that are none on other servers, so that a slash becomes a character
    that looks like one, and a line's end U+FFFD. More than 240 bytes of UTF-8 are cut in their middle."""
    name = keepable(name).translate(NOT_IN_NAMES)
    return _cut(f"_{name}" if name in ("", ".", "..") else name)


def portable_name(name: str) -> str:
    """A name that any file system takes, for when a record leaves as a file.

    Characters that have a meaning somewhere become others that look like them, control characters U+FFFD; a name that
    is a device of Windows, or no name at all, gets an underscore before it, one that ends with a dot or a space gets it
    behind; a name of more than 240 bytes of UTF-8 is cut in its middle, so that its type stays.
    """
    name = keepable(name).translate(LOOK_ALIKE)
    if not name.isprintable():
        name = "".join(REPLACEMENT if unicodedata.category(character) == "Cc" else character for character in name)
    if name.strip(". ") == "" or DEVICE_NAME.fullmatch(name):
        name = f"_{name}"
    if name.endswith((".", " ")):
        name += "_"
    return _cut(name)


def _cut(name: str) -> str:
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 32:
        stem, dot, suffix = name, "", ""
    room = MAX_NAME_BYTES - len(f"…{dot}{suffix}".encode())
    return f"{stem.encode()[:room].decode(errors='ignore')}…{dot}{suffix}"
