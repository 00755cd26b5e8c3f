"""What stands in the archives of an export, and in which order (see "Exports" of the move protocol)."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from django.conf import settings
from django.db.models import Model

from importers.digests import digest_id
from importers.documents.cozy import directory_times
from importers.documents.doctypes import FILES, TRASH, UNKNOWN_ITEMS, VERSIONS
from importers.documents.document import DirectoryDocument, ExportDocument, FileDocument, VersionDocument
from importers.documents.snapshot import Snapshot
from importers.models import Holding
from importers.vertical import verticals
from moves.archives import layout
from moves.archives.layout import MANIFEST
from moves.archives.manifest import MANIFEST_VERSION
from moves.exports import bins, readable
from moves.exports.document_states import earlier_states
from moves.exports.earlier import Earlier
from moves.exports.entries import Entries
from moves.exports.sizes import safe_parts_size
from moves.exports.spools import encoded
from moves.exports.tree import FilePlace, Tree
from moves.models import Document as Kept
from moves.models import Export

SHORTEST_FILE_ID = 4  # characters; see protocol/move.md, "What a real Cozy does"
KEPT_AT_ONCE = 200  # documents, each of which may have megabytes


class TooManyParts(Exception):
    """The files don't fit into as many parts as an export may have. Its text is a sentence for the person."""


