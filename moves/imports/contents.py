"""Bytes that are here already: those of a record that a document has become, and those that a person holds."""

import re
from collections.abc import Iterator

from importers.documents import VERSIONS
from importers.models import Content, File, FileVersion, Photo, UnknownItem, Video
from importers.origins import Session
from importers.returning import EPOCH, Coming
from importers.text import keepable
from importers.verticals.unknown import FILE_OF_ITEM

SHA256 = re.compile("[0-9a-f]{64}")


def content_held(session: Session, coming: Coming) -> Content | None:
    """The bytes that the document names, if the person holds them: nobody gets others' bytes by naming them."""
    sha256 = (coming.facts or {}).get("sha256")
    if not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
        return None
    return Content.objects.filter(sha256=sha256, holdings__owner=session.owner).first()


def content_here(session: Session, coming: Coming) -> Content | None:
    """The bytes of the record that this document has become: the same by SHA-256, or, where it doesn't say one,
    by its whole text, which has its MD5."""
    sha256 = (coming.facts or {}).get("sha256")
    for content, payload in _candidates(session, coming):
        if content.sha256 == sha256 if sha256 is not None else payload == coming.text:
            return content
    return None


def _candidates(session: Session, coming: Coming) -> Iterator[tuple[Content, str]]:
    """The bytes of records that may be this document's, each with its payload."""
    named, _, own = coming.id.rpartition("/")
    if coming.doctype == VERSIONS:
        of = session.aliases("file", [named]).get(named, named)
        versions = FileVersion.objects.filter(owner=session.owner, file__doc_id=of).select_related("content")
        for version in versions.filter(doc_id=own):
            yield version.content, version.payload
        alone = File.objects.filter(owner=session.owner, doc_id=of, changed_at=EPOCH).select_related("content")
        for file in alone:  # it stands for its file, which has not come
            yield file.content, file.payload
        return
    if coming.kind == FILE_OF_ITEM:
        item = keepable(str((coming.facts or {}).get("item")))
        of = session.aliases("unknownitem", [item]).get(item, item)
        for found in UnknownItem.objects.filter(owner=session.owner, doc_id=of).select_related("content"):
            if found.content is not None:
                yield found.content, found.payload
        return
    for model in (File, Photo, Video):
        of = session.aliases(str(model._meta.model_name), [own]).get(own, own)
        for record in model._default_manager.filter(owner=session.owner, doc_id=of).select_related("content"):
            yield record.content, record.payload
