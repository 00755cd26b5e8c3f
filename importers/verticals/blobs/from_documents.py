"""How documents become folders and files again, whether they were ours or a Cozy's."""

from typing import Any

from importers.digests import digest
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.values import Unreadable, identifier, text
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft, record_columns, todays_columns
from importers.merging.origin import COZY
from importers.merging.records import RecordImporter
from importers.merging.revisions import EarlierPayloads, revisions_of
from importers.merging.winning import Meeting, MergeVerdict
from importers.models import Record
from importers.text import folder_path
from importers.verticals.blobs.folder_paths import folder_paths
from importers.verticals.blobs.free_names import free_place
from importers.verticals.blobs.from_cozy import (
    PlaceThere,
    below,
    foreign_directory,
    foreign_file,
    is_called,
    original_path,
    place_there,
    thrown_away_at,
    was_thrown_away_there,
)
from importers.verticals.blobs.items import FileItem, FolderItem
from importers.verticals.blobs.models import STATE, File, FileVersion, Folder
from importers.verticals.blobs.to_documents import FILE, FILE_COLUMNS, FOLDER, FOLDER_COLUMNS

OLDER_FILE_NOTE = "What is here is newer; the archive's is kept as an earlier version of it."


class FolderImporter(RecordImporter):
    """Directories: ours say which folders came under their path, a Cozy's are one folder."""

    model = Folder
    vertical = "blobs"
    items = (FolderItem,)

    def read(self, context: MergeContext, document: ArrivingDocument) -> list[RecordDraft]:
        facts = document.facts
        if facts is None or facts.get("kind") != FOLDER:
            return [foreign_directory(context, document)]
        listed = facts.get("records")
        if not isinstance(listed, list) or not listed:
            raise Unreadable("It does not say which folders it was.")
        drafts = []
        for one in listed:
            if not isinstance(one, dict):
                raise Unreadable("What it says of its folders can't be read.")
            columns = record_columns(context.transfers, Folder, FOLDER_COLUMNS, one)
            columns["identifier"] = folder_path(columns["identifier"])
            columns, former = todays_columns(self.items, columns)
            if (
                context.origin.product == COZY
                and columns["trashed_at"] is None
                and was_thrown_away_there(context, document.body)
            ):
                columns["trashed_at"] = thrown_away_at(document, columns)
                folder_paths(context).note_thrown_away(document.id)
            revisions = revisions_of(context.transfers, one)
            drafts.append(RecordDraft(document, identifier(one.get("doc_id")), columns, revisions, former=former))
        return drafts

    def attach(self, context: MergeContext, pairs: list[tuple[RecordDraft, Record]]) -> None:
        folders = folder_paths(context)
        for draft, record in pairs:
            if isinstance(record, Folder):
                folders.note_folder(draft.doc_id, record)

    def merge(self, context: MergeContext, draft: RecordDraft, record: Any, earlier: EarlierPayloads) -> None:
        """Merges them. A folder stays at its path, but for one that a document has named by its id, whose path comes
        with it, and for one that the server it came from has renamed or moved since."""
        if draft.foreign and draft.doc_id != record.doc_id:
            draft = self._out_of_the_bin(draft, record)
        path, here = draft.columns["identifier"], record.identifier
        if path == here:
            super().merge(context, draft, record, earlier)
            return
        is_new = record.is_named_by_archive
        meeting = Meeting.of(draft, record, earlier)
        if not is_new and not (meeting.states is not None and meeting.verdict is MergeVerdict.NEWER):
            draft.document.notes.append(f"This folder is {here} here and {path} in the archive; it stays.")
            draft = draft.but({"identifier": here, "name": record.name})
        super().merge(context, draft, record, earlier)
        if record.identifier != here:
            move_files(record, path, as_named=is_new)
            folder_paths(context).note_move(record, here)

    def take(self, context: MergeContext, meeting: Meeting) -> None:
        """Lets the folder be what the document says; what identifies it at its source is its path."""
        super().take(context, meeting)
        record = meeting.record
        if "identifier" in meeting.differing:
            identity = digest(record.identifier)
            same = Folder.objects.filter(source_id=record.source_id, identity=identity).exclude(pk=record.pk)
            record.identity = digest("moved", record.doc_id) if same.exists() else identity
            record.save(update_fields=["identity"])

    def unite(self, context: MergeContext, record: Any, placeholder: Any) -> None:
        move_files(placeholder, record.identifier, as_named=True)
        super().unite(context, record, placeholder)

    def _out_of_the_bin(self, draft: RecordDraft, record: Folder) -> RecordDraft:
        """Two directories of one path, of which a Cozy may have any number in its bin, are one folder: it is in the bin
        only if both are. Files say for themselves where they are."""
        if record.trashed_at and not draft.columns["trashed_at"]:
            record.trashed_at = None
            record.save(update_fields=["trashed_at"])
            draft.document.became(Outcome.UPDATED)
        return draft if record.trashed_at else draft.but({"trashed_at": None})


