"""BLOBS: folders and files."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, ClassVar

from django.utils import timezone
from pydantic import AliasChoices, AliasPath, Field

from importers import records
from importers.arrival import Arrival, Saved, Status
from importers.digests import digest
from importers.documents import (
    FACTS,
    FILES,
    STORED,
    VERSIONS,
    Directory,
    Document,
    FileDocument,
    Stored,
    VersionDocument,
    as_json,
    file_body,
    rows_leaving,
    zip_json,
)
from importers.models import File, FileVersion, Folder, Revision
from importers.snapshots import Snapshot
from importers.text import folder_path
from importers.verticals.item import Item
from importers.wire import Identifier, Moment, Text


class FolderItem(Item):
    types: ClassVar = ("Folder", "BlobbyFolder", "BlobbyFolderData")

    path: Identifier

    def save(self, arrival: Arrival) -> Saved:
        path = folder_path(self.path)
        columns = {"identifier": path, "name": path.rpartition("/")[2]}
        return records.save_once(Folder, arrival, digest(path), columns)[1]


class FileItem(Item):
    types: ClassVar = ("File", "BlobbyFile", "BlobbyFileData")
    has_file: ClassVar = True

    folder: Text = ""
    name: Identifier = Field(validation_alias=AliasChoices("name", AliasPath("document", "name")))
    modified: Moment = Field(
        default=None, validation_alias=AliasChoices("dateModified", AliasPath("document", "dateModified"))
    )
    mime: Text = Field(default="", validation_alias=AliasPath("document", "encodingFormat"))

    def save(self, arrival: Arrival) -> Saved:
        path = folder_path(self.folder)
        same_name = digest(path, self.name)
        files = list(
            File.objects.filter(source=arrival.source, same_name=same_name).select_related("transfer").order_by("id")
        )
        for file in files:
            if self._has_come(file, arrival):
                return self._found(file, arrival)
        for file in files:
            # Equal names in one job are different files; from a later job, or from one that doesn't say which it
            # is, the name means the file that already stands there.
            if not arrival.transfer.job_id or file.seen_in_id != arrival.transfer.pk:
                if records.stays_deleted(file, arrival):
                    return Saved(file.doc_id, Status.UNCHANGED)
                return self._new_version(file, arrival)
        return self._create(arrival, path, same_name, files)

    def _has_come(self, file: File, arrival: Arrival) -> bool:
        """Whether these bytes are the file's, or were, when the same job sent them before."""
        if file.content_id == arrival.file.pk:
            return True
        if not arrival.transfer.job_id:
            return False  # every item means the file as it is now
        return file.versions.filter(content=arrival.file, transfer=arrival.transfer).exists()

    def _found(self, file: File, arrival: Arrival) -> Saved:
        if records.stays_deleted(file, arrival):
            return Saved(file.doc_id, Status.UNCHANGED)
        older = file.content_id != arrival.file.pk
        unchanged = file.trashed_at is None and (older or records.same_item(file.payload, arrival))
        if not unchanged and not records.same_item(file.payload, arrival):
            records.remember(file, arrival)
            records.replace(file, arrival, self._columns(arrival))
        file.seen_in = arrival.transfer
        file.trashed_at = None
        file.save(update_fields=["seen_in", "trashed_at"])
        return Saved(file.doc_id, Status.UNCHANGED if unchanged else Status.UPDATED)

    def _new_version(self, file: File, arrival: Arrival) -> Saved:
        FileVersion.objects.create(
            file=file,
            owner_id=file.owner_id,
            content_id=file.content_id,
            transfer_id=file.transfer_id,
            payload=file.payload,
            mime=file.mime,
            modified_at=file.modified_at,
            received_at=file.received_at,
        )
        columns = self._columns(arrival) | {
            "content_id": arrival.file.pk,
            "received_at": timezone.now(),
            "seen_in_id": arrival.transfer.pk,
            "trashed_at": None,
        }
        records.replace(file, arrival, columns)
        return Saved(file.doc_id, Status.UPDATED)

    def _create(self, arrival: Arrival, path: str, same_name: str, equals: list[File]) -> Saved:
        folder = self._folder(arrival, path)
        shown_name, place = self._free_name(arrival, path, len(equals))
        columns = self._columns(arrival) | {
            "folder": folder,
            "content": arrival.file,
            "seen_in": arrival.transfer,
            "same_name": same_name,
            "place": place,
            "name": self.name,
            "shown_name": shown_name,
        }
        identity = digest(path, self.name, arrival.file.sha256, str(equals[-1].pk) if equals else "")
        file = records.create(File, arrival, identity, columns)
        return Saved(file.doc_id, Status.CREATED)

    def _folder(self, arrival: Arrival, path: str) -> Folder:
        root = {"arrived_at": timezone.now()} if path == "/" else {}  # nobody sends the root, and nobody misses it
        return records.container_for(Folder, arrival, digest(path), path, **root)

    def _columns(self, arrival: Arrival) -> dict[str, object]:
        return {"mime": arrival.mime or self.mime, "modified_at": self.modified}

    def _free_name(self, arrival: Arrival, path: str, equals: int) -> tuple[str, str]:
        """The name under which the file is shown: its own, or with a number before its type where that one is taken."""
        stem, dot, suffix = self.name.rpartition(".")
        if not stem:
            stem, dot, suffix = self.name, "", ""
        name, number = self.name, max(equals, 1)
        while True:
            place = digest(path, name)
            if not File.objects.filter(owner=arrival.owner, place=place).exists():
                return name, place
            number += 1
            name = f"{stem} ({number}){dot}{suffix}"


