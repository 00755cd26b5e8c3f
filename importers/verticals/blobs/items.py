"""Folders and files on the wire."""

from typing import Any, ClassVar

from django.utils import timezone
from pydantic import AliasChoices, AliasPath, Field

from importers import statements
from importers.digests import digest
from importers.formats.local_time import ZonedMoment
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus, WholeItem
from importers.items.deletions import deleted_answer, require_not_deleted
from importers.items.item import ChangeableItem
from importers.items.wire import Identifier, Text, as_it_came, said, spelled
from importers.merging.deciding import deciding
from importers.models import Record
from importers.models.record import AS_IT_CAME, NEVER
from importers.text import exact_path, folder_path
from importers.verticals.blobs import kept_files
from importers.verticals.blobs.free_names import WHERE, free_place, leave_bin
from importers.verticals.blobs.models import File, FileVersion, Folder, of_these_bytes


def says(payload: str) -> str:
    """Returns what a folder or a file says, in one spelling for `/D` and `/D/`, which are one folder."""
    item = said(payload)
    paths = {name: folder_path(item[name]) for name in ("path", "folder") if isinstance(item.get(name), str)}
    return spelled(item | paths)


class FolderItem(ChangeableItem):
    """A folder. `/D` and `/D/` are one."""

    types: ClassVar = ("Folder", "BlobbyFolder", "BlobbyFolderData")
    model: ClassVar = Folder
    identified_by: ClassVar = (("path",),)
    examples: ClassVar = (
        {"@type": "Folder", "path": "/Letters"},
        {"@type": "BlobbyFolderData", "path": "/Letters/1843"},
    )

    path: Identifier

    def identity(self, whole: WholeItem) -> str:
        return digest(exact_path(as_it_came(self.path)))

    def former_identities(self, whole: WholeItem) -> dict[str, int]:
        """What no column can hold was replaced before it identified something."""
        return dict.fromkeys({digest(folder_path(self.path))} - {self.identity(whole)}, AS_IT_CAME)

    def columns(self) -> dict[str, Any]:
        path = folder_path(self.path)
        return {"identifier": path, "name": path.rpartition("/")[2]}

    def columns_anew(self, standing: dict[str, Any]) -> dict[str, Any]:
        path = folder_path(str(standing["identifier"]))
        return super().columns_anew(standing) | {"identifier": path}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        return records.save_once(Folder, arrival, self.identity(arrival.whole), self.columns(), says)[1]


