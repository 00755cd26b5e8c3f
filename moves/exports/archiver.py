"""What stands in the archives of an export, and in which order (see "Exports" of the move protocol)."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, cached_property

from django.conf import settings
from django.db.models import Model

from accounts.dates import unix_seconds
from accounts.texts import kept_text
from importers.documents.cozy import directory_times
from importers.documents.doctypes import FILES, UNKNOWN_ITEMS
from importers.documents.document import (
    DirectoryDocument,
    ExportDocument,
    FileDocument,
    StoredBytes,
    VersionDocument,
)
from importers.documents.snapshot import Snapshot
from importers.formats.format import StoredFile
from importers.models import Holding
from importers.vertical import verticals
from moves.archives import layout
from moves.archives.layout import MANIFEST
from moves.exports import about, bins, file_documents, readable
from moves.exports.archive_files import ArchiveFiles
from moves.exports.counts import ExportProgress
from moves.exports.document_states import earlier_states
from moves.exports.earlier import Earlier
from moves.exports.entries import Entries, KeptBody
from moves.exports.file_queue import FileQueue, QueuedFile
from moves.exports.sizes import safe_parts_size
from moves.exports.spools import encoded, in_utf8
from moves.exports.tree import Tree
from moves.models import Document as Kept
from moves.models import Export

MORE_PARTS = kept_text("That would be more than %(most)s parts. Ask again, with parts of %(enough)s bytes.")

KEPT_AT_ONCE = 200  # documents, each of which may have megabytes


class TooManyParts(Exception):
    """The files don't fit into as many parts as an export may have. Its text is a sentence for the person."""


