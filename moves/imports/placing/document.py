"""Documents as archives have them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from accounts.strict_json import TooManyValues
from importers.documents.arriving import ArrivingDocument
from importers.documents.doctypes import FILES, VERSIONS
from importers.documents.values import Unreadable, parsed, text
from moves.archives.layout import unescaped_id

LONGEST_DOCUMENT_ID = 255  # characters of a doctype, and of an id
UNREAD = "It has more than {:,} values, so nobody has looked into it."
LONGEST_ENTRY_ID = 12 * LONGEST_DOCUMENT_ID  # of an id that is percent-encoded in the name of its entry


@dataclass(frozen=True)
class RawDocument:
    """One document as it came; `id` is what its entry's name says."""

    doctype: str
    id: str
    raw: bytes


def parse(document: RawDocument) -> ArrivingDocument:
    """Returns a document, if it is one; its id is the one that it says itself. One with more values than are read is
    known by its entry's name alone. Raises `Unreadable`."""
    doctype = text(document.doctype, "Its doctype", LONGEST_DOCUMENT_ID)
    named = text(document.id, "Its id", LONGEST_ENTRY_ID)
    if not doctype or not named:
        raise Unreadable("It has no doctype, or no id.")
    if doctype in (".", ".."):
        raise Unreadable("Its doctype is no name that an archive may have.")
    whole = _decoded(document.raw)
    try:
        body = parsed(whole)
    except TooManyValues as error:
        return ArrivingDocument(
            doctype, _storable_id(unescaped_id(named)), text(whole, "It"), {}, unread=UNREAD.format(error.most)
        )
    if not isinstance(body, dict):
        raise Unreadable("It is not a JSON object.")
    doc_id = body.get("_id")
    if doc_id not in (named, unescaped_id(named)) or not isinstance(doc_id, str):
        raise Unreadable("It says that it has another id than its entry's name.")
    return ArrivingDocument(doctype, _storable_id(doc_id), whole, body)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("It is not JSON.") from error


def _storable_id(doc_id: str) -> str:
    doc_id = text(doc_id, "Its id", LONGEST_DOCUMENT_ID)
    climbs = "/" in doc_id and not {".", ".."}.isdisjoint(doc_id.split("/"))
    if not doc_id or climbs or "\\" in doc_id or not doc_id.isprintable():
        raise Unreadable("Its id is no name that an archive may have.")
    return doc_id


def has_bytes(document: ArrivingDocument) -> bool:
    """Whether bytes belong to a document, as to those of files and of their versions."""
    return document.doctype == VERSIONS or (document.doctype == FILES and document.body.get("type") != "directory")


def once_each(documents: Iterable[ArrivingDocument]) -> Iterator[list[ArrivingDocument]]:
    """Yields lists of the documents in which each name stands once: a second document of a name comes in a later list,
    so that it is merged with what the first one has become."""
    left = list(documents)
    while left:
        first: dict[tuple[str, str], ArrivingDocument] = {}
        left = [one for one in left if first.setdefault((one.doctype, one.id), one) is not one]
        yield list(first.values())
