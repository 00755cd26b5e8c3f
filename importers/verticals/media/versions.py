"""Versions whose file is a photo or a video, which have none: they are kept as files of their own."""

from typing import Any

from importers.documents.arriving import ArrivingDocument
from importers.merging.context import MergeContext
from importers.verticals.blobs.versions import VersionImporter, keep_beside
from importers.verticals.media.models import Photo, Video


class MediaVersionImporter(VersionImporter):
    """Versions of files, some of which are photos or videos here."""

    def keep_alone(
        self, context: MergeContext, document: ArrivingDocument, file_id: str, doc_id: str, state: dict[str, Any]
    ) -> None:
        media = _media_of(context, file_id)
        if media is None:
            super().keep_alone(context, document, file_id, doc_id, state)
        else:
            keep_beside(context, document, media.path or "/", media.name or file_id, state)


def _media_of(context: MergeContext, doc_id: str) -> Photo | Video | None:
    for model in (Photo, Video):
        kind = str(model._meta.model_name)
        rows = model._default_manager.filter(owner=context.owner, doc_id=context.ids.id_here(kind, doc_id))
        if (found := rows.first()) is not None:
            return found
    return None


MEDIA_VERSION_IMPORTER = MediaVersionImporter()
