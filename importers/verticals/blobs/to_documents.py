"""How folders, files and their versions become documents."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import strict_json
from accounts.texts import kept_text
from importers.documents.columns import FACTS, as_json, zip_json
from importers.documents.cozy import directory_times, file_body, md5sum, with_cozys_own
from importers.documents.doctypes import FILES, TRASH, UNKNOWN_ITEMS, VERSIONS
from importers.documents.document import (
    STORED_COLUMNS,
    DirectoryDocument,
    ExportDocument,
    FileDocument,
    StoredBytes,
    VersionDocument,
    key_in_bin,
)
from importers.documents.kind import RecordKind, record_rows
from importers.documents.snapshot import Snapshot
from importers.models import Revision
from importers.verticals.blobs.models import STANDING, File, FileVersion, Folder, Stands, stands_so

FOLDER, FILE, VERSION = "folder", "file", "fileversion"  # what `metadata.wharf.kind` says
FOLDER_COLUMNS = ("identifier", "name", "arrived_at")
FILE_COLUMNS = ("name", "shown_name", "same_name", "place", "mime", "modified_at")
FOLDERS = RecordKind(
    Folder,
    FILES,
    FOLDER_COLUMNS,
    heading="identifier",
    all_words=_("all folders"),
    no_words=_("no folders"),
    missing=kept_text("The archive has files of this directory, but not the directory: they are in %(name)s."),
    address="folders",
    by_name=True,
    searched=("identifier",),
    search_number=1,
)
FILE_RECORDS = RecordKind(
    File,
    FILES,
    FILE_COLUMNS,
    heading="shown_name",
    at="modified_at",
    all_words=_("all files"),
    no_words=_("no files"),
    missing=kept_text("The archive has versions of this file, but not the file: it is named %(name)s."),
    address="files",
    by_name=True,
    by_size=True,
    searched=("shown_name", "name"),
    search_number=2,
)
VERSION_COLUMNS = ("payload", "mime", "modified_at", "received_at", "replaced_at")


def documents(snapshot: Snapshot) -> Iterator[ExportDocument]:
    """A directory per path, with every folder that came under it, and another one for those of them that are in the
    bin. A path comes before all that are below it."""
    folders = _folders(snapshot)
    for path, alike in groupby(folders, key=lambda folder: folder["identifier"]):
        ours = sorted(alike, key=itemgetter("doc_id"))  # on every server the same one gives the directory its id
        if path == "/":
            yield from _root(ours)
            continue
        live = [folder for folder in ours if _stands(folder) is Stands.LIVE]
        in_bin = [folder for folder in ours if _stands(folder) is Stands.IN_BIN]
        above = path.rpartition("/")[0] or "/"
        if live:
            yield _directory(live, path, parent=above)
        if in_bin:
            # One that was thrown away by itself is not in the one that it was in, wherever that is now.
            alone = any(was_thrown_away_alone(folder["payload"]) for folder in in_bin)
            parent = above if alone else key_in_bin(above)
            yield _directory(in_bin, path, key=key_in_bin(path), parent=parent, trashed=True)


def _directory(folders: list[dict[str, Any]], path: str, *, key: str = "", **where: Any) -> DirectoryDocument:
    first = folders[0]
    body = with_cozys_own(_body(folders), first["payload"])
    return DirectoryDocument(FILES, first["doc_id"], body, key=key or path, name=path.rpartition("/")[2], **where)


def was_thrown_away_alone(payload: str) -> bool:
    """Whether a Cozy's document says that it stands in the bin itself, and not in a directory that is there."""
    if f'"{TRASH}"' not in payload:
        return False
    body = strict_json.object_in(payload.encode())
    return body is not None and body.get("dir_id") == TRASH


def _stands(folder: dict[str, Any]) -> Stands:
    return stands_so(*(folder[name] for name in STANDING))


def _body(folders: list[dict[str, Any]]) -> dict[str, Any]:
    """What the document of a directory says, besides its name and place."""
    received = [folder["received_at"] for folder in folders]
    changed = [folder["changed_at"] for folder in folders]
    times = directory_times(min(received), max(received + changed))
    return {**times, "referenced_by": [], "metadata": {"wharf": {"kind": FOLDER, "records": folders}}}