class FileItem(ChangeableItem):
    """A file, with its bytes. One that says no folder is at the top."""

    types: ClassVar = ("File", "BlobbyFile", "BlobbyFileData")
    model: ClassVar = File
    has_file: ClassVar = True
    identified_by: ClassVar = (("folder", "name"),)
    examples: ClassVar = (
        {"@type": "File", "folder": "/Letters", "name": "notes.txt", "dateModified": "2024-06-03T10:05:12Z"},
        {
            "@type": "BlobbyFileData",
            "folder": "/Letters",
            "document": {"name": "engine.txt", "dateModified": "2020-02-01", "encodingFormat": "text/plain"},
        },
    )

    folder: Text = ""
    name: Identifier = Field(validation_alias=AliasChoices("name", AliasPath("document", "name")))
    modified: ZonedMoment = Field(
        default=None, validation_alias=AliasChoices("dateModified", AliasPath("document", "dateModified"))
    )
    mime: Text = Field(default="", validation_alias=AliasPath("document", "encodingFormat"))

    def identity(self, whole: WholeItem) -> str:
        """Depends on the files of its name that came before it."""
        return ""

    def former_identities(self, whole: WholeItem) -> dict[str, int]:
        """What no column can hold was replaced before it identified something."""
        path = folder_path(self.folder)
        same = digest(path, self.name) == self._same_name()
        return {} if same else {digest(path, self.name, whole.sha256, ""): AS_IT_CAME}

    def identity_anew(self, whole: WholeItem, standing: str) -> str:
        is_former = standing in self.former_identities(whole)
        return self._identity(whole.sha256) if is_former else standing

    def columns(self) -> dict[str, Any]:
        return {"mime": self.mime, "modified_at": self.modified}

    def columns_anew(self, standing: dict[str, Any]) -> dict[str, Any]:
        said = super().columns_anew(standing)
        is_former = standing["same_name"] == digest(folder_path(self.folder), self.name)
        return said | {"same_name": self._same_name()} if is_former else said

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        path = folder_path(self.folder)
        named, place = {"source_id": arrival.source.pk, "same_name": self._same_name()}, digest(path, self.name)
        # Mostly nothing has come under its name, and nothing stands in its place, which one question tells.
        if statements.first(File, ("id",), named, {"owner_id": arrival.owner.pk, "place": place}) is None:
            return self._create(arrival, path, [], self.name, place)
        files = list(File.objects.filter(**named).select_related("transfer").order_by("id"))
        for file in files:
            if self._has_come(file, arrival):
                return self._found(file, arrival)
        require_not_deleted(File, arrival, of_these_bytes(self._same_name(), arrival.file.sha256))
        for file in files:
            if _is_named_by(file, arrival):
                if records.stays_deleted(file, arrival):
                    return deleted_answer(file.doc_id)
                return self._new_version(file, arrival)
        return self._create(arrival, path, files, *free_place(arrival.owner.pk, path, self.name, max(len(files), 1)))

    def standing(self, arrival: IncomingItem) -> Record | None:
        named = {"source_id": arrival.source.pk, "same_name": self._same_name()}
        files = list(File.objects.filter(**named).order_by("id"))
        same = next((file for file in files if self._has_come(file, arrival)), None)
        return same or next((file for file in files if _is_named_by(file, arrival)), None)

    def twin(self, arrival: IncomingItem, standing: File, facts: dict[str, Any]) -> Record:
        """It stands where the file does."""
        place = {name: getattr(standing, name) for name in ("folder_id", "same_name", "place", "name", "shown_name")}
        bytes_of = {"content_id": arrival.file.pk, "seen_in_id": arrival.transfer.pk, "mime": arrival.mime or self.mime}
        return super().twin(arrival, standing, facts | place | bytes_of)

    def keep_as_version(self, arrival: IncomingItem, standing: File, kept: Record) -> bool:
        """Of other bytes, those that came last are the file, and the others a version of it."""
        if kept_files.is_one_state(standing, kept):
            return False
        is_newer = (deciding(kept.received_at) or NEVER) > standing.received_at and not kept.trashed_at
        is_newer = is_newer and not self._has_come(standing, arrival)
        kept_files.keep_as_version(standing, kept, self._columns(arrival), is_newer=is_newer)
        arrival.keep_json()
        return True

    def _has_come(self, file: File, arrival: IncomingItem) -> bool:
        """Whether these bytes are the file's, or were, when the same job sent them before."""
        if file.content_id == arrival.file.pk:
            return True
        if not arrival.transfer.job_id:
            return False  # every item means the file as it is now
        return file.versions.filter(content=arrival.file, transfer=arrival.transfer).exists()

    def _found(self, file: File, arrival: IncomingItem) -> ItemAnswer:
        if records.stays_deleted(file, arrival):
            return deleted_answer(file.doc_id)
        older = file.content_id != arrival.file.pk
        same = records.same_item(file.payload, arrival, says)
        unchanged = file.trashed_at is None and (older or same)
        if not unchanged and not same:
            records.remember(file, arrival)
            records.replace(file, arrival, self._columns(arrival))
        file.seen_in = arrival.transfer
        leave_bin(file)
        file.save(update_fields=["seen_in", *WHERE])
        return ItemAnswer(file.doc_id, ItemStatus.UNCHANGED if unchanged else ItemStatus.UPDATED)

    def _new_version(self, file: File, arrival: IncomingItem) -> ItemAnswer:
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
        }
        leave_bin(file)
        records.replace(file, arrival, columns | {name: getattr(file, name) for name in WHERE})
        return ItemAnswer(file.doc_id, ItemStatus.UPDATED)

    def _create(self, arrival: IncomingItem, path: str, equals: list[File], shown_name: str, place: str) -> ItemAnswer:
        same_name, sha256 = self._same_name(), arrival.file.sha256
        require_not_deleted(File, arrival, of_these_bytes(same_name, sha256))
        require_not_deleted(File, arrival, same_name, later=True)
        folder = self._folder(arrival, path)
        columns = self._columns(arrival) | {
            "folder": folder,
            "content": arrival.file,
            "seen_in": arrival.transfer,
            "same_name": same_name,
            "place": place,
            "name": self.name,
            "shown_name": shown_name,
        }
        identity = self._identity(sha256, str(equals[-1].pk) if equals else "")
        file = records.create(File, arrival, identity, columns, needs_key=False)
        return ItemAnswer(file.doc_id, ItemStatus.CREATED)

    def _folder(self, arrival: IncomingItem, path: str) -> Folder:
        root = {"arrived_at": timezone.now()} if path == "/" else {}  # nobody sends the root, and nobody misses it
        folder = records.container_for(Folder, arrival, digest(self._exact_path()), path, **root)
        records.bring_back(folder)  # else nobody would find there what is new
        return folder

    def _exact_path(self) -> str:
        return exact_path(as_it_came(self.folder))

    def _identity(self, sha256: str, after: str = "") -> str:
        """`after`: the key of the last file that came under its name before it."""
        return digest(self._exact_path(), as_it_came(self.name), sha256, after)

    def _same_name(self) -> str:
        """Returns what stands for its folder and name as they came."""
        return digest(self._exact_path(), as_it_came(self.name))

    def _columns(self, arrival: IncomingItem) -> dict[str, Any]:
        return self.columns() | {"mime": arrival.mime or self.mime}


def _is_named_by(file: File, arrival: IncomingItem) -> bool:
    """Whether an item of this name means the file. Equal names in one job are different files; from a later job, or
    from one that doesn't say which it is, the name means the file that already stands there."""
    return not arrival.transfer.job_id or file.seen_in_id != arrival.transfer.pk
