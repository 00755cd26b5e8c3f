"""Documents as archives have them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from importers.documents import FILES, VERSIONS
from importers.returning import Broken, Coming, parsed, text

LONGEST = 255  # characters of a doctype, and of an id


@dataclass(frozen=True)
class Incoming:
    """One document as it came; `id` is what its entry's name says."""

    doctype: str
    id: str
    raw: bytes


def parse(incoming: Incoming) -> Coming:
    """A document, if it is one. Raises `Broken`."""
    doctype = text(incoming.doctype, "Its doctype", LONGEST)
    doc_id = text(incoming.id, "Its id", LONGEST)
    if not doctype or not doc_id:
        raise Broken("It has no doctype, or no id.")
    if not {"", ".", ".."}.isdisjoint(doc_id.split("/")) or "\\" in doc_id or not doc_id.isprintable():
        raise Broken("Its id is no name that an archive may have.")
    if doctype in (".", ".."):
        raise Broken("Its doctype is no name that an archive may have.")
    body = parsed(incoming.raw)
    if not isinstance(body, dict):
        raise Broken("It is not a JSON object.")
    if body.get("_id") != doc_id:
        raise Broken("It says that it has another id than its entry's name.")
    return Coming(doctype, doc_id, incoming.raw.decode(), body)


def has_bytes(coming: Coming) -> bool:
    return coming.doctype == VERSIONS or (coming.doctype == FILES and coming.body.get("type") != "directory")


def once_each(comings: Iterable[Coming]) -> Iterator[list[Coming]]:
    """The documents in lists in which each document stands once: a second one of the same name meets the first."""
    left = list(comings)
    while left:
        first: dict[tuple[str, str], Coming] = {}
        left = [one for one in left if first.setdefault((one.doctype, one.id), one) is not one]
        yield list(first.values())
