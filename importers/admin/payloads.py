"""Items as they came, for people to read."""

import json

from django.utils.html import format_html
from django.utils.safestring import SafeString

from importers.text import keepable

# Both look the same in light and dark: they take the admin's own colours.
_PRE = (
    '<pre style="max-height:32rem;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:0;'
    'flex:1 1 24rem;min-width:0">{}</pre>'
)
MOST_INDENTED = 1024 * 1024  # characters; beyond, indenting would cost more than it helps


def as_it_came(payload: str) -> SafeString | str:
    """The whole payload and, beside it, the same with each field on its line, if it is JSON."""
    if not payload:
        return "–"
    indented = _indented(payload) if len(payload) <= MOST_INDENTED else None
    raw = format_html(_PRE, payload)
    if indented is None or indented == payload:
        return raw
    return format_html(
        '<div style="display:flex;flex-wrap:wrap;gap:1.5rem;width:100%">{}{}</div>', raw, format_html(_PRE, indented)
    )


def as_text(item: bytes) -> str:
    """Bytes that may be text, for looking at: what is no UTF-8 shows as U+FFFD."""
    return keepable(item.decode(errors="replace"))


def _indented(payload: str) -> str | None:
    """One field a line; to read, not to rely on: doubled keys and the spelling of numbers are lost in it."""
    try:
        return keepable(json.dumps(json.loads(payload), indent=2, ensure_ascii=False))
    except (ValueError, RecursionError):
        return None
