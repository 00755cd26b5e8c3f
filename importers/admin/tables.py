"""Tables within the pages of the operator's view."""

from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text

SHOWN_ROWS = 200  # rows of a table, of however many there are
# Of a length of time, with how many seconds each has, the largest first.
UNITS = (
    (_("%(number)s d"), 86_400),
    (_("%(number)s h"), 3_600),
    (_("%(number)s min"), 60),
    (_("%(number)s s"), 1),
)


def table(heads: Iterable[Text], rows: Iterable[Iterable[Any]], *, row_heads: bool = False) -> SafeString:
    """Returns a table; a head or a cell that is no SafeString is escaped. `row_heads`: each row's first cell names
    it."""
    head = format_html_join("", "{}", ((_head(name),) for name in heads))
    body = format_html_join("", "<tr>{}</tr>", ((_cells(tuple(row), row_heads),) for row in rows))
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)


def _head(name: Text) -> SafeString:
    return format_html("<th scope='col'>{}</th>", name) if name else SafeString("<td></td>")


def _cells(row: tuple[Any, ...], row_heads: bool) -> SafeString:
    if row_heads:
        return format_html("<th scope='row'>{}</th>", row[0]) + _cells(row[1:], row_heads=False)
    return format_html_join("", "<td>{}</td>", ((cell,) for cell in row))


def counted_in_words(words: Any, number: str) -> str:
    """Returns how many there are of what: `photos: 12`."""
    return gettext("%(name)s: %(value)s") % {"name": words, "value": number}
