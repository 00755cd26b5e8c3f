"""BLOBS: folders and files."""

from collections.abc import Iterator, Mapping

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text
from importers.documents.arriving import ArrivingDocument
from importers.documents.doctypes import DERIVED_DIRECTORY, FILES, ROOT, TRASH, UNKNOWN_ITEMS, VERSIONS
from importers.documents.document import ExportDocument, FileDocument, VersionDocument
from importers.documents.snapshot import Snapshot
from importers.merging.context import MergeContext
from importers.merging.settling import Settlement
from importers.models import Content
from importers.vertical import DocumentImporter, Vertical
from importers.verticals.blobs import to_documents
from importers.verticals.blobs.claims import name_claims
from importers.verticals.blobs.formats import CALENDAR_FILES
from importers.verticals.blobs.from_cozy import is_made_anew
from importers.verticals.blobs.from_documents import DERIVED_DIRECTORY_IMPORTER, FILE_IMPORTER, FOLDER_IMPORTER
from importers.verticals.blobs.items import FileItem, FolderItem
from importers.verticals.blobs.models import File, FileVersion, Folder
from importers.verticals.blobs.to_documents import FILE, FILE_RECORDS, FOLDER, FOLDERS, VERSION
from importers.verticals.blobs.versions import VERSION_IMPORTER
from importers.verticals.blobs.versions_today import VERSIONS_TODAY


class BlobsVertical(Vertical):
    """Folders, files, and what files were before."""

    title = _("Files")
    items = (FolderItem, FileItem)
    kinds = (FOLDERS, FILE_RECORDS)
    formats = (CALENDAR_FILES,)
    beside = {FileVersion: "owner"}
    with_bytes = {File: FILES, FileVersion: VERSIONS}
    reread_steps = (VERSIONS_TODAY,)

    @property
    def doctypes(self) -> tuple[str, ...]:
        return (FILES, VERSIONS, UNKNOWN_ITEMS)

    @property
    def chosen(self) -> tuple[str, ...]:
        return (FILES, VERSIONS)

    @property
    def words(self) -> Mapping[str, tuple[Text, Text]]:
        return {
            FILES: (_("file or folder"), _("files and folders")),
            VERSIONS: (_("earlier version"), _("earlier versions")),
        }

    @property
    def counted(self) -> tuple[type[Model], ...]:
        return (Folder, File, FileVersion)

    def documents(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        return to_documents.documents(snapshot)

    def files(self, snapshot: Snapshot) -> Iterator[FileDocument | VersionDocument]:
        return to_documents.files(snapshot)

    def reserved(self, snapshot: Snapshot) -> Iterator[str]:
        """Yields ids of files: their versions stand beside the person's own folders, in one that is named after the
        file."""
        of_files = snapshot.of(FileVersion).order_by().values_list("file__doc_id", flat=True).distinct()
        return of_files.iterator()

    def importers(self) -> Mapping[tuple[str, str], DocumentImporter]:
        return {
            (FILES, FOLDER): FOLDER_IMPORTER,
            (UNKNOWN_ITEMS, FOLDER): FOLDER_IMPORTER,
            (FILES, FILE): FILE_IMPORTER,
            (VERSIONS, VERSION): VERSION_IMPORTER,
        }

    def importer_of_foreign(self, context: MergeContext, document: ArrivingDocument) -> DocumentImporter | None:
        if document.doctype == VERSIONS:
            return VERSION_IMPORTER
        if document.doctype != FILES:
            return None
        if document.id in (ROOT, TRASH) or is_made_anew(document, DERIVED_DIRECTORY, "key"):
            return DERIVED_DIRECTORY_IMPORTER
        return FOLDER_IMPORTER if document.body.get("type") == "directory" else FILE_IMPORTER

    def content_candidates(self, context: MergeContext, document: ArrivingDocument) -> Iterator[tuple[Content, str]]:
        named, _, own = document.id.rpartition("/")
        if document.doctype == VERSIONS:
            here = context.ids.id_here(FILE, named)
            versions = FileVersion.objects.filter(owner=context.owner, file__doc_id=here).select_related("content")
            for version in versions.filter(doc_id=own):
                yield version.content, version.payload
            alone = File.objects.placeholders().filter(owner=context.owner, doc_id=here).select_related("content")
            for file in alone:  # it stands for its file, which has not come
                yield file.content, file.payload
        elif document.doctype == FILES:
            yield from context.ids.contents_of(File, own)

    def settle(self, context: MergeContext) -> list[Settlement] | None:
        return name_claims(context).settle()


VERTICAL = BlobsVertical()
