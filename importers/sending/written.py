"""Items that stand in files as they are sent: a list of JSON objects in a file for each vertical."""

import json
from collections.abc import Iterator
from pathlib import Path

from importers.sending.items import OutgoingItem

CALLED_BY = ("title", "name", "headline", "text", "id", "identifier")


def items_below(folder: Path) -> Iterator[OutgoingItem]:
    """The items of each `<vertical>.json` of a folder, in the order of the names. Raises `OSError`, and `ValueError`
    where a file is not JSON."""
    for path in sorted(folder.glob("*.json")):
        for payload in json.loads(path.read_text("utf-8")):
            called = next((str(payload[name]) for name in CALLED_BY if payload.get(name)), "item")
            yield OutgoingItem(path.stem, called, payload)
