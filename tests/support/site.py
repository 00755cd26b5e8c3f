"""The site in an archive, as tests read it: its pages, where they lead, and what is found in them."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from tests.support.takeout import PAGE

PAGES = "My Cozy/Readable/pages/"


class PageReader(HTMLParser):
    """What a page has: its elements, where it leads, and what can be led to in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.handlers: list[str] = []
        self.addresses: list[str] = []
        self.ids: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attributes:
            if name in ("href", "src", "action"):
                self.addresses.append(value or "")
            elif name == "id":
                self.ids.add(value or "")
            elif name.startswith("on") or name == "style":
                self.handlers.append(f"{name}={value}")


def pages_of(entries: dict[str, bytes]) -> dict[str, PageReader]:
    return {name: PageReader(body.decode()) for name, body in entries.items() if PAGE.fullmatch(name)}


def dead_links(entries: dict[str, bytes]) -> Iterator[str]:
    """Yields links from pages to what is not in the archive."""
    pages = pages_of(entries)
    folders = {folder for name in entries for folder in _above(name)}
    for name, page in pages.items():
        for address in page.addresses:
            if address.startswith(("#", "https://")):
                continue
            path, _, fragment = address.partition("#")
            target = normpath(join(dirname(name), unquote(path)))
            if target not in entries and not (path.endswith("/") and target in folders):
                yield f"{name}: {address}"
            elif fragment and fragment not in pages[target].ids:
                yield f"{name}: {address} has no such place"


def _above(name: str) -> Iterator[str]:
    while name := dirname(name):
        yield name


def found_by(entries: dict[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """Yields where each entry of the search's index stands, and what it says."""
    for name, body in entries.items():
        if name.startswith(f"{PAGES}search/"):
            found = re.fullmatch(r"found\((.*)\);\n", body.decode(), re.DOTALL)
            assert found
            for page, _kind, findings in json.loads(found[1]):
                for number, finding in enumerate(findings, 1):
                    yield f"{PAGES}{page}#e{number}", finding