def _root(folders: list[dict[str, Any]]) -> Iterator[ExportDocument]:
    """What somebody has said of the root, if anybody has. Every server has a root of its own, so it is no directory."""
    sent = [folder for folder in folders if folder["payload"]]
    if sent:
        body = {"_id": sent[0]["doc_id"], "path": "/", "metadata": {"wharf": {"kind": FOLDER, "records": sent}}}
        yield ExportDocument(UNKNOWN_ITEMS, sent[0]["doc_id"], body)


def _folders(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    """The folders as facts, in the order of their paths. What they said before is asked for one by one: there is none,
    or next to none, since a path is all that a folder says."""
    columns = ("doc_id", "transfer_id", *FACTS, *FOLDER_COLUMNS)
    changed = snapshot.of(Revision, owner_id=snapshot.owner.pk, kind=FOLDER).exists()
    for row in snapshot.rows(Folder, columns, order="identifier"):
        facts = zip_json(columns, row)
        facts["transfer"] = snapshot.transfer(facts.pop("transfer_id"))
        if changed:
            earlier = snapshot.of(Revision, owner_id=snapshot.owner.pk, kind=FOLDER, doc_id=facts["doc_id"])
            facts["revisions"] = [
                {
                    "payload": one.payload,
                    "replaced_at": as_json(one.replaced_at),
                    "transfer": snapshot.transfer(one.transfer_id),
                }
                for one in earlier.order_by("pk")
            ]
        yield facts


def files(snapshot: Snapshot) -> Iterator[FileDocument | VersionDocument]:
    """Files, and then what they were earlier."""
    of_folder = ("folder__identifier", *(f"folder__{name}" for name in STANDING))
    columns = (*FILE_COLUMNS, *of_folder, "seen_in_id", *STORED_COLUMNS)
    for record in record_rows(snapshot, FILE, File, columns):
        own = record.columns[: len(FILE_COLUMNS)]
        path, said, arrived, trashed, seen_in, *rest = record.columns[len(FILE_COLUMNS) :]
        modified = own[5]
        facts = record.facts | zip_json(FILE_COLUMNS, own)
        stored = StoredBytes(*rest)
        facts |= {"folder": path, "seen_in": snapshot.transfer(seen_in), "sha256": stored.sha256}
        if (stands := stands_so(said, arrived, trashed)) is not Stands.LIVE:
            facts["folder_stands"] = stands.value
        received = datetime.fromisoformat(facts["received_at"])
        body = file_body(record.doc_id, own[4], received, modified, stored)
        body |= {"referenced_by": [], "metadata": {"wharf": facts}}
        body = with_cozys_own(body, facts["payload"])
        yield FileDocument(
            FILES,
            record.doc_id,
            body,
            stored=stored,
            folder=key_in_bin(path) if stands is Stands.IN_BIN else path,
            name=own[1],
            modified=modified or received,
            trashed=facts["trashed_at"] is not None,
        )
    yield from _versions(snapshot)


def _versions(snapshot: Snapshot) -> Iterator[VersionDocument]:
    """What files were earlier, as Cozy's `io.cozy.files.versions`."""
    columns = ("doc_id", "file__doc_id", "transfer_id", *VERSION_COLUMNS, *STORED_COLUMNS)
    for doc_id, file_id, transfer, *rest in snapshot.rows(FileVersion, columns, order="file__doc_id"):
        own, stored = rest[: len(VERSION_COLUMNS)], StoredBytes(*rest[len(VERSION_COLUMNS) :])
        facts = {
            "kind": VERSION,
            "sha256": stored.sha256,
            **zip_json(VERSION_COLUMNS, own),
            "transfer": snapshot.transfer(transfer),
        }
        body = {
            "_id": f"{file_id}/{doc_id}",
            "updated_at": facts["modified_at"] or facts["received_at"],
            "size": str(stored.size),
            **md5sum(stored),
            "tags": [],
            "relationships": {"file": {"data": {"_id": file_id, "_type": FILES}}},
            "metadata": {"wharf": facts},
        }
        body = with_cozys_own(body, facts["payload"])
        yield VersionDocument(VERSIONS, f"{file_id}/{doc_id}", body, stored=stored, modified=own[2] or own[3])
