"""The JSON of an item, for people who read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from accounts import strict_json
from importers.text import keepable

MOST_READ = 256 * 1024  # characters of a text that is made readable
MOST_LINES = 400  # values that are shown
DEEPEST = 8  # levels
LONGEST_VALUE = 4_000  # characters of a value


@dataclass
class ItemLine:
    """One member: its name, and its value or what it has inside. `cut`: there is more of it."""

    name: str
    value: str = ""
    inside: list["ItemLine"] = field(default_factory=list)
    cut: bool = False


@dataclass(frozen=True)
class ItemTree:
    """A readable item. `cut`: there is more, which only its raw form has."""

    lines: list[ItemLine]
    cut: bool


def item_tree(payload: str) -> ItemTree | None:
    """Returns an item as lines; None for what is too large for a page, or is no JSON."""
    if len(payload) > MOST_READ:
        return None
    try:
        item = strict_json.loads(payload, number=str)  # type: ignore[arg-type]  # as it stands there
    except (ValueError, RecursionError):
        return None
    writing = _Writing()
    lines = list(writing.lines(item, 0))
    return ItemTree(lines, writing.cut)


class _Writing:
    def __init__(self) -> None:
        self.left, self.cut = MOST_LINES, False

    def lines(self, value: Any, depth: int) -> Iterator[ItemLine]:
        members = value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list) else ()
        if not isinstance(value, dict | list):
            yield self._line("", value, depth)
        for name, member in members:
            if self.left <= 0:
                self.cut = True
                return
            yield self._line(str(name), member, depth)

    def _line(self, name: str, value: Any, depth: int) -> ItemLine:
        self.left, name = self.left - 1, keepable(name)  # JSON may have halves of characters in it, and no page can
        if isinstance(value, dict | list):
            if not value:
                return ItemLine(name, "—")
            if depth >= DEEPEST:
                self.cut = True
                return ItemLine(name, "…")
            return ItemLine(name, inside=list(self.lines(value, depth + 1)))
        text = (
            {True: gettext("yes"), False: gettext("no"), None: "—"}.get(value)
            if isinstance(value, bool | None)
            else None
        )
        text = str(value) if text is None else text
        if len(text) > LONGEST_VALUE:
            self.cut = True
            text = text[:LONGEST_VALUE] + " …"
        return ItemLine(name, keepable(text) or "—")
