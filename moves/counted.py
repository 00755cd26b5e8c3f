"""How many documents, files or parts, as a sentence says it."""

from django.utils.translation import ngettext


def documents(number: int) -> str:
    """Returns `1 document`, `1,234 documents`."""
    return ngettext("%(number)s document", "%(number)s documents", number) % {"number": f"{number:,}"}


def files(number: int) -> str:
    """Returns `1 file`, `1,234 files`."""
    return ngettext("%(number)s file", "%(number)s files", number) % {"number": f"{number:,}"}


def parts(number: int) -> str:
    """Returns `1 part`, `1,234 parts`."""
    return ngettext("%(number)s part", "%(number)s parts", number) % {"number": f"{number:,}"}
