"""What telephones and addresses of a contact are labelled as, in the language of whoever reads it."""

import re

from django.utils.translation import pgettext_lazy

# The types of vCards (RFC 2426, sections 3.2.1 and 3.3.1; RFC 6350, section 6.4.1), and what phones call theirs.
LABELS = {
    "home": pgettext_lazy("of a telephone or an address", "home"),
    "work": pgettext_lazy("of a telephone or an address", "work"),
    "cell": pgettext_lazy("of a telephone or an address", "cell"),
    "mobile": pgettext_lazy("of a telephone or an address", "mobile"),
    "main": pgettext_lazy("of a telephone or an address", "main"),
    "fax": pgettext_lazy("of a telephone or an address", "fax"),
    "pager": pgettext_lazy("of a telephone or an address", "pager"),
    "other": pgettext_lazy("of a telephone or an address", "other"),
}
_LABELLED = re.compile(r"(.+) \(([a-z]+(?: [a-z]+)*)\)")


def said_labels(lines: str) -> str:
    """Returns lines of a column, each with its label as people say it; one that nobody knows is as its person has
    written it."""
    return "\n".join(map(_said, lines.splitlines()))


def _said(line: str) -> str:
    found = _LABELLED.fullmatch(line)
    words = found[2].split() if found else []
    if found is None or not LABELS.keys() >= set(words):
        return line
    return f"{found[1]} ({' '.join(str(LABELS[word]) for word in words)})"
