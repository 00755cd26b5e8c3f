"""A Cozy's contact as a card, for programs that read vCards."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from importers.formats.content_lines import escaped
from importers.verticals.contacts.card import Card
from importers.verticals.contacts.cozy import dicts_in, text_in
from importers.verticals.contacts.lines import CardLine

TYPE = re.compile(r"[A-Za-z0-9-]{1,40}")
N_PARTS = ("familyName", "givenName", "additionalName", "namePrefix", "nameSuffix")
TEXTS = {"company": "ORG", "jobTitle": "TITLE", "birthday": "BDAY", "birthplace": "BIRTHPLACE", "note": "NOTE"}


def card_of_document(body: dict[str, Any], groups: Iterable[str]) -> Card:
    """Returns the card. `groups`: the names of the groups that it is in."""
    return Card("", list(_lines(body, list(groups))))


def _lines(body: dict[str, Any], groups: list[str]) -> Iterator[CardLine]:
    yield from _names(body)
    for name, of in TEXTS.items():
        if text := text_in(body.get(name)):
            yield _line(of, escaped(text))
    number = 0
    for name, of, inside in (("email", "EMAIL", "address"), ("phone", "TEL", "number"), ("cozy", "URL", "url")):
        for one in dicts_in(body.get(name)):
            if text := text_in(one.get(inside)):
                number += 1
                yield from _labelled(of, escaped(text) if of != "URL" else text, one, number)
    for one in dicts_in(body.get("address")):
        number += 1
        yield from _labelled("ADR", _address(one), one, number)
    if groups:
        yield _line("CATEGORIES", ",".join(map(escaped, groups)))


def _names(body: dict[str, Any]) -> Iterator[CardLine]:
    if text := text_in(body.get("fullname")) or text_in(body.get("displayName")):
        yield _line("FN", escaped(text))
    names = body.get("name")
    if isinstance(names, dict) and any(text_in(names.get(part)) for part in N_PARTS):
        yield _line("N", ";".join(escaped(text_in(names.get(part))) for part in N_PARTS))


def _labelled(name: str, value: str, one: dict[str, Any], number: int) -> Iterator[CardLine]:
    """Yields the line of a value, and one for a label that is no type."""
    label = text_in(one.get("type")) or text_in(one.get("label"))
    types = [label] if TYPE.fullmatch(label) else []
    group = f"item{number}" if label and not types else ""
    said = (*types, *(["pref"] if one.get("primary") is True else []))
    yield CardLine(group, name, {"TYPE": said} if said else {}, value)
    if group:
        yield CardLine(group, "X-ABLABEL", {}, escaped(label))


def _address(one: dict[str, Any]) -> str:
    number, street = text_in(one.get("number")), text_in(one.get("street"))
    code = text_in(one.get("postcode")) or text_in(one.get("postCode"))
    parts = [
        text_in(one.get("pobox")),
        text_in(one.get("extendedAddress")),
        " ".join(filter(None, (number, street))),
        text_in(one.get("city")),
        text_in(one.get("region")),
        code,
        text_in(one.get("country")),
    ]
    if not any(parts):
        parts[2] = text_in(one.get("formattedAddress"))
    return ";".join(map(escaped, parts))


def _line(name: str, value: str) -> CardLine:
    return CardLine("", name, {}, value)
