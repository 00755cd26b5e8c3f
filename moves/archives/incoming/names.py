"""Names of entries: text in some encoding, and a path that must stay inside."""

import re
import zlib
from struct import unpack_from

from accounts.texts import kept_text
from moves.archives.incoming.errors import Problem

LONGEST_ENTRY_NAME = 8_192  # bytes; our own archives stay below 2,400
DEEPEST_ENTRY = 256  # steps; our own archives stay below 110
DRIVE = re.compile(r"[A-Za-z]:")
UNICODE_PATH = 0x7075  # the extra field of Info-ZIP with the name in UTF-8 (APPNOTE 4.6.9)

NAME_EMPTY = Problem("name_empty", kept_text("It has no name."))
NUL = Problem("name_unsafe", kept_text("Its name has a NUL in it, behind which some programs see another one."))
ABSOLUTE = Problem("name_unsafe", kept_text("Its name is an absolute path, which leads out of the archive."))
CLIMBS = Problem("name_unsafe", kept_text("Its name has `..` in it, which leads out of the archive."))
LONG = Problem("name_too_long", kept_text("Its name has more than %(most)s bytes.") % {"most": LONGEST_ENTRY_NAME})
DEEP = Problem("name_too_deep", kept_text("It is more than %(most)s folders deep.") % {"most": DEEPEST_ENTRY})


def in_zip(raw: bytes, *, utf8: bool, unicode_path: bytes | None = None) -> tuple[str, Problem | None]:
    """Returns the name of an entry of a zip: UTF-8 where bit 11 or Info-ZIP's extra field says so, else CP437 (APPNOTE
    appendix D). Many programs write UTF-8 without saying so, and text in CP437 is hardly ever valid UTF-8 by chance.
    Some say so of what is none: CP437 has a letter for each byte, so that the name can still be found."""
    if not utf8 and unicode_path is not None:
        version, crc32 = unpack_from("<BL", unicode_path)
        if version == 1 and crc32 == zlib.crc32(raw):
            raw = unicode_path[5:]
    return _decoded(raw)


def in_tar(raw: bytes) -> tuple[str, Problem | None]:
    """Returns the name of an entry of a tar: UTF-8, else read as CP437, which has a letter for each byte and so loses
    none, since nothing in a tar says what it is."""
    return _decoded(raw)


def _decoded(raw: bytes) -> tuple[str, Problem | None]:
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        name = raw.decode("cp437")
    return checked(name)


def checked(name: str) -> tuple[str, Problem | None]:
    """Returns the name, without the `./` that many programs begin it with, and what is wrong with it.

    A backslash is a character like others here, as on most systems, unless the name would lead out of the archive if
    it were not.
    """
    if (
        name[:1] not in "/."  # the empty one as well
        and ".." not in name
        and "\\" not in name
        and "\0" not in name
        and name[1:2] != ":"
        and len(name) < LONGEST_ENTRY_NAME // 4
        and name.count("/") < DEEPEST_ENTRY
    ):
        return name, None
    while name.startswith("./") and len(name) > 2:
        name = name[2:]
    return name, _problem(name)


def _problem(name: str) -> Problem | None:
    if not name:
        return NAME_EMPTY
    if "\0" in name:
        return NUL
    if len(name.encode()) > LONGEST_ENTRY_NAME:
        return LONG
    steps = name.replace("\\", "/").split("/")
    if not steps[0] or DRIVE.match(name):
        return ABSOLUTE
    if ".." in steps:
        return CLIMBS
    if len(steps) > DEEPEST_ENTRY + 1:
        return DEEP
    return None
