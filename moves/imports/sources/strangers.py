"""What is said of something that is no export: what it seems to be, and what to do."""

from collections.abc import Iterable

from django.utils.translation import gettext

from moves.archives.incoming import NotAnArchive
from moves.imports.sources.recognition import archive_by_names, file_by_bytes, packer_by_bytes

MOST_NAMES = 2_000  # by which an archive is recognised


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
        return gettext(
            "%(called)s is no export of a Wharf or a Cozy: it seems to be %(seems)s. Unpack it, and send the folders "
            "that you want to keep with `manage.py send_folder`."
        ) % {"called": called, "seems": seems}
    return gettext(
        "%(called)s is no export of a Wharf or a Cozy: no document of one is in it. If it should be one, fetch it "
        "again as it was; files that you have packed yourself come in with `manage.py send_folder`."
    ) % {"called": called}


def no_archive(called: str, bad: NotAnArchive) -> str:
    """Returns what is said of what is no archive, by its first bytes."""
    begin, sentence = bad.begin, bad.problem.sentence
    if not begin:
        return gettext("%(called)s is empty. Fetch it again.") % {"called": called}
    if packer := packer_by_bytes(begin):
        return gettext(
            "%(called)s is packed with %(packer)s, which this server does not unpack. Unpack it, and pack what is in "
            "it as a zip; its order does not matter."
        ) % {"called": called, "packer": packer}
    if seems := file_by_bytes(begin):
        return gettext(
            "%(called)s is no export of a Wharf or a Cozy: it seems to be %(seems)s. Put it into a folder, and send "
            "that with `manage.py send_folder`."
        ) % {"called": called, "seems": seems}
    return gettext(
        "%(called)s is no export of a Wharf or a Cozy. %(sentence)s If it should be one, fetch it again as it was."
    ) % {"called": called, "sentence": sentence}
