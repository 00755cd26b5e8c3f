"""What an archive says of the account that it is of."""

from accounts import strict_json
from importers.text import keepable

LARGEST_FACTS = 64 * 1024  # bytes of instance.json that are looked at
LONGEST_FACT = 255  # characters
MOST_FACTS = 50


def plain_facts(raw: bytes) -> dict[str, str]:
    """Returns the plain texts of what the other server says of the account."""
    body = strict_json.object_in(raw) or {}
    return {
        keepable(name)[:64]: keepable(value)[:LONGEST_FACT]
        for name, value in list(body.items())[:MOST_FACTS]
        if isinstance(value, str)
    }
