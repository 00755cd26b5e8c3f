"""Items of every vertical, none like another, made of what the server itself publishes of them."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

import httpx

from bench.items import enveloped, import_head, mail, related_request
from bench.process import LOOPBACK
from bench.server import BenchServer

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAIL_SIZE, SMALL_FILE = 20_000, 1_000  # bytes of a message, and of a file

Item = dict[str, Any]
_numbers = count(1)


@dataclass(frozen=True)
class Maker:
    """`vertical`: the path; `kinds`: how each kind of item there is made, one that has never been sent."""

    vertical: str
    kinds: tuple[Callable[[], Item], ...]

    def requests(self, token: str, number: int) -> list[bytes]:
        """So many whole requests, of each kind as many."""
        return [self._request(token, self.kinds[place % len(self.kinds)]()) for place in range(number)]

    def _request(self, token: str, item: Item) -> bytes:
        body = enveloped(item)
        return import_head(token, self.vertical, "application/json", len(body)) + body


def makers(server: BenchServer) -> Iterator[Maker]:
    """A maker for each path whose items no other path takes; of the kinds that come without a file."""
    for path, kinds in _published(server):
        made = tuple(_of_kind(path, kind) for kind in kinds if kind.get("x-file") in ("none", "optional"))
        if made:
            yield Maker(path, made)


def file_requests(server: BenchServer, token: str) -> Iterator[bytes]:
    """A whole request for each kind of item that must bring a file, with its example."""
    for path, kinds in _published(server):
        for kind in kinds:
            if kind.get("x-file") == "required":
                yield related_request(token, path, kind["examples"][0], os.urandom(SMALL_FILE))


def _published(server: BenchServer) -> Iterator[tuple[str, list[Item]]]:
    """Yields each path whose items no other path takes, with its kinds of items."""
    seen: list[list[Any]] = []
    index = httpx.get(f"http://{LOOPBACK}:{server.port}/import/schemas/", trust_env=False).json()
    for one in index["verticals"]:
        types = [item["types"] or one["vertical"] for item in one["items"]]
        if types in seen:
            continue
        seen.append(types)
        path = one["vertical"]
        address = f"http://{LOOPBACK}:{server.port}/import/schemas/{path}.json"
        yield path, list(httpx.get(address, trust_env=False).json()["$defs"].values())


def _of_kind(path: str, kind: Item) -> Callable[[], Item]:
    example, alternatives = kind["examples"][0], kind["x-identified-by"]
    if path == "mail" and "rawString" in kind["properties"]:
        return lambda: mail(MAIL_SIZE)
    by = next((one for one in alternatives if all(_at(example, field) is not None for field in one)), [""])
    # What several fields tell apart stays in one container, which is the first of them.
    return lambda: another(example, *by[1:] or by)


def another(example: Item, *told: str) -> Item:
    """An item like the example that is none of those before. `told`: pointers to the fields that it is told from others
    by; an empty one is all that it says."""
    if "" in told:
        return example | {"note of the bench": uuid4().hex}
    changed = dict(example)
    for pointer in told:
        name, _, inner = pointer.removeprefix("/").partition("/")
        changed[name] = another(changed[name], f"/{inner}") if inner else _another_value(changed[name])
    return changed


def _another_value(value: Any) -> Any:
    if isinstance(value, dict):
        return another(value, f"/{next(iter(value))}")
    if isinstance(value, int):
        return next(_numbers)
    return UUID.sub(lambda _: str(uuid4()), value) if UUID.search(value) else uuid4().hex


def _at(item: Any, pointer: str) -> Any:
    for name in pointer.split("/")[1:]:
        item = item.get(name) if isinstance(item, dict) else None
    return item
