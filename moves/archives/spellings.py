"""One path as different programs spell it: in another encoding, with accents apart, or with letters replaced."""

import re
import unicodedata
from collections.abc import Iterator

from importers.text import caseless, portable_name

# What a zip without the UTF-8 flag is read as (APPNOTE, appendix D), and what names of UTF-8 are often taken for.
TAKEN_FOR = ("cp437", "cp1252", "latin-1")
# What they may have been: the code pages of Windows and of older systems, by how often they are met. Zips that Windows
# makes have names in those of its DOS.
ENCODINGS = (
    "utf-8",
    "cp1252",
    "cp850",
    "cp932",
    "gbk",
    "cp949",
    "cp950",
    "cp1250",
    "cp1251",
    "cp866",
    "koi8-r",
    "cp852",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp862",
    "cp737",
    "cp720",
    "cp874",
    "cp857",
    "cp775",
    "cp1257",
    "cp1258",
    "cp1125",
    "cp869",
    "cp860",
    "cp861",
    "cp863",
    "cp865",
    "euc-jp",
    "mac-roman",
)
ESCAPED = re.compile(r"#U[0-9A-Fa-f]{4}|#L[0-9A-Fa-f]{6}|%[0-9A-Fa-f]{2}")  # as Info-ZIP's unzip writes letters
NOT_PLAIN = re.compile(r"[^0-9a-z/]+")


def folded(path: str) -> str:
    """Returns one spelling of paths that some file system takes for the same: with look-alikes for what it doesn't
    take, composed, in small letters."""
    return caseless("/".join(map(portable_name, path.split("/"))))


def readings(path: str) -> Iterator[str]:
    """Yields what a path may have been, where its bytes were read in another encoding than they were written in."""
    seen = {path}
    for taken_for in TAKEN_FOR:
        try:
            raw = path.encode(taken_for)
        except UnicodeEncodeError:
            continue
        for encoding in ENCODINGS:
            try:
                found = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            if found not in seen:
                seen.add(found)
                yield found


def skeleton(path: str) -> str:
    """Returns what is left of a path where a program has replaced the letters that it did not know."""
    plain = ESCAPED.sub("_", unicodedata.normalize("NFC", path)).lower()
    steps = (NOT_PLAIN.sub("_", step).strip("_") for step in plain.split("/"))
    return "/".join(steps)
