"""Items as they came, for people to read."""

import json

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts import strict_json
from importers.text import keepable

MOST_INDENTED = 1024 * 1024  # characters; beyond, indenting would cost more than it helps


def as_it_came(payload: str) -> SafeString | str:
    """The whole payload and, beside it, the same with each field on its line, if it is JSON."""
    if not payload:
        return "–"
    shown = [payload]
    if len(payload) <= MOST_INDENTED and (indented := _indented(payload)) not in (None, payload):
        shown.append(indented)
    return format_html(
        '<div class="payload">{}</div>', format_html_join("", "<pre>{}</pre>", ((text,) for text in shown))
    )


def as_text(item: bytes) -> str:
    """Bytes that may be text, for looking at: what is no UTF-8 shows as U+FFFD."""
    return keepable(item.decode(errors="replace"))


def _indented(payload: str) -> str | None:
    """One field a line; to read, not to rely on: doubled keys and the spelling of numbers are lost in it."""
    try:
        return keepable(json.dumps(strict_json.loads(payload), indent=2, ensure_ascii=False))
    except (ValueError, RecursionError):
        return None