def move_files(folder: Folder, path: str, *, as_named: bool) -> None:
    """Moves the files of a folder below its path, which has only now become known, or is another one now. `as_named`:
    they were never shown under the names that they have."""
    for file in File.objects.filter(folder=folder).order_by("pk").iterator():
        file.same_name = digest(path, file.name)
        shown = file.name if as_named else file.shown_name
        file.shown_name, file.place = free_place(file.owner_id, path, shown)
        file.save(update_fields=["same_name", "shown_name", "place"])


class FileImporter(RecordImporter):
    """Files, with their bytes."""

    model = File
    vertical = "blobs"
    items = (FileItem,)

    def read(self, context: MergeContext, document: ArrivingDocument) -> list[RecordDraft]:
        facts = document.facts
        if facts is None or facts.get("kind") != FILE:
            return [foreign_file(context, document)]
        columns = record_columns(context.transfers, File, FILE_COLUMNS, facts)
        columns, _ = todays_columns(self.items, columns)
        path = folder_path(text(facts.get("folder"), "folder"))
        if not columns["name"] or not columns["shown_name"]:
            raise Unreadable("It has no name.")
        columns["seen_in_id"] = context.transfers.named(facts.get("seen_in")).transfer
        columns["content_id"] = document.stored.pk
        revisions = revisions_of(context.transfers, facts)
        doc_id = identifier(document.id)
        if context.origin.product == COZY:
            path = self._as_it_is_there(context, document, columns, path)
        columns["folder_id"] = folder_paths(context).folder_at(columns["source_id"], columns["transfer_id"], path)
        return [RecordDraft(document, doc_id, columns, revisions, path=path)]

    def _as_it_is_there(
        self, context: MergeContext, document: ArrivingDocument, columns: dict[str, Any], path: str
    ) -> str:
        """Lets the columns of a file of ours say where the Cozy has it that it comes from. Returns its folder's
        path."""
        before = PlaceThere(path, columns["shown_name"], columns["trashed_at"] is not None)
        there = place_there(context, document.body, before)
        if there != before:
            columns["shown_name"], columns["place"] = there.name, digest(there.path, there.name)
            if there.trashed != before.trashed:
                columns["trashed_at"] = thrown_away_at(document, columns) if there.trashed else None
        return there.path

    def create(self, context: MergeContext, drafts: list[RecordDraft]) -> None:
        """Makes each under its own name, or a free one; the same file at the same path is the one that is there."""
        places = [draft.columns["place"] for draft in drafts]
        taken = {file.place: file for file in File.objects.filter(owner=context.owner, place__in=places)}
        new: list[RecordDraft] = []
        for draft in drafts:
            other = taken.get(draft.columns["place"])
            if other is None:
                new.append(draft)
            elif (
                other.content_id == draft.columns["content_id"]
                and not other.trashed_at
                and not draft.columns["trashed_at"]
            ):
                self.merge_all(context, [(draft, other)])
            else:
                self._rename(context, draft)
        super().create(context, self._first_of_each_place(context, new))

    def _first_of_each_place(self, context: MergeContext, drafts: list[RecordDraft]) -> list[RecordDraft]:
        first: dict[str, RecordDraft] = {}
        for draft in drafts:
            if first.setdefault(draft.columns["place"], draft) is not draft:
                self._rename(context, draft)
        return list(first.values())

    def _rename(self, context: MergeContext, draft: RecordDraft) -> None:
        was = below(draft.path, draft.columns["shown_name"])
        name, place = free_place(context.owner.pk, draft.path, draft.columns["shown_name"])
        super().create(context, [draft.but({"shown_name": name, "place": place})])
        draft.document.became(
            Outcome.RENAMED, f"Another file is {was} already; this one is now {below(draft.path, name)}."
        )

    def fit(self, context: MergeContext, draft: RecordDraft, record: Any) -> RecordDraft:
        """Returns what the document says, but for the name under which the file is shown: it was decided here."""
        named = (draft.document.facts or {}).get("shown_name", draft.columns["shown_name"])
        is_renamed_there = named != (shown := draft.columns["shown_name"]) and not is_called(record.shown_name, shown)
        is_the_same = draft.columns["folder_id"] == record.folder_id and draft.columns["name"] == record.name
        if is_the_same and not is_renamed_there:
            draft = draft.but({"shown_name": record.shown_name, "place": record.place})
        return super().fit(context, draft, record)

    def arrive(self, context: MergeContext, meeting: Meeting) -> None:
        """The file comes at last. Until now, the record was one of its versions."""
        self._keep_version(context, meeting.record, _state(meeting.record))
        super().arrive(context, self._in_a_free_place(context, meeting))

    def _in_a_free_place(self, context: MergeContext, meeting: Meeting) -> Meeting:
        place, draft = meeting.differing.get("place"), meeting.draft
        if place is None or not File.objects.filter(owner=context.owner, place=place).exists():
            return meeting
        name, place = free_place(context.owner.pk, draft.path, draft.columns["shown_name"])
        draft.document.notes.append(f"Another file has its name; it is now {below(draft.path, name)}.")
        return meeting.but({"shown_name": name, "place": place})

    def take(self, context: MergeContext, meeting: Meeting) -> None:
        """Lets the file be what the document says; other bytes that it had are a version of it."""
        meeting = self._in_a_free_place(context, meeting)
        if "content_id" in meeting.differing:
            self._keep_version(context, meeting.record, _state(meeting.record))
            if "payload" in meeting.differing:
                meeting.earlier.add(meeting.record.payload, context.now)  # the version has it
        super().take(context, meeting)

    def keep_other(self, context: MergeContext, meeting: Meeting) -> None:
        """The file stays; other bytes that the document has are a version of it."""
        if "content_id" not in meeting.differing:
            super().keep_other(context, meeting)
            return
        draft = meeting.draft
        state = {name: draft.columns[name] for name in STATE}
        if draft.foreign:
            state["received_at"] = draft.columns["changed_at"]  # so that it is the same whenever it comes
        wrote = self._keep_version(context, meeting.record, state, foreign=draft.foreign)
        draft.document.became(Outcome.OLDER, OLDER_FILE_NOTE, wrote=wrote)

    def _keep_version(self, context: MergeContext, file: File, state: dict[str, Any], *, foreign: bool = False) -> bool:
        """Keeps what a file is, or was elsewhere, as a version. Returns whether it was not kept yet. A `foreign`
        document says of which revision it is; an exporter's item may be the same twice."""
        names = ("content_id", "payload") if foreign else ("content_id", "payload", "received_at")
        same = {name: state[name] for name in names}
        if file.versions.filter(**same).exists():
            return False
        FileVersion.objects.create(file=file, owner=context.owner, replaced_at=context.now, **state)
        context.new_bytes += len(state["payload"].encode())
        return True


def _state(file: File) -> dict[str, Any]:
    return {name: getattr(file, name) for name in STATE}


class DerivedDirectoryImporter:
    """Directories that every export makes anew: no record stands behind them."""

    def bring(self, context: MergeContext, documents: list[ArrivingDocument]) -> None:
        for document in documents:
            document.became(Outcome.UNCHANGED)
            key, path = (document.facts or {}).get("key"), document.body.get("path")
            stands_at = key if isinstance(key, str) and key.startswith("/") else path
            try:
                folder_paths(context).note_made_anew(document.id, original_path(stands_at))
            except Unreadable:
                continue  # what can't be read is no place for the files of others


FOLDER_IMPORTER = FolderImporter()
FILE_IMPORTER = FileImporter()
DERIVED_DIRECTORY_IMPORTER = DerivedDirectoryImporter()
