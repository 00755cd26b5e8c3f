"""How many things, files or parts, as a sentence says it. A thing is whatever has a document in an archive."""

from django.utils.translation import ngettext

from accounts.numbers import thousands
from accounts.texts import kept_plural

THINGS = kept_plural("%(number)s thing", "%(number)s things", by="number")
FILES = kept_plural("%(number)s file", "%(number)s files", by="number")
PARTS = kept_plural("%(number)s part", "%(number)s parts", by="number")
REPORTED = kept_plural("%(number)s reported", "%(number)s reported", by="number")
MISSING = kept_plural("%(number)s missing", "%(number)s missing", by="number")
kept_plural("%(number)s document", "%(number)s documents", by="number")  # as former versions wrote it down
# Values of sentences that are written down which are such words.
KEPT = ("documents", "files", "parts", "reported", "missing")


def things(number: int) -> str:
    """Returns `1 thing`, `1,234 things`."""
    return ngettext(*THINGS, number) % {"number": thousands(number)}


def files(number: int) -> str:
    """Returns `1 file`, `1,234 files`."""
    return ngettext(*FILES, number) % {"number": thousands(number)}


def reported(number: int) -> str:
    """Returns `1 reported`, `1,234 reported`."""
    return ngettext(*REPORTED, number) % {"number": thousands(number)}


def missing(number: int) -> str:
    """Returns `1 missing`, `1,234 missing`."""
    return ngettext(*MISSING, number) % {"number": thousands(number)}


def parts(number: int) -> str:
    """Returns `1 part`, `1,234 parts`."""
    return ngettext(*PARTS, number) % {"number": thousands(number)}
