"""The title, the text and the times of an item whose shape nobody knows, found where items mostly have them."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from importers.formats.local_time import said_moment
from importers.items.wire import Digits

TITLES = ("title", "name", "headline", "subject", "heading", "displayName", "label")
TEXTS = (
    "content",
    "text",
    "textContent",
    "body",
    "plainText",
    "note",
    "notes",
    "message",
    "articleBody",
    "description",
    "summary",
    "markdown",
    "html",
    "contentHtml",
    "textContentHtml",
    "listContent",
    "items",
)
CREATED = (
    "created",
    "createdAt",
    "created_at",
    "dateCreated",
    "createdTime",
    "creationTime",
    "timeCreated",
    "createdTimestampUsec",
    "published",
    "datePublished",
)
EDITED = (
    "updated",
    "updatedAt",
    "updated_at",
    "modified",
    "modifiedAt",
    "dateModified",
    "modifiedTime",
    "timeUpdated",
    "timeModified",
    "lastModified",
    "userEditedTimestampUsec",
    "edited",
)
TICKED = ("isChecked", "checked", "isDone", "done", "isCompleted", "completed")  # of an element of a list
TAGS = ("tags", "labels", "keywords", "categories")
LONGEST_BEGIN = 120  # characters
DEEPEST = 8  # levels of an item that are looked into
MOST_LOOKED_INTO = 1_000  # objects


def title_of(item: dict[str, Any]) -> str:
    """Returns what the item is called; empty where it says nothing."""
    return next((text for inner in _objects(item) for text in _said(inner, TITLES, _short)), "")


def text_of(item: dict[str, Any]) -> str:
    """Returns what the item says to people, line by line; empty where it says nothing."""
    return next((text for inner in _objects(item) for text in _said(inner, TEXTS, _written)), "")


def marked_text_of(item: dict[str, Any]) -> str:
    """Returns the same; of a list that can be ticked off, each line as a task of Markdown (GitHub's flavour, section
    5.3)."""
    return next((text for inner in _objects(item) for text in _said(inner, TEXTS, partial(_written, ticks=True))), "")


def begin_of(text: str) -> str:
    """Returns the first line of a text that says something, or what of it fits into a list."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= LONGEST_BEGIN else line[: LONGEST_BEGIN - 1] + "…"


def created_at(item: dict[str, Any]) -> datetime | None:
    """Returns when it was made."""
    return _time(item, CREATED)


def edited_at(item: dict[str, Any]) -> datetime | None:
    """Returns when it was changed."""
    return _time(item, EDITED)


def tags_of(item: dict[str, Any]) -> list[str]:
    """Returns its tags, each once, in its order."""
    for inner in _objects(item):
        for name in TAGS:
            value = inner.get(name)
            each = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else []
            found = [" ".join(tag.split()) for tag in (_short(one) for one in each)]
            if any(found):
                return [tag for tag in dict.fromkeys(found) if tag]
    return []


def _time(item: dict[str, Any], names: tuple[str, ...]) -> datetime | None:
    for inner in _objects(item):
        for name in names:
            if (found := said_moment(inner.get(name))) is not None:
                return found
    return None


def _objects(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the item, and what is in it, the outer ones first: some services put an object around what they say."""
    level, seen = [item], 0
    for _ in range(DEEPEST):
        for inner in level:
            yield inner
            seen += 1
            if seen == MOST_LOOKED_INTO:
                return
        level = [value for inner in level for value in inner.values() if isinstance(value, dict)]


def _said(inner: dict[str, Any], names: tuple[str, ...], read: Any) -> Iterator[str]:
    return (text for text in (read(inner[name]) for name in names if name in inner) if text)


def _short(value: Any) -> str:
    """Returns a text, or the one that an object has around it."""
    if isinstance(value, dict):
        return next(
            (text for text in (_plain(value.get(name)) for name in ("text", "name", "title", "value")) if text), ""
        )
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value.strip() and value
    return str(value) if isinstance(value, int | Digits) and not isinstance(value, bool) else ""


def _written(value: Any, depth: int = 0, *, ticks: bool = False) -> str:
    """Returns a text; of a list, what each of its elements says, in a line of its own; of an object, its text."""
    if depth == DEEPEST:
        return ""
    if isinstance(value, list):
        return "\n".join(line for one in value if (line := _line(one, depth + 1, ticks=ticks)))
    if isinstance(value, dict):
        inside = (_written(value.get(name), depth + 1, ticks=ticks) for name in (*TEXTS, "value"))
        return next(filter(None, inside), "")
    return value if isinstance(value, str) and value.strip() else ""


def _line(one: Any, depth: int, *, ticks: bool) -> str:
    text = _written(one, depth, ticks=ticks)
    said = (one[name] for name in TICKED if isinstance(one.get(name), bool)) if isinstance(one, dict) else iter(())
    if not (ticks and text) or (tick := next(said, None)) is None:
        return text
    return f"- [{'x' if tick else ' '}] " + text.replace("\n", "\n  ")