ITEMS = (FolderItem, FileItem)

DOCTYPES = (FILES, VERSIONS)
COUNTED = (Folder, File, FileVersion)
FOLDER_COLUMNS = ("identifier", "name", "arrived_at")
FILE_COLUMNS = ("name", "shown_name", "same_name", "place", "mime", "modified_at")
VERSION_COLUMNS = ("payload", "mime", "modified_at", "received_at", "replaced_at")


def documents(snapshot: Snapshot) -> Iterator[Document]:
    """A directory per path, with every folder that came under it. A path comes before all that are below it."""
    folders = _folders(snapshot)
    for path, alike in groupby(folders, key=lambda folder: folder["identifier"]):
        ours = list(alike)
        yield Directory(
            FILES,
            ours[0]["doc_id"],
            {"metadata": {"wharf": {"kind": "folder", "records": ours}}},
            key=path,
            parent=path.rpartition("/")[0] or "/",
            name=path.rpartition("/")[2],
            trashed=all(folder["trashed_at"] for folder in ours),
        )


def _folders(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    """The folders as facts, in the order of their paths. What they said before is asked for one by one: there is none,
    or next to none, since a path is all that a folder says."""
    columns = ("doc_id", "transfer_id", *FACTS, *FOLDER_COLUMNS)
    changed = snapshot.of(Revision, owner_id=snapshot.owner.pk, kind="folder").exists()
    for row in snapshot.rows(Folder, columns, order="identifier"):
        facts = zip_json(columns, row)
        facts["transfer"] = snapshot.transfer(facts.pop("transfer_id"))
        if changed:
            earlier = snapshot.of(Revision, owner_id=snapshot.owner.pk, kind="folder", doc_id=facts["doc_id"])
            facts["revisions"] = [
                {"payload": one.payload, "replaced_at": as_json(one.replaced_at)} for one in earlier.order_by("pk")
            ]
        yield facts


def files(snapshot: Snapshot) -> Iterator[FileDocument | VersionDocument]:
    """Files, and then what they were earlier."""
    columns = (*FILE_COLUMNS, "folder__identifier", "seen_in_id", *STORED)
    for record in rows_leaving(snapshot, "file", File, columns):
        own = record.columns[: len(FILE_COLUMNS)]
        folder, seen_in, *rest = record.columns[len(FILE_COLUMNS) :]
        stored, modified = Stored(*rest), own[5]
        facts = record.facts | zip_json(FILE_COLUMNS, own)
        facts |= {"folder": folder, "seen_in": snapshot.transfer(seen_in)}
        received = datetime.fromisoformat(facts["received_at"])
        body = file_body(record.doc_id, own[4], received, modified, stored.size)
        body |= {"referenced_by": [], "metadata": {"wharf": facts}}
        yield FileDocument(
            FILES,
            record.doc_id,
            body,
            stored=stored,
            folder=folder,
            name=own[1],
            modified=modified or received,
            trashed=facts["trashed_at"] is not None,
        )
    yield from _versions(snapshot)


def _versions(snapshot: Snapshot) -> Iterator[VersionDocument]:
    """What files were earlier, as Cozy's `io.cozy.files.versions`."""
    columns = ("doc_id", "file__doc_id", "transfer_id", *VERSION_COLUMNS, *STORED)
    for doc_id, file_id, transfer, *rest in snapshot.rows(FileVersion, columns, order="file__doc_id"):
        own, stored = rest[: len(VERSION_COLUMNS)], Stored(*rest[len(VERSION_COLUMNS) :])
        facts = {"kind": "fileversion", **zip_json(VERSION_COLUMNS, own), "transfer": snapshot.transfer(transfer)}
        body = {
            "_id": f"{file_id}/{doc_id}",
            "updated_at": facts["modified_at"] or facts["received_at"],
            "size": str(stored.size),
            "tags": [],
            "relationships": {"file": {"data": {"type": FILES, "_id": file_id}}},
            "metadata": {"wharf": facts},
        }
        yield VersionDocument(VERSIONS, f"{file_id}/{doc_id}", body, stored=stored, modified=own[2] or own[3])
