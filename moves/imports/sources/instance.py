"""What an archive says of the account that it is of."""

import json

from importers.text import keepable

LARGEST_FACTS = 64 * 1024  # bytes of instance.json that are looked at
LONGEST_FACT = 255  # characters
MOST_FACTS = 50


def plain_facts(raw: bytes) -> dict[str, str]:
    """Returns the plain texts of what the other server says of the account."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(body, dict):
        return {}
    return {
        keepable(name)[:64]: keepable(value)[:LONGEST_FACT]
        for name, value in list(body.items())[:MOST_FACTS]
        if isinstance(value, str)
    }
