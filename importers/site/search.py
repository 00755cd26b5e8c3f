"""The index of the site's search: scripts that a browser loads one after the other, since it reads no other files from
a disk (Fetch Standard, section 4.2: a `file:` address is the user agent's own affair)."""

import json
from typing import NamedTuple

MOST_TEXT = 1_000  # characters of an entry that are found
CHUNK = 400_000  # characters after which a chunk ends
encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Finding(NamedTuple):
    """What an entry is found by: what it is called, what it says, and its day."""

    title: str
    text: str
    day: str


class SearchIndex:
    """The entries of all pages, some hundred at a time. What is ready is taken from it before more is added."""

    def __init__(self) -> None:
        self.chunks = 0
        self._pages: list[str] = []
        self._size = 0

    def add(self, page: str, kind: str, findings: list[Finding]) -> None:
        """The entries of one page, in the order in which they stand there; `page` is its path below `pages`."""
        body = encoded([page, kind, findings])
        self._pages.append(body)
        self._size += len(body)

    @property
    def is_full(self) -> bool:
        return self._size >= CHUNK

    def take(self) -> tuple[str, bytes]:
        """Returns path and bytes of the next chunk."""
        self.chunks += 1
        # What ends a line in JavaScript, but not in JSON, did so inside of texts before ES2019.
        body = ",\n".join(self._pages).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        self._pages, self._size = [], 0
        return f"search/{self.chunks}.js", f"found([\n{body}\n]);\n".encode(errors="replace")

    @property
    def is_empty(self) -> bool:
        return not self._pages
