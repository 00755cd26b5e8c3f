"""A Cozy's contact as a card, for programs that read vCards."""

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from importers.formats.content_lines import escaped
from importers.verticals.contacts.card import Card
from importers.verticals.contacts.cozy import address_parts, dicts_in, text_in
from importers.verticals.contacts.lines import CardLine

TYPE = re.compile(r"[A-Za-z0-9-]{1,40}")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)  # how an address begins (RFC 3986, section 3.1)
N_PARTS = ("familyName", "givenName", "additionalName", "namePrefix", "nameSuffix")
TEXTS = {"company": "ORG", "jobTitle": "TITLE", "birthday": "BDAY", "birthplace": "BIRTHPLACE", "note": "NOTE"}
SEXES = {"male": "M", "female": "F"}  # RFC 6350, section 6.2.7


def card_of_document(body: dict[str, Any], groups: Iterable[str]) -> Card:
    """Returns the card. `groups`: the names of the groups that it is in."""
    return Card("", list(_lines(body, list(groups))))


def _lines(body: dict[str, Any], groups: list[str]) -> Iterator[CardLine]:
    yield from _names(body)
    for name, of in TEXTS.items():
        if text := text_in(body.get(name)):
            yield _line(of, escaped(text))
    if gender := text_in(body.get("gender")):
        yield _line("GENDER", SEXES.get(gender.lower()) or f";{escaped(gender)}")
    for number, (name, value, one) in enumerate(_values(body), 1):
        yield from _labelled(name, value, one, number)
    if groups:
        yield _line("CATEGORIES", ",".join(map(escaped, groups)))


def _names(body: dict[str, Any]) -> Iterator[CardLine]:
    if text := text_in(body.get("fullname")) or text_in(body.get("displayName")):
        yield _line("FN", escaped(text))
    names = body.get("name")
    if isinstance(names, dict) and any(text_in(names.get(part)) for part in N_PARTS):
        yield _line("N", ";".join(escaped(text_in(names.get(part))) for part in N_PARTS))


def _values(body: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yields what a contact may have several of: the name of its line, its value, and the object that says it."""
    for one in dicts_in(body.get("email")):
        yield "EMAIL", escaped(text_in(one.get("address"))), one
    for one in dicts_in(body.get("phone")):
        yield "TEL", escaped(text_in(one.get("number"))), one
    for one in dicts_in(body.get("cozy")):
        yield "URL", text_in(one.get("url")), one
    for one in dicts_in(body.get("impp")):
        yield "IMPP", _messaging(one), one
    for one in dicts_in(body.get("address")):
        yield "ADR", _address(one), one


def _labelled(name: str, value: str, one: dict[str, Any], number: int) -> Iterator[CardLine]:
    """Yields the line of a value, if there is one, and one for a label that is no type. A Cozy has a word of its own
    in `label` (`work`), and in `type` what else it is (`fax`), or what its person calls it."""
    beside = _beside_address(one) if name == "ADR" else {}
    if not value.strip(";") and not beside:
        return
    labels = {text.lower(): text for text in (text_in(one.get("label")), text_in(one.get("type"))) if text}
    types = [text for text in labels.values() if TYPE.fullmatch(text)]
    own = next((text for text in labels.values() if not TYPE.fullmatch(text)), "")
    group = f"item{number}" if own else ""
    said = (*types, *(["pref"] if one.get("primary") is True else []))
    yield CardLine(group, name, ({"TYPE": said} if said else {}) | beside, value)
    if own:
        yield CardLine(group, "X-ABLABEL", {}, escaped(own))


def _messaging(one: dict[str, Any]) -> str:
    """Returns an address as RFC 6350 has it, section 6.4.3: with its scheme, which a Cozy has beside it."""
    uri, protocol = text_in(one.get("uri")), text_in(one.get("protocol"))
    return uri if not uri or not protocol or SCHEME.match(uri) else f"{protocol}:{uri}"


def _address(one: dict[str, Any]) -> str:
    parts = address_parts(one)
    if not any(parts):
        parts[2] = text_in(one.get("formattedAddress"))
    return ";".join(map(escaped, parts))


def _beside_address(one: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Returns the parameters of an address: as it is written on a letter, and where it is."""
    said: dict[str, tuple[str, ...]] = {}
    geo = one.get("geo")
    if formatted := text_in(one.get("formattedAddress")):
        said["LABEL"] = (formatted,)
    place = geo.get("geo") if isinstance(geo, dict) else None
    if isinstance(place, list) and len(place) == 2 and all(map(_is_number, place)):
        said["GEO"] = (f"geo:{place[1]},{place[0]}",)
    return said


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _line(name: str, value: str) -> CardLine:
    return CardLine("", name, {}, value)
