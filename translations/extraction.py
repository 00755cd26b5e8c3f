"""The words of Python files and of Django's templates, by Babel.

`make messages` needs no gettext on the machine; Django's own `makemessages` would.
"""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.utils.translation.template import templatize

from translations.rooms import Room

KEYWORDS: dict[str, Any] = DEFAULT_KEYWORDS | {
    "gettext_lazy": (1,),
    "gettext_noop": (1,),
    "kept_text": (1,),  # accounts/texts.py
    "kept_plural": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
COMMENT = "Translators:"
TEMPLATES = (".html", ".txt", ".svg")
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_FORMATTED = re.compile(r"%\([a-z_]+\)", re.IGNORECASE)


class MarkedText(NamedTuple):
    """One text: its place, its words (with the plural's), its context if it needs one, and what helps translators."""

    path: Path
    line: int
    words: str | tuple[str, ...]
    context: str | None
    comments: tuple[str, ...]


def messages(root: Path, path: Path) -> Iterator[MarkedText]:
    """Yields every text of a file that is marked for translation. `path`: below `root`."""
    text = (root / path).read_text()
    if path.suffix in TEMPLATES:
        # Python's tokens are what Babel reads, and between a template's texts there is none of its indents.
        text = _INDENT.sub("", templatize(text, origin=str(path)))
    found = extract("python", io.BytesIO(text.encode()), KEYWORDS, (COMMENT,), {"encoding": "utf-8"})
    for line, words, comments, context in found:
        if words:
            yield MarkedText(path, line, words, context, tuple(comments))
    if path.suffix not in TEMPLATES:
        yield from _in_formatted_texts(path, text)


def _in_formatted_texts(path: Path, code: str) -> Iterator[MarkedText]:
    """Yields the texts inside of f-strings, which are one token each to Babel before Python 3.12."""
    inside = {
        (call.lineno, ast.unparse(call))
        for formatted in ast.walk(ast.parse(code))
        if isinstance(formatted, ast.JoinedStr)
        for call in ast.walk(formatted)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
    }
    for at, call in sorted(inside):
        for _line, words, _comments, context in extract("python", io.BytesIO(call.encode()), KEYWORDS):
            yield MarkedText(path, at, words, context, ())


def catalogue_of(room: Room) -> Catalog:
    """Returns the texts of a room without their translations, in the order of its files."""
    catalogue = Catalog(fuzzy=False)
    for path in room.sources:
        for message in messages(room.root, path):
            catalogue.add(
                message.words, locations=[(str(path), 0)], auto_comments=message.comments, context=message.context
            )
    return catalogue
