"""Documents that are brought one by one: those that become part of a record instead of one."""

from importers.documents.arriving import ArrivingDocument
from importers.documents.values import Unreadable
from importers.merging.context import MergeContext


class OneByOneImporter:
    """Brings each document by itself. Subclasses say how."""

    def bring(self, context: MergeContext, documents: list[ArrivingDocument]) -> None:
        """Brings them all, and notes in each what became of it, or why it can't be read: `broken`."""
        for document in documents:
            try:
                self.bring_one(context, document)
            except Unreadable as broken:
                document.broken = str(broken)

    def bring_one(self, context: MergeContext, document: ArrivingDocument) -> None:
        """Notes in the document what became of it. Raises `Unreadable`; then nothing of it has been kept."""
        raise NotImplementedError
