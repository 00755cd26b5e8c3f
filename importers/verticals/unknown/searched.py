"""What is searched of an item that nobody understands: every text that stands in it."""

from collections.abc import Iterator
from typing import Any

from accounts import strict_json

MOST_TEXTS = 10_000


def texts_in(payload: str) -> Iterator[str]:
    """Yields the texts and numbers that a JSON value has, but for the names of its members and its type."""
    try:
        waiting = [strict_json.loads(payload, number=str)]  # type: ignore[arg-type]  # as it stands there
    except (ValueError, RecursionError):
        return
    for _ in range(MOST_TEXTS):
        if not waiting:
            return
        value: Any = waiting.pop()
        if isinstance(value, dict):
            waiting += reversed([member for name, member in value.items() if name != "@type"])
        elif isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, str | int) and not isinstance(value, bool):
            yield str(value)
