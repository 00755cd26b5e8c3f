"""What a Cozy's documents say of files and directories."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.texts import kept_text
from importers.digests import also_id, digest, digest_id
from importers.documents.arriving import ArrivingDocument
from importers.documents.doctypes import BIN_NAME, FILES, ROOT, TRASH, TRASH_PATH
from importers.documents.values import Unreadable, lenient_moment, record_id, text
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft
from importers.merging.foreign import changed_at, foreign_columns
from importers.models.record import READING
from importers.text import exact_name, folder_path, keepable, portable_name
from importers.verticals.blobs.folder_paths import folder_paths
from importers.verticals.blobs.identities import directory_identity
from importers.verticals.blobs.models import Stands

NO_DIRECTORY = kept_text("The directory that it is in, %(directory)s, has not come before it.")
AT_THE_ROOT = kept_text("It stands where the root is.")
ITS_NAME = kept_text("Its name")
NO_FILE_NAME = kept_text("%(name)s is no name of a file or a directory.")
ITS_PATH = kept_text("Its path")
CLIMBS_OUT = kept_text("Its path climbs out of where it should be.")
ID_OF_DIRECTORY = kept_text("The id of its directory")
STANDS_UNREADABLE = kept_text("How its folder stands can't be read.")
ITS_TYPE = kept_text("Its type")

DEEPEST_CERTAIN = 90  # folders in each other; what is deeper may stand somewhere else in an archive
MOST_ALIKE = 10  # documents of one id, which a record of each kind may have


def foreign_directory(context: MergeContext, document: ArrivingDocument) -> RecordDraft:
    """Returns what a Cozy's directory says. Raises `Unreadable`."""
    body = document.body
    name = file_name(body.get("name"))
    parent, path, trashed = body.get("dir_id"), body.get("path"), False
    if parent == TRASH:
        trashed, path = True, below(original_path(body.get("restore_path")), name)
    elif isinstance(path, str) and path.startswith("/") and not path.startswith(f"{TRASH_PATH}/"):
        path = original_path(path)
    else:
        trashed = isinstance(path, str) and path.startswith(f"{TRASH_PATH}/")
        above = folder_paths(context).path_of_document(parent)
        if above is None:
            raise Unreadable(NO_DIRECTORY % {"directory": f"{parent!r:.80}"})
        path = below(above, name)
    if path == "/":
        raise Unreadable(AT_THE_ROOT)
    doc_id = record_id(document.id)
    columns = foreign_columns(context, document, directory_identity(path, doc_id), trashed=trashed)
    columns |= {"identifier": path, "name": name, "arrived_at": context.now}
    folder_paths(context).note_document(document.id, path)
    # What others have named by its path is this one, if it is there.
    named = {} if trashed else {digest(path): READING + 1}
    return RecordDraft(document, doc_id, columns, foreign=True, former=named)


def foreign_file(context: MergeContext, document: ArrivingDocument) -> RecordDraft:
    """Returns what a Cozy's file says. Raises `Unreadable`."""
    body, name = document.body, file_name(document.body.get("name"))
    doc_id, content = record_id(document.id), document.stored.pk
    folder, path, trashed = place_of(context, body)
    columns = foreign_columns(context, document, digest(FILES, document.id), trashed=trashed)
    columns |= {
        "folder_id": folder,
        "content_id": content,
        "seen_in_id": columns["transfer_id"],
        "same_name": digest(path, name),
        "place": digest(path, name),
        "name": name,
        "shown_name": name,
        "mime": foreign_mime(body),
        "modified_at": lenient_moment(body.get("updated_at")),
    }
    return RecordDraft(document, doc_id, columns, path=path, foreign=True, called=name)


def file_name(value: Any) -> str:
    """Returns the name of a Cozy's file or directory. Raises `Unreadable`."""
    name = text(value, ITS_NAME)
    if not name or name in (".", "..") or "/" in name:
        raise Unreadable(NO_FILE_NAME % {"name": repr(name[:80])})
    return name


def original_path(value: Any) -> str:
    """Returns a path that a Cozy's document names; the root, where it names none. Raises `Unreadable`."""
    path = folder_path(text(value, ITS_PATH)) if value else "/"
    if {".", ".."} & set(path.split("/")):
        raise Unreadable(CLIMBS_OUT)
    return path


