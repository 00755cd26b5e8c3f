"""How an item is known again, whose rejection it may make good."""

import re

from importers import errors
from importers.digests import digest
from importers.items.arrival import WholeItem
from importers.items.item import Item
from importers.items.wire import item_name, judge, parse, spelled
from importers.receiving.encoded_file import json_with_note
from importers.registry import VERTICALS
from importers.vertical import item_type, takes_any_object, vertical_at

# A string with its end, or a string without one, or what stands between strings and numbers.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+("?)|[\[\]{},:]', re.DOTALL)
_ENDS = {b"{": b"}", b"[": b"]"}


def item_digest(vertical: str, payload: bytes) -> str:
    """Returns what stands for all that an item says, in whatever spelling, envelope and generation it comes; empty for
    what is no item. `vertical`: the path that it was sent to, whether anything is taken there or not."""
    there = vertical_at(vertical)
    try:
        if there is not None and there.file_in_json:
            payload = json_with_note(there.file_in_json, payload)
        item = parse(payload, exact=True, any_object=takes_any_object(vertical))
        name = item_name(item)
        if name:
            del item["@type"]
        return digest(_kind_name(vertical, name), spelled(item))
    except errors.Refusal:
        return ""


def _kind_name(vertical: str, name: str) -> str:
    """Returns the first name of the kind of item that a `@type` means at this path, or else at any other."""
    for path in (vertical, *VERTICALS):
        if (kind := item_type(path, name)) is not None and kind.types:
            return kind.types[0]
    return name


def is_told_by(beginning: bytes, shape: Item, whole: WholeItem) -> bool:
    """Returns whether the beginning of an item's JSON holds all that it is told from others by.

    Where that depends on what came before the item, it must hold all that is looked for in it.
    """
    text = completed(beginning)
    try:
        item = judge(type(shape), parse(text, any_object=shape.is_any_object))
    except errors.Refusal:
        return False
    if item is None:
        return False
    identity = item.identity(WholeItem(whole.vertical, text.decode(), whole.sha256))
    return identity == shape.identity(whole) if identity else item == shape


def completed(beginning: bytes) -> bytes:
    """Returns the beginning of a JSON text as a text that ends with its last whole value; empty where there is none."""
    end, ends_of_end = 0, b""
    ends: list[bytes] = []
    before = b""
    for token in _TOKEN.finditer(beginning):
        mark = token[0][:1]
        if mark == b'"':
            if not token[1]:
                break
            is_name = before != b":" and ends[-1:] != [b"]"]
            at = end if is_name else token.end()
        elif mark in _ENDS:
            ends.append(_ENDS[mark])
            at = token.end()
        elif mark in (b"}", b"]"):
            if ends[-1:] != [mark]:
                break
            ends.pop()
            at = token.end()
        else:
            at = token.start() if mark == b"," else end  # a number before a comma is whole
        if at != end:
            end, ends_of_end = at, b"".join(reversed(ends))
        before = mark
    return beginning[:end] + ends_of_end
