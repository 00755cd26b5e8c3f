"""Tables within the pages of the operator's view."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SHOWN_ROWS = 200  # rows of a table, of however many there are


def table(heads: Iterable[str], rows: Iterable[Iterable[Any]], *, row_heads: bool = False) -> SafeString:
    """Returns a table; a head or a cell that is no SafeString is escaped. `row_heads`: each row's first cell names
    it."""
    head = format_html_join("", "<th scope='col'>{}</th>", ((name,) for name in heads))
    body = format_html_join("", "<tr>{}</tr>", ((_cells(tuple(row), row_heads),) for row in rows))
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)


def _cells(row: tuple[Any, ...], row_heads: bool) -> SafeString:
    if row_heads:
        return format_html("<th scope='row'>{}</th>", row[0]) + _cells(row[1:], row_heads=False)
    return format_html_join("", "<td>{}</td>", ((cell,) for cell in row))


def moment(at: datetime | None) -> str:
    """Returns a time to the second, or a dash where there is none."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "–"
