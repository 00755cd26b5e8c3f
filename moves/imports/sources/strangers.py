"""What is said of something that is no export: what it seems to be, and what to do."""

from collections.abc import Iterable

from accounts.texts import kept_text
from importers.rubbish import is_rubbish
from moves.archives.incoming import NotAnArchive, Problem
from moves.archives.incoming.opening import ZIP
from moves.imports.sources.recognition import (
    archive_by_names,
    archives_within,
    file_by_bytes,
    is_piece,
    packer_by_bytes,
)

MOST_NAMES = 2_000  # by which an archive is recognised

ANOTHER_WAY = kept_text(
    "Files like these come in by another way: connect the service that they are of with your account, if it can "
    "send to this server; or give them to the operator of this server, who can bring them in for you."
)
OPERATORS_WAY = kept_text(
    "Unpack it, if it is an archive, and bring in the folder that is to be kept with `manage.py send_folder`."
)
EMPTY_ARCHIVE = kept_text(
    "%(called)s is an empty archive. Fetch the export again, or make a new one on the server it comes from.",
    sentences=["called"],
)
SEEMS_TO_BE = kept_text(
    "%(called)s is no export of a Wharf or a Cozy: it seems to be %(seems)s.", sentences=["called", "seems"]
)
HOLDS_ONE = kept_text("%(called)s holds an archive. Unpack it, and import the one that is in it.", sentences=["called"])
HOLDS_SEVERAL = kept_text(
    "%(called)s holds %(archives)s archives. Unpack it, and import those that are in it, all together.",
    sentences=["called"],
)
NO_DOCUMENT = kept_text(
    "%(called)s is no export of a Wharf or a Cozy: no document of one is in it. If it should be one, fetch it "
    "again as it was.",
    sentences=["called"],
)
NOTHING_READABLE = kept_text("%(called)s can't be read. %(why)s", sentences=["called", "why"])
ONE_PIECE = kept_text(
    "%(called)s is one of several files into which an archive was cut. Put them together to one (`zip -s 0 IT.zip "
    "--out WHOLE.zip` does so for a zip, or the program that has cut it), and import that.",
    sentences=["called"],
)
IS_EMPTY = kept_text("%(called)s is empty. Fetch it again.", sentences=["called"])
PACKED_OTHERWISE = kept_text(
    "%(called)s is packed with %(packer)s, which this server does not unpack. Unpack it, and pack what is in "
    "it as a zip; its order does not matter.",
    sentences=["called"],
)
NO_ARCHIVE_AT_ALL = kept_text(
    "%(called)s is no export of a Wharf or a Cozy. %(why)s If it should be one, fetch it again as it was.",
    sentences=["called", "why"],
)


def for_operators(sentence: str) -> str:
    """Returns what is said of something that is no export as whoever runs the server can act on it."""
    return sentence.replace(ANOTHER_WAY, OPERATORS_WAY)


def note_telling(names: list[str], name: str) -> None:
    """Adds a name to those by which an archive may be recognised: one of the first, or one that is not deep inside."""
    if len(names) < MOST_NAMES or (name.count("/") < 2 and len(names) < 2 * MOST_NAMES):
        names.append(name)


def no_export(called: str, names: Iterable[str]) -> str:
    """Returns what is said of an archive, by the names of its first entries."""
    found = list(names)
    if all(name.endswith("/") or is_rubbish(name) for name in found):
        return EMPTY_ARCHIVE % {"called": called}
    if seems := archive_by_names(called, found):
        return _seems_to_be(called, seems)
    if archives := archives_within(found):
        return (HOLDS_ONE if archives == 1 else HOLDS_SEVERAL) % {"called": called, "archives": archives}
    return f"{NO_DOCUMENT % {'called': called}} {ANOTHER_WAY}"


def _seems_to_be(called: str, seems: str) -> str:
    return f"{SEEMS_TO_BE % {'called': called, 'seems': seems}} {ANOTHER_WAY}"


def nothing_readable(called: str, problem: Problem) -> str:
    """Returns what is said of an archive nothing of which can be read."""
    return NOTHING_READABLE % {"called": called, "why": problem.sentence}


def piece(called: str) -> str:
    """Returns what is said of one of several files into which an archive was cut."""
    return ONE_PIECE % {"called": called}


def no_archive(called: str, bad: NotAnArchive) -> str:
    """Returns what is said of what is no archive, by its first bytes."""
    begin, sentence = bad.begin, bad.problem.sentence
    if bad.problem.code == "empty":
        return IS_EMPTY % {"called": called}
    if bad.problem.code == "split" or is_piece(called):
        return piece(called)
    if bad.problem.code == "no_tar_inside" and begin.startswith(ZIP):
        return HOLDS_ONE % {"called": called}
    if packer := packer_by_bytes(begin):
        return PACKED_OTHERWISE % {"called": called, "packer": packer}
    if seems := file_by_bytes(begin):
        return _seems_to_be(called, seems)
    return NO_ARCHIVE_AT_ALL % {"called": called, "why": sentence}
