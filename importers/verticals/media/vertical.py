"""MEDIA, PHOTOS and VIDEOS: albums, photos and videos. It knows blobs, since a photo is a file with a place."""

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext_lazy as _

from importers.documents.arriving import ArrivingDocument
from importers.documents.doctypes import FILES, ROOT, TRASH, VERSIONS
from importers.documents.document import ExportDocument, FileDocument
from importers.documents.snapshot import Snapshot
from importers.merging.context import MergeContext
from importers.models import Content
from importers.vertical import DocumentImporter, Vertical
from importers.verticals.blobs.from_cozy import is_made_anew
from importers.verticals.blobs.from_documents import DERIVED_DIRECTORY_IMPORTER
from importers.verticals.blobs.to_documents import VERSION
from importers.verticals.media import to_documents
from importers.verticals.media.formats import TAKEOUT, XMP
from importers.verticals.media.from_documents import ALBUM_IMPORTER, PHOTO_IMPORTER, VIDEO_IMPORTER, importer_of_file
from importers.verticals.media.items import AlbumItem, PhotoItem, VideoItem
from importers.verticals.media.models import AlbumPhoto, AlbumVideo, Photo, Video
from importers.verticals.media.site import SITE
from importers.verticals.media.to_documents import ALBUM_DIRECTORY, ALBUMS, PHOTO, PHOTO_RECORDS, VIDEO, VIDEO_RECORDS
from importers.verticals.media.versions import MEDIA_VERSION_IMPORTER


class MediaVertical(Vertical):
    """Albums, and the photos and videos in them."""

    title = _("Photos, videos and albums")
    items = (AlbumItem, PhotoItem, VideoItem)
    kinds = (ALBUMS, PHOTO_RECORDS, VIDEO_RECORDS)
    formats = (XMP, TAKEOUT)
    site = SITE
    beside = {AlbumPhoto: "item__owner", AlbumVideo: "item__owner"}
    with_bytes = {Photo: FILES, Video: FILES}

    @property
    def doctypes(self) -> tuple[str, ...]:
        return (ALBUMS.doctype, FILES)

    def documents(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        return to_documents.documents(snapshot)

    def files(self, snapshot: Snapshot) -> Iterator[FileDocument]:
        return to_documents.files(snapshot)

    def importers(self) -> Mapping[tuple[str, str], DocumentImporter]:
        return {
            (VERSIONS, VERSION): MEDIA_VERSION_IMPORTER,
            (ALBUMS.doctype, ALBUMS.name): ALBUM_IMPORTER,
            (FILES, PHOTO): PHOTO_IMPORTER,
            (FILES, VIDEO): VIDEO_IMPORTER,
        }

    def importer_of_foreign(self, context: MergeContext, document: ArrivingDocument) -> DocumentImporter | None:
        if document.doctype == ALBUMS.doctype:
            return ALBUM_IMPORTER
        if document.doctype == VERSIONS:
            return MEDIA_VERSION_IMPORTER
        if document.doctype != FILES or document.id in (ROOT, TRASH):
            return None
        if document.body.get("type") == "directory":
            return DERIVED_DIRECTORY_IMPORTER if is_made_anew(document, ALBUM_DIRECTORY, "album") else None
        return importer_of_file(context, document)

    def content_candidates(self, context: MergeContext, document: ArrivingDocument) -> Iterator[tuple[Content, str]]:
        if document.doctype == FILES:
            for model in (Photo, Video):
                yield from context.ids.contents_of(model, document.id)


VERTICAL = MediaVertical()
