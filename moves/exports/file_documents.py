"""The documents of files as they leave: with where the files are, and with ids that every server can bear."""

from importers.digests import digest_id
from importers.documents.doctypes import FILES, TRASH, VERSIONS
from importers.documents.document import ExportDocument, FileDocument, VersionDocument
from moves.exports.tree import FilePlace, Tree

SHORTEST_FILE_ID = 4  # characters; see protocol/move.md, "What a real Cozy does"


def placed(document: FileDocument, place: FilePlace, tree: Tree, lengthens_ids: bool) -> ExportDocument:
    """Returns the document of a file, with where it is; and where its entry is, if that has another path."""
    own_id = tree.own_id(_id_of(document.id, lengthens_ids))
    body = document.body | {"_id": own_id, "name": place.name, "dir_id": place.directory, "trashed": place.trashed}
    if place.directory == TRASH:
        body["restore_path"] = tree.original_path(document.folder)
    if not place.is_exact:
        metadata = body.get("metadata") or {}
        body["metadata"] = metadata | {"wharf": (metadata.get("wharf") or {}) | {"entry": place.entry}}
    return ExportDocument(FILES, own_id, body)


def version(document: VersionDocument, lengthens_ids: bool) -> ExportDocument:
    """Returns the document of what a file was earlier, which names the file as the file's own does."""
    file_id, slash, own = document.id.rpartition("/")
    leaves = _id_of(file_id, lengthens_ids)
    if leaves == file_id:
        return document
    relationships = {"file": {"data": {"_id": leaves, "_type": FILES}}}
    doc_id = leaves + slash + own
    return ExportDocument(VERSIONS, doc_id, document.body | {"_id": doc_id, "relationships": relationships})


def _id_of(file_id: str, lengthens: bool) -> str:
    """The id that a file leaves with. A version of a file with a very short one kills the worker of a Cozy, which
    stays shut then."""
    return digest_id("short", file_id) if lengthens and len(file_id) < SHORTEST_FILE_ID else file_id
