"""What is said of something that is no export: what it seems to be, and what to do."""

from collections.abc import Iterable

from django.utils.translation import gettext, ngettext

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


def another_way() -> str:
    """Returns what a person can do with files that are no export."""
    return gettext(
        "Files like these come in by another way: connect the service that they are of with your account, if it can "
        "send to this server; or give them to the operator of this server, who can bring them in for you."
    )


def for_operators(sentence: str) -> str:
    """Returns what is said of something that is no export as whoever runs the server can act on it."""
    return sentence.replace(
        another_way(),
        gettext(
            "Unpack it, if it is an archive, and bring in the folder that is to be kept with `manage.py send_folder`."
        ),
    )


def note_telling(names: list[str], name: str) -> None:
    """Adds a name to those by which an archive may be recognised: one of the first, or one that is not deep inside."""
    if len(names) < MOST_NAMES or (name.count("/") < 2 and len(names) < 2 * MOST_NAMES):
        names.append(name)


def no_export(called: str, names: Iterable[str]) -> str:
    """Returns what is said of an archive, by the names of its first entries."""
    found = list(names)
    if not found:
        return gettext(
            "%(called)s is an empty archive. Fetch the export again, or make a new one on the server it comes from."
        ) % {"called": called}
    seems = archive_by_names(called, found)
    if seems:
        return gettext("%(called)s is no export of a Wharf or a Cozy: it seems to be %(seems)s. %(way)s") % {
            "called": called,
            "seems": seems,
            "way": another_way(),
        }
    if archives := archives_within(found):
        return ngettext(
            "%(called)s holds an archive. Unpack it, and import the one that is in it.",
            "%(called)s holds %(archives)s archives. Unpack it, and import those that are in it, all together.",
            archives,
        ) % {"called": called, "archives": archives}
    return gettext(
        "%(called)s is no export of a Wharf or a Cozy: no document of one is in it. If it should be one, fetch it "
        "again as it was. %(way)s"
    ) % {"called": called, "way": another_way()}


def nothing_readable(called: str, problem: Problem) -> str:
    """Returns what is said of an archive nothing of which can be read."""
    return gettext("%(called)s can't be read. %(sentence)s") % {"called": called, "sentence": problem.sentence}


def piece(called: str) -> str:
    """Returns what is said of one of several files into which an archive was cut."""
    return gettext(
        "%(called)s is one of several files into which an archive was cut. Put them together to one (`zip -s 0 IT.zip "
        "--out WHOLE.zip` does so for a zip, or the program that has cut it), and import that."
    ) % {"called": called}


def no_archive(called: str, bad: NotAnArchive) -> str:
    """Returns what is said of what is no archive, by its first bytes."""
    begin, sentence = bad.begin, bad.problem.sentence
    if bad.problem.code == "empty":
        return gettext("%(called)s is empty. Fetch it again.") % {"called": called}
    if bad.problem.code == "split" or is_piece(called):
        return piece(called)
    if bad.problem.code == "no_tar_inside" and begin.startswith(ZIP):
        return gettext("%(called)s holds an archive. Unpack it, and import the one that is in it.") % {"called": called}
    if packer := packer_by_bytes(begin):
        return gettext(
            "%(called)s is packed with %(packer)s, which this server does not unpack. Unpack it, and pack what is in "
            "it as a zip; its order does not matter."
        ) % {"called": called, "packer": packer}
    if seems := file_by_bytes(begin):
        return gettext("%(called)s is no export of a Wharf or a Cozy: it seems to be %(seems)s. %(way)s") % {
            "called": called,
            "seems": seems,
            "way": another_way(),
        }
    return gettext(
        "%(called)s is no export of a Wharf or a Cozy. %(sentence)s If it should be one, fetch it again as it was."
    ) % {"called": called, "sentence": sentence}