class Archiver:
    """Reads a snapshot and hands over its entries. `still_mine` is asked all the time; it raises when it must end."""

    def __init__(
        self,
        export: Export,
        snapshot: Snapshot,
        taken_at: datetime,
        progress: ExportProgress,
        still_mine: Callable[[], None],
        entries: Entries,
    ) -> None:
        self._entries = entries
        self._export = export
        self._snapshot = snapshot
        self._taken_at = taken_at
        self._modified = unix_seconds(taken_at)
        self._progress = progress
        self._still_mine = still_mine
        self._root = settings.WHARF_EXPORT_ROOT
        self._data = f"{self._root}/Data"
        self._earlier = Earlier(export.since) if export.since else None
        # What is for people, of everything; of changes alone it would show nothing that makes sense, and of a move no
        # one sees the archives.
        self._has_formats = entries.for_people and not export.changes_only
        self._has_site = self._has_formats and export.origin != "move"
        self._listed = ArchiveFiles()
        self._lengthens_ids = bool(export.bin_folder)  # which only a move to a Cozy has
        self._verticals = [vertical for vertical in verticals() if vertical.has_any(snapshot)]

    def run(self) -> None:
        """Everything, in the order of the archives. Raises what the database, the disk and `still_mine` raise."""
        tree, queue = Tree(), FileQueue()
        try:
            self._progress.expected = self._expected()
            self._add_instance()
            self._reserve_names(tree)
            self._reserve_kept(tree)
            self._add_documents(tree)
            self._place_files(tree, queue)
            self._add_readable()
            self._add_files(queue)
            self._progress.cut_names = tree.cut
        finally:
            tree.close()
            queue.close()
            self._listed.close()
            if self._earlier is not None:
                self._earlier.close()
        self._entries.add_needed(
            self._snapshot.of(Holding).order_by("content_id").values_list("content_id", flat=True).iterator()
        )

    @cache  # noqa: B019  (it lives as long as the run)
    def _folder(self, doctype: str) -> str:
        return f"{self._data}/{layout.doctype_folder(doctype)}"

    def _expected(self) -> int:
        """How many documents there will be, as far as rows tell."""
        models: set[type[Model]] = {Kept}
        for vertical in self._verticals:
            if any(map(self._export.wants, vertical.doctypes)):
                models.update(vertical.counted)
        return sum(self._snapshot.of(model).count() for model in models)

    def _add_instance(self) -> None:
        """`instance.json`: the account, without any secret."""
        account = about.account(self._snapshot.owner, self._export, self._taken_at)
        self._entries.add_document(f"{self._data}/instance.json".encode(), self._modified, encoded(account).encode())

    def _reserve_names(self, tree: Tree) -> None:
        for vertical in self._verticals:
            for name in vertical.reserved(self._snapshot):
                tree.reserve(name)

    def _reserve_kept(self, tree: Tree) -> None:
        """Documents that are kept whole have their ids inside."""
        kept = self._snapshot.of(Kept).filter(doctype=FILES).order_by().values_list("doc_id", flat=True)
        for doc_id in kept.iterator():
            tree.reserve_id(doc_id)

    def _add_documents(self, tree: Tree) -> None:
        if self._export.bin_folder and self._export.wants(FILES) and bins.is_used(self._snapshot):
            for directory in tree.add_bin(self._export.bin_folder, directory_times(self._taken_at)):
                self._add_document(directory)
        for document in self._documents_of_records():
            if not isinstance(document, DirectoryDocument):
                self._add_document(document)
                continue
            for directory in tree.add(document):
                self._add_document(directory)
                if self._has_site:
                    self._listed.add_directory(directory)
        self._add_kept()

    def _documents_of_records(self) -> Iterator[ExportDocument]:
        for vertical in self._verticals:
            if not any(map(self._export.wants, vertical.doctypes)):
                continue
            for document in vertical.documents(self._snapshot):
                self._still_mine()
                if self._export.wants(document.doctype) and not self._is_kept(document):
                    yield document

    def _is_kept(self, document: ExportDocument) -> bool:
        """Whether it leaves as it came, since nobody could read it: then its record only stands for what others name
        by its id."""
        if not self._keeps_known or isinstance(document, DirectoryDocument):
            return False
        return self._snapshot.of(Kept).filter(doctype=document.doctype, doc_id=document.id).exists()

    @cached_property
    def _keeps_known(self) -> bool:
        """Whether documents are kept whole although some vertical makes records of their doctype, as next to never."""
        known = {doctype for vertical in self._verticals for doctype in vertical.doctypes}
        return self._snapshot.of(Kept).filter(doctype__in=known).exists()

    def _add_kept(self) -> None:
        """Documents that came in an archive and no vertical knows, as they came, to the byte."""
        order = (self._snapshot.by_code_points("doctype"), self._snapshot.by_code_points("doc_id"))
        rows = self._snapshot.of(Kept).order_by(*order).values_list("doctype", "doc_id", "body")
        for doctype, doc_id, body in rows.iterator(chunk_size=KEPT_AT_ONCE):
            self._still_mine()
            if self._export.wants(doctype):
                self._add_body(doctype, doc_id, body.encode())
        if self._export.wants(UNKNOWN_ITEMS):
            for doc_id, body in earlier_states(self._snapshot):
                self._still_mine()
                self._add_body(UNKNOWN_ITEMS, doc_id, body.encode())

    def _add_readable(self) -> None:
        if not self._has_formats:
            return
        listed = self._listed if self._has_site else None
        for name, content in readable.files(self._snapshot, self._export.wants, listed, self._taken_at):
            self._still_mine()
            path = f"{self._root}/Readable/{name}".encode()
            if isinstance(content, StoredFile):
                modified = unix_seconds(content.modified) if content.modified else self._modified
                self._entries.add_copy(path, modified, content.stored)
            else:
                self._entries.add_pieces(path, self._modified, content)

    def _place_files(self, tree: Tree, queue: FileQueue) -> None:
        """Gives each file its place, and writes its document; both come into the archive after the pages that lead
        there."""
        for vertical in self._verticals:
            if not any(map(self._export.wants, vertical.doctypes)):
                continue
            for document in vertical.files(self._snapshot):
                self._still_mine()
                if self._export.wants(document.doctype):
                    queue.add(self._queued(document, tree, is_shown=bool(vertical.site)))

    def _queued(self, document: FileDocument | VersionDocument, tree: Tree, *, is_shown: bool) -> QueuedFile:
        modified = unix_seconds(document.modified) if document.modified else self._modified
        if isinstance(document, FileDocument):
            place = tree.place(document)
            path, leaves = place.entry, file_documents.placed(document, place, tree, self._lengthens_ids)
            if self._has_site:
                self._listed.add_file(document, place, modified, is_shown=is_shown)
        else:
            leaves = file_documents.version(document, self._lengthens_ids)
            path = f"/{layout.escaped_id(leaves.id)}"
        name, body = self._document_name(leaves.doctype, leaves.id), in_utf8(leaves.body)
        if (omitted := self._earlier_body(name, body)) is None:
            self._progress.count(leaves.doctype, len(body))
            return QueuedFile(name, self._entries.keep(body), path, modified, document.stored)
        return QueuedFile(name, omitted, path, modified, document.stored, omits_document=True)

    def _add_files(self, queue: FileQueue) -> None:
        """Files with their documents, in as many parts as it takes; the manifest ends the first one."""
        manifest = None
        for file in queue:
            self._still_mine()
            omits = self._omits(file.stored)
            filled = self._entries.part_files_size
            if filled and filled + (0 if omits else file.stored.size) > self._export.parts_size:
                self._require_another_part()
                if manifest is None:
                    manifest = self._entries.hold(self._manifest_name, self._modified)
                else:
                    self._entries.end_part()
            self._add_file(file, omits=omits)
        if manifest is None:
            manifest = self._entries.hold(self._manifest_name, self._modified)
        else:
            self._entries.end_part()
        parts = self._entries.parts_count
        head = about.export(self._snapshot.owner, self._export, self._taken_at, self._progress, parts)
        self._entries.add_held(manifest, (encoded(head)[:-1] + ',"entries":[\n').encode(), b"\n]}\n")

    def _require_another_part(self) -> None:
        """Raises `TooManyParts` where the one that is being filled is the last."""
        most = settings.WHARF_EXPORT_MOST_PARTS
        if self._entries.parts_count + 1 >= most:
            enough = safe_parts_size(self._snapshot, self._export.wants)
            raise TooManyParts(MORE_PARTS % {"most": most, "enough": enough})

    def _add_file(self, file: QueuedFile, *, omits: bool) -> None:
        """The document, directly followed by its bytes; in the manifest that holds for what is omitted, too, since
        whoever reads it knows by that which bytes are a file's."""
        if file.omits_document:
            self._omit_document(file.document_name, file.document)
        else:
            self._entries.add_kept(file.document_name.encode(), self._modified, file.document)
        name = f"{self._root}/Files{file.path}".encode()
        if omits:
            self._entries.omit(name, file.stored.size, file.stored.sha256)
            self._progress.omitted_count += 1
            self._progress.omitted_size += file.stored.size
            return
        self._entries.add_content(name, file.modified, file.stored)
        self._progress.files_count += 1
        self._progress.files_size += file.stored.size

    def _omits(self, stored: StoredBytes) -> bool:
        return self._earlier is not None and self._earlier.carries(stored.key)

    def _add_document(self, document: ExportDocument) -> None:
        self._add_body(document.doctype, document.id, in_utf8(document.body))

    def _add_body(self, doctype: str, doc_id: str, body: bytes) -> None:
        name = self._document_name(doctype, doc_id)
        if (omitted := self._earlier_body(name, body)) is not None:
            self._omit_document(name, omitted)
            return
        self._entries.add_document(name.encode(), self._modified, body)
        self._progress.count(doctype, len(body))

    def _document_name(self, doctype: str, doc_id: str) -> str:
        return f"{self._folder(doctype)}/{layout.escaped_id(doc_id)}.json"

    def _earlier_body(self, name: str, body: bytes) -> KeptBody | None:
        """Returns what the manifest says of a document that the earlier export has, and that is omitted therefore."""
        if self._earlier is None or not self._export.changes_only:
            return None
        sha256 = hashlib.sha256(body).hexdigest()
        return KeptBody(0, len(body), 0, sha256) if self._earlier.has(name, sha256) else None

    def _omit_document(self, name: str, document: KeptBody) -> None:
        self._entries.omit(name.encode(), document.size, document.sha256)
        self._progress.unchanged += 1

    @property
    def _manifest_name(self) -> bytes:
        return f"{self._root}/{MANIFEST}".encode()