def below(path: str, name: str) -> str:
    """Returns the path of what has this name in a folder."""
    return f"{path.rstrip('/')}/{name}"


def place_of(context: MergeContext, body: dict[str, Any]) -> tuple[int, str, bool]:
    """Returns where a Cozy's file is: the key of its folder, the folder's path, and whether it is in the bin."""
    folders, (source, transfer) = folder_paths(context), context.transfers.of_origin()
    parent, trashed = body.get("dir_id"), body.get("trashed") is True
    if parent in (ROOT, TRASH, "", None):
        if parent != TRASH:
            return folders.folder_at(source, transfer, "/"), "/", trashed
        path = original_path(body.get("restore_path"))
        return folders.folder_at(source, transfer, path, Stands.GONE), path, True
    anew = folders.made_anew(parent)
    if anew is not None:
        return folders.folder_at(source, transfer, anew, waits=False), anew, trashed
    folder, path, in_bin = folders.folder_of_document(record_id(parent, ID_OF_DIRECTORY))
    return folder, path, trashed or in_bin


@dataclass(frozen=True)
class PlaceThere:
    """Where a file of ours stands on a Cozy that it has been to: its folder's path, its name, whether it is in the
    bin."""

    path: str
    name: str
    trashed: bool


def place_there(context: MergeContext, body: dict[str, Any], before: PlaceThere) -> PlaceThere:
    """Returns where a Cozy says that a file of ours is, of which its own facts say where it was `before` it went there:
    renamed, moved or thrown away, it keeps its facts. Names that only the archive's tree had to change are the same."""
    name, parent = body.get("name"), body.get("dir_id")
    shown = name if isinstance(name, str) and not is_called(name, before.name) else before.name
    shown = before.name if shown in ("", ".", "..") or "/" in shown or keepable(shown) != shown else shown
    folders = folder_paths(context)
    if was_thrown_away_there(context, body):
        return PlaceThere(before.path, shown, trashed=True)
    path = folders.made_anew(parent)
    path = folders.path_of_document(parent) if path is None else path
    if path is None or path.startswith(f"/{BIN_NAME}") or before.path.count("/") >= DEEPEST_CERTAIN:
        return PlaceThere(before.path, shown, before.trashed)
    # In the place where it was, it may be so in a folder that has been thrown away.
    return PlaceThere(path, shown, trashed=before.trashed and path == before.path)


def stands_there(facts: dict[str, Any]) -> Stands:
    """Returns how the folder of a file of ours stood where the archive comes from. Raises `Unreadable`."""
    said = facts.get("folder_stands", Stands.LIVE.value)
    if said not in list(Stands):
        raise Unreadable(STANDS_UNREADABLE)
    return Stands(said)


def was_thrown_away_there(context: MergeContext, body: dict[str, Any]) -> bool:
    """Whether a Cozy has something of ours in its bin, or in a directory that it has there and that was not before."""
    return body.get("dir_id") == TRASH or folder_paths(context).was_thrown_away(body.get("dir_id"))


def thrown_away_at(document: ArrivingDocument, columns: dict[str, Any]) -> datetime:
    """Since when something of ours is in a Cozy's bin, as far as it says: the same whenever its document comes."""
    at: datetime = max(changed_at(document.body), columns["changed_at"])
    return at


def is_called(name: str, before: str) -> bool:
    """Whether an archive calls a file so of which the name was this one: exactly, in the form that every file system
    takes, or either of them with a number."""
    for one in {exact_name(before), portable_name(before)}:
        stem, dot, suffix = one.rpartition(".")
        stem, dot, suffix = (stem, dot, suffix) if stem else (one, "", "")
        if name == one or re.fullmatch(rf"{re.escape(stem)} \(\d+\){re.escape(dot + suffix)}", name):
            return True
    return False


def foreign_mime(body: dict[str, Any]) -> str:
    """Returns the type of a Cozy's file; empty, where it says none."""
    mime = body.get("mime")
    return text(mime, ITS_TYPE) if isinstance(mime, str) else ""


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
