"""A contact as a Cozy has it, both ways (its doctypes `io.cozy.contacts` and `io.cozy.contacts.groups`)."""

from typing import Any

from importers.verticals.contacts.card import Card, kept, kept_lines

CONTACTS, GROUPS = "io.cozy.contacts", "io.cozy.contacts.groups"
NAME_ORDER = ("namePrefix", "givenName", "additionalName", "familyName", "nameSuffix")
EXTENDED = ("building", "stairs", "floor", "apartment", "entrycode", "locality")  # of an address
POSTCODES = ("code", "postcode", "postCode")  # what Cozys have called it, in the order in which they are asked


def body_of(card: Card) -> dict[str, Any]:
    """Returns what the document of a card says for a Cozy."""
    title, note, birthday = card.first("TITLE"), card.first("NOTE"), card.birthday
    lists = {
        "email": card.values("EMAIL", "address"),
        "phone": card.values("TEL", "number"),
        "address": card.addresses,
    }
    first_url = next(iter(card.values("URL", "url")), None)
    said = {
        "fullname": card.name,
        "displayName": card.name,
        "name": card.names,
        **{name: _with_one_first(values) for name, values in lists.items()},
        "company": card.organization,
        "jobTitle": title,
        "birthday": birthday,
        "note": note,
        "cozy": [{"url": first_url["url"], "primary": True}] if first_url and _is_cozys(card) else [],
    }
    return {name: value for name, value in said.items() if value}


def _is_cozys(card: Card) -> bool:
    """Whether its first address is one of a Cozy: cards that a Cozy writes say so."""
    return any("cozy" in line.types for line in card.of("URL"))


def _with_one_first(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the values, of which a Cozy shows the one that is `primary`."""
    if values and not any(one.get("primary") for one in values):
        return [values[0] | {"primary": True}, *values[1:]]
    return values


def columns_of_document(body: dict[str, Any]) -> dict[str, Any]:
    """Returns the columns of a Cozy's contact. What is not as it should be is nothing; the payload has it."""
    names = body.get("name")
    parts = [text_in(names.get(part)) for part in NAME_ORDER] if isinstance(names, dict) else []
    emails, telephones = _values(body.get("email"), "address"), _values(body.get("phone"), "number")
    company = text_in(body.get("company"))
    called = (text_in(body.get("fullname")), " ".join(filter(None, parts)), text_in(body.get("displayName")), company)
    addresses = [_address(one) for one in dicts_in(body.get("address"))]
    return {
        "uid": kept(text_in(body.get("uid"))),
        "name": kept(next(filter(None, (*called, *emails, *telephones)), "")),
        "organization": kept(company),
        "telephones": kept_lines(telephones),
        "emails": kept_lines(emails),
        "addresses": kept_lines(filter(None, addresses)),
        "birthday": kept(text_in(body.get("birthday"))),
        "groups": kept_lines(group_ids(body)),
        "unread": "",
    }


def group_ids(body: dict[str, Any]) -> list[str]:
    """Returns the ids of the groups that a Cozy's contact is in."""
    relations = body.get("relationships")
    groups = relations.get("groups") if isinstance(relations, dict) else None
    data = groups.get("data") if isinstance(groups, dict) else None
    return list(filter(None, (text_in(one.get("_id") or one.get("id")) for one in dicts_in(data))))


def _values(values: Any, name: str) -> list[str]:
    said = ((text_in(one.get(name)), text_in(one.get("type")) or text_in(one.get("label"))) for one in dicts_in(values))
    return [f"{value} ({kind})" if kind else value for value, kind in said if value]


def _address(one: dict[str, Any]) -> str:
    formatted = text_in(one.get("formattedAddress"))
    said = " ".join(formatted.split()) or ", ".join(filter(None, address_parts(one)))
    kind = text_in(one.get("type")) or text_in(one.get("label"))
    return f"{said} ({kind})" if said and kind else said


def address_parts(one: dict[str, Any]) -> list[str]:
    """Returns the parts of an address in the order that a card has them in (RFC 6350, section 6.3.1)."""
    extended = one.get("extendedAddress")
    inside = [text_in(extended.get(part)) for part in EXTENDED] if isinstance(extended, dict) else [text_in(extended)]
    return [
        text_in(one.get("pobox")),
        ", ".join(filter(None, inside)),
        " ".join(filter(None, (text_in(one.get("number")), text_in(one.get("street"))))),
        text_in(one.get("city")),
        text_in(one.get("region")),
        next(filter(None, (text_in(one.get(name)) for name in POSTCODES)), ""),
        text_in(one.get("country")),
    ]


def dicts_in(values: Any) -> list[dict[str, Any]]:
    """Returns the objects of a list; nothing of anything else."""
    return [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []


def text_in(value: Any) -> str:
    """Returns a text; empty for anything else."""
    return value.strip() if isinstance(value, str) else ""
