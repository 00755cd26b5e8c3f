"""Documents as archives have them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from accounts.strict_json import TooManyValues
from accounts.texts import kept_text
from importers.documents.arriving import ArrivingDocument
from importers.documents.doctypes import FILES, VERSIONS
from importers.documents.values import Unreadable, parsed, text
from moves.archives.layout import unescaped_id

NAMELESS = kept_text("It has no doctype, or no id.")
BAD_DOCTYPE = kept_text("Its doctype is no name that an archive may have.")
IT = kept_text("It")
ITS_DOCTYPE = kept_text("Its doctype")
ITS_ID = kept_text("Its id")
BAD_ID = kept_text("Its id is no name that an archive may have.")
NO_OBJECT = kept_text("It is not a JSON object.")
NO_JSON = kept_text("It is not JSON.")
ANOTHER_ID = kept_text("It says that it has another id than its entry's name.")

LONGEST_DOCUMENT_ID = 255  # characters of a doctype, and of an id
UNREAD = kept_text("It has more than %(most)s values, so nobody has looked into it.", measures=["most"])
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
    doctype = text(document.doctype, ITS_DOCTYPE, LONGEST_DOCUMENT_ID)
    named = text(document.id, ITS_ID, LONGEST_ENTRY_ID)
    if not doctype or not named:
        raise Unreadable(NAMELESS)
    if doctype in (".", ".."):
        raise Unreadable(BAD_DOCTYPE)
    whole = _decoded(document.raw)
    try:
        body = parsed(whole)
    except TooManyValues as error:
        return ArrivingDocument(
            doctype,
            _storable_id(unescaped_id(named)),
            text(whole, IT),
            {},
            unread=UNREAD % {"most": f"{error.most:,}"},
        )
    if not isinstance(body, dict):
        raise Unreadable(NO_OBJECT)
    doc_id = body.get("_id")
    if not isinstance(doc_id, str) or not _is_named(doc_id, named):
        raise Unreadable(ANOTHER_ID)
    return ArrivingDocument(doctype, _storable_id(doc_id), whole, body)


def _is_named(doc_id: str, named: str) -> bool:
    """Whether the entry of a document is named as its id; programs that pack again may make all letters small."""
    names = named, unescaped_id(named)
    return doc_id in names or doc_id.casefold() in map(str.casefold, names)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(NO_JSON) from error


def _storable_id(doc_id: str) -> str:
    doc_id = text(doc_id, ITS_ID, LONGEST_DOCUMENT_ID)
    steps = doc_id.replace("\\", "/").split("/")
    if not doc_id or (len(steps) > 1 and ".." in steps):
        raise Unreadable(BAD_ID)
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
