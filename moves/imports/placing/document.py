"""Documents as archives have them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from importers.documents.arriving import ArrivingDocument
from importers.documents.doctypes import FILES, VERSIONS
from importers.documents.values import Unreadable, parsed, text

LONGEST_DOCUMENT_ID = 255  # characters of a doctype, and of an id


@dataclass(frozen=True)
class RawDocument:
    """One document as it came; `id` is what its entry's name says."""

    doctype: str
    id: str
    raw: bytes


def parse(document: RawDocument) -> ArrivingDocument:
    """Returns a document, if it is one. Raises `Unreadable`."""
    doctype = text(document.doctype, "Its doctype", LONGEST_DOCUMENT_ID)
    doc_id = text(document.id, "Its id", LONGEST_DOCUMENT_ID)
    if not doctype or not doc_id:
        raise Unreadable("It has no doctype, or no id.")
    if not {"", ".", ".."}.isdisjoint(doc_id.split("/")) or "\\" in doc_id or not doc_id.isprintable():
        raise Unreadable("Its id is no name that an archive may have.")
    if doctype in (".", ".."):
        raise Unreadable("Its doctype is no name that an archive may have.")
    body = parsed(document.raw)
    if not isinstance(body, dict):
        raise Unreadable("It is not a JSON object.")
    if body.get("_id") != doc_id:
        raise Unreadable("It says that it has another id than its entry's name.")
    return ArrivingDocument(doctype, doc_id, document.raw.decode(), body)


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
