"""Bytes that are here already: those of a record that a document has become, and those that a person holds."""

from importers.digests import is_sha256
from importers.documents.arriving import ArrivingDocument
from importers.merging.context import MergeContext
from importers.models import Content
from importers.vertical import verticals


def content_held(context: MergeContext, document: ArrivingDocument) -> Content | None:
    """Returns the bytes that the document names, if the person holds them: nobody gets others' bytes by naming them."""
    sha256 = (document.facts or {}).get("sha256")
    if not isinstance(sha256, str) or not is_sha256(sha256):
        return None
    return Content.objects.filter(sha256=sha256, holdings__owner=context.owner).first()


def content_here(context: MergeContext, document: ArrivingDocument) -> Content | None:
    """Returns the bytes of the record that this document has become: the same by SHA-256, or, where it doesn't say one,
    by its whole text, which has its MD5."""
    sha256 = (document.facts or {}).get("sha256")
    candidates = (found for one in verticals() for found in one.content_candidates(context, document))
    for content, payload in candidates:
        if content.sha256 == sha256 if sha256 is not None else payload == document.text:
            return content
    return None