@dataclass
class ExportProgress:
    """How far a run has come; `doctypes`: documents and their bytes; `unchanged`: documents that were omitted;
    `cut_names`: names that were too long. Read by the thread that writes it down."""

    expected: int = 0
    unchanged: int = 0
    cut_names: int = 0
    documents: int = 0
    total_size: int = 0
    files_count: int = 0
    files_size: int = 0
    doctypes: dict[str, list[int]] = field(default_factory=dict)

    def count(self, doctype: str, size: int) -> None:
        """One more document."""
        self.documents += 1
        self.total_size += size
        counts = self.doctypes.setdefault(doctype, [0, 0])
        counts[0] += 1
        counts[1] += size


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
        self._modified = int(taken_at.timestamp())
        self._progress = progress
        self._still_mine = still_mine
        self._root = settings.WHARF_EXPORT_ROOT
        self._data = f"{self._root}/Data"
        self._earlier = Earlier(export.since) if export.since else None
        self._omitted = [0, 0]  # files, and their bytes

    def run(self) -> None:
        """Everything, in the order of the archives. Raises what the database, the disk and `still_mine` raise."""
        tree = Tree()
        try:
            self._progress.expected = self._expected()
            self._add_instance()
            self._reserve_names(tree)
            self._reserve_kept(tree)
            self._add_documents(tree)
            self._add_readable()
            self._add_files(tree)
            self._progress.cut_names = tree.cut
        finally:
            tree.close()
            if self._earlier is not None:
                self._earlier.close()
        self._entries.add_needed(
            self._snapshot.of(Holding).order_by("content_id").values_list("content_id", flat=True).iterator()
        )

    @cache  # noqa: B019  (it lives as long as the run)
    def _folder(self, doctype: str) -> str:
        return f"{self._data}/{layout.doctype_folder(doctype)}"

    def _wants(self, doctype: str) -> bool:
        return not self._export.with_doctypes or doctype in self._export.with_doctypes

    def _expected(self) -> int:
        """How many documents there will be, as far as rows tell."""
        models: set[type[Model]] = {Kept}
        for vertical in verticals():
            if any(map(self._wants, vertical.doctypes)):
                models.update(vertical.counted)
        return sum(self._snapshot.of(model).count() for model in models)

    def _add_instance(self) -> None:
        """`instance.json`: the account, without any secret."""
        owner = self._snapshot.owner
        account = {
            "server": settings.WHARF_BASE_URL,
            "username": owner.username,
            "email": owner.email,
            "first_name": owner.first_name,
            "last_name": owner.last_name,
            "created_at": owner.date_joined.isoformat(),
            "moved_from": owner.moved_from,
            "quota_bytes": owner.quota_bytes,
            "used_bytes": owner.used_bytes,
            "exported_at": self._taken_at.isoformat(),
        }
        self._entries.add_document(f"{self._data}/instance.json".encode(), self._modified, encoded(account).encode())

    def _reserve_names(self, tree: Tree) -> None:
        for vertical in verticals():
            for name in vertical.reserved(self._snapshot):
                tree.reserve(name)

    def _reserve_kept(self, tree: Tree) -> None:
        """Documents that are kept whole have their ids inside."""
        kept = self._snapshot.of(Kept).filter(doctype=FILES).order_by().values_list("doc_id", flat=True)
        for doc_id in kept.iterator():
            tree.reserve_id(doc_id)

    def _add_documents(self, tree: Tree) -> None:
        if self._export.bin_folder and self._wants(FILES) and bins.is_used(self._snapshot):
            for directory in tree.add_bin(self._export.bin_folder, directory_times(self._taken_at)):
                self._add_document(directory)
        for vertical in verticals():
            if not any(map(self._wants, vertical.doctypes)):
                continue
            for document in vertical.documents(self._snapshot):
                self._still_mine()
                if not self._wants(document.doctype):
                    continue
                if isinstance(document, DirectoryDocument):
                    for directory in tree.add(document):
                        self._add_document(directory)
                else:
                    self._add_document(document)
        self._add_kept()

    def _add_kept(self) -> None:
        """Documents that came in an archive and no vertical knows, as they came, to the byte."""
        order = (self._snapshot.by_code_points("doctype"), self._snapshot.by_code_points("doc_id"))
        rows = self._snapshot.of(Kept).order_by(*order).values_list("doctype", "doc_id", "body")
        for doctype, doc_id, body in rows.iterator(chunk_size=KEPT_AT_ONCE):
            self._still_mine()
            if self._wants(doctype):
                self._add_body(doctype, doc_id, body.encode())
        if self._wants(UNKNOWN_ITEMS):
            for doc_id, body in earlier_states(self._snapshot):
                self._still_mine()
                self._add_body(UNKNOWN_ITEMS, doc_id, body.encode())

    def _add_readable(self) -> None:
        """What is for people, of everything; of changes alone it would show nothing that makes sense."""
        if self._export.changes_only:
            return
        for name, pieces in readable.files(self._snapshot, self._wants):
            self._entries.add_pieces(f"{self._root}/Readable/{name}".encode(), self._modified, pieces)

    def _add_files(self, tree: Tree) -> None:
        """Files with their documents, in as many parts as it takes; the manifest ends the first one."""
        manifest = None
        for document in self._files():
            self._still_mine()
            size = 0 if self._omits(document) else document.stored.size
            filled = self._entries.part_files_size
            if filled and filled + size > self._export.parts_size:
                self._require_another_part()
                if manifest is None:
                    manifest = self._entries.hold(self._manifest_name, self._modified)
                else:
                    self._entries.end_part()
            self._add_file(document, tree)
        if manifest is None:
            manifest = self._entries.hold(self._manifest_name, self._modified)
        else:
            self._entries.end_part()
        self._entries.add_held(manifest, self._manifest_head(), b"\n]}\n")

    def _require_another_part(self) -> None:
        """Raises `TooManyParts` where the one that is being filled is the last."""
        most = settings.WHARF_EXPORT_MOST_PARTS
        if self._entries.parts_count + 1 >= most:
            enough = safe_parts_size(self._snapshot, self._wants)
            raise TooManyParts(f"That would be more than {most} parts. Ask again, with parts of {enough} bytes.")

    def _files(self) -> Iterator[FileDocument | VersionDocument]:
        for vertical in verticals():
            if any(map(self._wants, vertical.doctypes)):
                yield from (one for one in vertical.files(self._snapshot) if self._wants(one.doctype))

    def _add_file(self, document: FileDocument | VersionDocument, tree: Tree) -> None:
        """The document, directly followed by its bytes, unless they are omitted."""
        if isinstance(document, FileDocument):
            place = tree.place(document)
            path = place.entry
            self._add_document(self._placed(document, place, tree))
        else:
            leaves = self._version(document)
            path = f"/{layout.escaped_id(leaves.id)}"
            self._add_document(leaves)
        name = f"{self._root}/Files{path}".encode()
        if self._omits(document):
            self._entries.omit(name, document.stored.size, document.stored.sha256)
            self._omitted[0] += 1
            self._omitted[1] += document.stored.size
            return
        modified = int(document.modified.timestamp()) if document.modified else self._modified
        self._entries.add_content(name, modified, document.stored)
        self._progress.files_count += 1
        self._progress.files_size += document.stored.size

    def _placed(self, document: FileDocument, place: FilePlace, tree: Tree) -> ExportDocument:
        """The document of a file, with where it is; and where its entry is, if that has another path."""
        own_id = tree.own_id(self._id_of(document.id))
        body = document.body | {"_id": own_id, "name": place.name, "dir_id": place.directory, "trashed": place.trashed}
        if place.directory == TRASH:
            body["restore_path"] = tree.original_path(document.folder)
        if not place.is_exact:
            metadata = body.get("metadata") or {}
            body["metadata"] = metadata | {"wharf": (metadata.get("wharf") or {}) | {"entry": place.entry}}
        return ExportDocument(FILES, own_id, body)

    def _version(self, document: VersionDocument) -> ExportDocument:
        """The document of what a file was earlier, which names the file as the file's own does."""
        file_id, slash, own = document.id.rpartition("/")
        leaves = self._id_of(file_id)
        if leaves == file_id:
            return document
        relationships = {"file": {"data": {"_id": leaves, "_type": FILES}}}
        doc_id = leaves + slash + own
        return ExportDocument(VERSIONS, doc_id, document.body | {"_id": doc_id, "relationships": relationships})

    def _id_of(self, file_id: str) -> str:
        """The id that a file leaves with. A version of a file with a very short one kills the worker of a Cozy, which
        stays shut then."""
        is_short = bool(self._export.bin_folder) and len(file_id) < SHORTEST_FILE_ID
        return digest_id("short", file_id) if is_short else file_id

    def _omits(self, document: FileDocument | VersionDocument) -> bool:
        return self._earlier is not None and self._earlier.carries(document.stored.key)

    def _add_document(self, document: ExportDocument) -> None:
        self._add_body(document.doctype, document.id, encoded(document.body).encode())

    def _add_body(self, doctype: str, doc_id: str, body: bytes) -> None:
        name = f"{self._folder(doctype)}/{layout.escaped_id(doc_id)}.json"
        if self._earlier is not None and self._export.changes_only:
            sha256 = hashlib.sha256(body).hexdigest()
            if self._earlier.has(name, sha256):
                self._entries.omit(name.encode(), len(body), sha256)
                self._progress.unchanged += 1
                return
        self._entries.add_document(name.encode(), self._modified, body)
        self._progress.count(doctype, len(body))

    @property
    def _manifest_name(self) -> bytes:
        return f"{self._root}/{MANIFEST}".encode()

    def _manifest_head(self) -> bytes:
        """The manifest up to its entries, of which each has a line."""
        export, progress = self._export, self._progress
        head = {
            "version": MANIFEST_VERSION,
            "export": export.doc_id,
            "server": settings.WHARF_BASE_URL,
            "account": self._snapshot.owner.username,
            "snapshot_at": self._taken_at.isoformat(),
            "with_doctypes": export.with_doctypes,
            "parts": self._entries.parts_count,
            "since": export.since.doc_id if export.since else None,
            "unchanged": progress.unchanged,
            "left_out_count": self._omitted[0],
            "left_out_size": self._omitted[1],
            "files_size": progress.files_size,
            "files_count": progress.files_count,
            "total_size": progress.total_size,
            "doctypes": {
                doctype: {"documents": count, "size": size} for doctype, (count, size) in progress.doctypes.items()
            },
        }
        return (encoded(head)[:-1] + ',"entries":[\n').encode()
