"""What a Cozy's documents say of files and directories."""

from typing import Any

from importers.digests import also_id, digest, digest_id
from importers.documents.arriving import ArrivingDocument
from importers.documents.doctypes import ROOT, TRASH, TRASH_PATH
from importers.documents.values import LONGEST_ID, UNKNOWN_TIME, Unreadable, identifier, lenient_moment, text
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft
from importers.models.record import NEVER
from importers.text import folder_path, keepable
from importers.verticals.blobs.models import Folder
from importers.verticals.blobs.to_documents import FOLDER

MOST_ALIKE = 10  # documents of one id, which a record of each kind may have


def foreign_directory(context: MergeContext, document: ArrivingDocument) -> RecordDraft:
    """A Cozy's directory."""
    body = document.body
    name = file_name(body.get("name"))
    parent, path, trashed = body.get("dir_id"), body.get("path"), False
    if parent == TRASH:
        trashed, path = True, below(original_path(body.get("restore_path")), name)
    elif isinstance(path, str) and path.startswith("/") and not path.startswith(f"{TRASH_PATH}/"):
        path = original_path(path)
    else:
        trashed = isinstance(path, str) and path.startswith(f"{TRASH_PATH}/")
        above = _path_of(context, parent)
        if above is None:
            raise Unreadable(f"The directory that it is in, {parent!r:.80}, has not come before it.")
        path = below(above, name)
    if path == "/":
        raise Unreadable("It stands where the root is.")
    source, transfer = context.of_origin()
    changed = changed_at(body)
    columns = {
        "source_id": source,
        "transfer_id": transfer,
        "identity": digest(path),
        "payload": document.text,
        "received_at": context.now,
        "changed_at": changed,
        "trashed_at": changed if trashed else None,
        "identifier": path,
        "name": name,
        "arrived_at": context.now,
    }
    context.remember(("path of", document.id), path)
    return RecordDraft(document, identifier(document.id), columns, foreign=True)


def _path_of(context: MergeContext, doc_id: Any) -> str | None:
    """The path of a directory that has come before."""
    if doc_id in (ROOT, "", None):
        return "/"
    if not isinstance(doc_id, str) or len(doc_id) > LONGEST_ID or keepable(doc_id) != doc_id:
        return None
    if (known := context.known("path of", doc_id)) is not None:
        return str(known)
    of = context.aliases(FOLDER, [doc_id]).get(doc_id, doc_id)
    path = Folder.objects.filter(owner=context.owner, doc_id=of).values_list("identifier", flat=True).first()
    return path if path is None else str(context.remember(("path of", doc_id), path))


def changed_at(body: dict[str, Any]) -> Any:
    """When a Cozy's document was changed; long ago, where it doesn't say."""
    for name in ("updated_at", "created_at"):
        if (found := lenient_moment(body.get(name))) is not None and found > NEVER:
            return found
    return UNKNOWN_TIME


def file_name(value: Any) -> str:
    """The name of a Cozy's file or directory."""
    name = text(value, "Its name")
    if not name or name in (".", "..") or "/" in name:
        raise Unreadable(f"{name[:80]!r} is no name of a file or a directory.")
    return name


def original_path(value: Any) -> str:
    """A path that a Cozy's document names."""
    path = folder_path(text(value, "Its path")) if value else "/"
    if {".", ".."} & set(path.split("/")):
        raise Unreadable("Its path climbs out of where it should be.")
    return path


def below(path: str, name: str) -> str:
    return f"{path.rstrip('/')}/{name}"


def folder_at(context: MergeContext, source: int, transfer: int, path: str, *, waits: bool = True) -> int:
    """The folder at a path, of this source; one that waits for its document, where there is none and it `waits`: nobody
    sends the root, nor directories that exports make anew."""
    key = ("folder at", source, path)
    if (known := context.known(*key)) is not None:
        return int(known)
    waits = waits and path != "/"
    folder, _ = Folder.objects.get_or_create(
        source_id=source,
        identity=digest(path),
        defaults={
            "owner": context.owner,
            "transfer_id": transfer,
            "identifier": path,
            "arrived_at": None if waits else context.now,
            "changed_at": NEVER if waits else context.now,
        },
    )
    context.remember(("path", folder.pk), folder.identifier)
    return int(context.remember(key, folder.pk))


def place_of(context: MergeContext, body: dict[str, Any]) -> tuple[int, str, bool]:
    """Where a Cozy's file is: its folder, the folder's path, and whether it is in the bin."""
    parent, trashed = body.get("dir_id"), body.get("trashed") is True
    source, transfer = context.of_origin()
    if parent in (ROOT, TRASH, "", None):
        path = original_path(body.get("restore_path")) if parent == TRASH else "/"
        return folder_at(context, source, transfer, path), path, trashed or parent == TRASH
    anew = context.made_anew(parent)
    if anew is not None:
        return folder_at(context, source, transfer, anew, waits=False), anew, trashed
    folder = context.containers(Folder, [identifier(parent, "The id of its directory")])[parent]
    path = context.known("path", folder)
    if path is None:
        path = Folder.objects.values_list("identifier", flat=True).get(pk=folder)
        context.remember(("path", folder), path)
    return folder, path, trashed


def foreign_mime(body: dict[str, Any]) -> str:
    mime = body.get("mime")
    return text(mime, "Its type") if isinstance(mime, str) else ""


def is_made_anew(document: ArrivingDocument, kind: str, named: str) -> bool:
    """Returns whether it is a directory that exports of ours make for what they have inside, wherever it comes from
    now.

    `kind`: what `metadata.wharf` calls such a directory, which has its key in the fact `named`. That another program
    has given one another id is as good as a directory of its own.
    """
    if document.body.get("type") != "directory" or document.kind != kind:
        return False
    key = (document.facts or {}).get(named)
    return isinstance(key, str) and any(
        document.id == also_id(digest_id(key), number) for number in range(1, MOST_ALIKE)
    )
