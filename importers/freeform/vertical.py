"""A vertical whose path takes any JSON object, and any file with it."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from django.db.models import Model

from importers.documents.arriving import ArrivingDocument
from importers.documents.doctypes import FILES
from importers.documents.document import ExportDocument, FileDocument
from importers.documents.snapshot import Snapshot
from importers.freeform.documents import FileOfItemImporter, FilesOfItems, FreeformImporter
from importers.merging.context import MergeContext
from importers.models import Content
from importers.vertical import DocumentImporter, Vertical


class FreeformVertical(Vertical):
    """Records of one kind, and their files. Subclasses say `files_of_items` besides what every vertical says."""

    files_of_items: ClassVar[FilesOfItems]

    @property
    def doctypes(self) -> tuple[str, ...]:
        return (*super().doctypes, FILES)

    @property
    def counted(self) -> tuple[type[Model], ...]:
        return (*super().counted, self.files_of_items.model)

    def documents(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        yield from self.files_of_items.directories(snapshot)
        yield from super().documents(snapshot)

    def files(self, snapshot: Snapshot) -> Iterator[FileDocument]:
        return self.files_of_items.files(snapshot)

    def importers(self) -> Mapping[tuple[str, str], DocumentImporter]:
        files, kind = self.files_of_items, self.files_of_items.kind
        of_items = FreeformImporter(kind, self.path, self.items_of(kind.model))
        return {(kind.doctype, kind.name): of_items, (FILES, files.name): FileOfItemImporter(files)}

    def content_candidates(self, context: MergeContext, document: ArrivingDocument) -> Iterator[tuple[Content, str]]:
        return self.files_of_items.contents(context, document)
