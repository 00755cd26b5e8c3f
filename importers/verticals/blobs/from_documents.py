"""How documents become folders and files again, whether they were ours or a Cozy's."""

from typing import Any

from accounts.texts import kept_text
from importers.digests import digest
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.values import Unreadable, identifier, text
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft, record_columns, todays_columns
from importers.merging.origin import COZY
from importers.merging.records import RecordImporter
from importers.merging.revisions import EarlierPayloads, revisions_of
from importers.merging.winning import Meeting, MergeVerdict, was_trashed_here
from importers.models import Record
from importers.text import folder_path
from importers.verticals.blobs.claims import name_claims
from importers.verticals.blobs.folder_paths import folder_paths
from importers.verticals.blobs.free_names import no_place
from importers.verticals.blobs.from_cozy import (
    PlaceThere,
    foreign_directory,
    foreign_file,
    is_called,
    original_path,
    place_there,
    stands_there,
    thrown_away_at,
    was_thrown_away_there,
)
from importers.verticals.blobs.identities import directory_identity
from importers.verticals.blobs.items import FileItem, FolderItem
from importers.verticals.blobs.models import STATE, File, FileVersion, Folder
from importers.verticals.blobs.to_documents import FILE, FILE_COLUMNS, FOLDER, FOLDER_COLUMNS

NO_FOLDERS = kept_text("It does not say which folders it was.")
FOLDERS_UNREADABLE = kept_text("What it says of its folders can't be read.")
NO_NAME = kept_text("It has no name.")

OLDER_FILE_NOTE = kept_text("What is here is newer; the archive's is kept as an earlier version of it.")


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
            raise Unreadable(NO_FOLDERS)
        drafts = []
        for one in listed:
            if not isinstance(one, dict):
                raise Unreadable(FOLDERS_UNREADABLE)
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

    def find(self, context: MergeContext, drafts: list[RecordDraft]) -> dict[str, Record]:
        """Returns those that are here already. A Cozy has one id for each directory, and any number of them may have
        had one path: what came from it under another id is another one."""
        here = super().find(context, drafts)
        for draft in drafts:
            record = here.get(draft.doc_id)
            if record is None or record.doc_id == draft.doc_id or not draft.foreign:
                continue
            if record.payload and record.transfer_id == draft.columns["transfer_id"]:
                del here[draft.doc_id]
                context.ids.remove_alias(FOLDER, draft.doc_id)
        return here

    def attach(self, context: MergeContext, pairs: list[tuple[RecordDraft, Record]]) -> None:
        folders = folder_paths(context)
        for draft, record in pairs:
            if isinstance(record, Folder):
                folders.note_folder(draft.doc_id, record)

    def merge(self, context: MergeContext, draft: RecordDraft, record: Any, earlier: EarlierPayloads) -> None:
        """Merges them. A folder stays at its path, but for one that a document has named by its id, whose path comes
        with it, and for one that the server it came from has renamed or moved since."""
        path, here = draft.columns["identifier"], record.identifier
        is_new = record.is_named_by_archive
        meeting = Meeting.of(draft, record, earlier)
        if path != here and not is_new and not (_is_its_own(draft, record) and meeting.verdict is MergeVerdict.NEWER):
            draft.document.notes.append(f"This folder is {here} here and {path} in the archive; it stays.")
            draft = draft.but({"identifier": here, "name": record.name})
        folder_paths(context).note_leaving(record)
        super().merge(context, draft, record, earlier)
        if record.identifier != here:
            name_claims(context).move(record, path, as_named=is_new)

    def fit(self, context: MergeContext, draft: RecordDraft, record: Any) -> RecordDraft:
        """Returns what the document says. The one that it is in may have been moved or thrown away since, of which its
        own document may say nothing."""
        return _where_it_is_now(draft, super().fit(context, draft, record), record, ("identifier", "name"))

    def take(self, context: MergeContext, meeting: Meeting) -> None:
        """Lets the folder be what the document says. What identifies a Cozy's at its source is its path and its id; one
        that an exporter sent is found by the exporter's next items all the same."""
        record = meeting.record
        is_a_cozys = meeting.draft.foreign or record.identity == directory_identity(record.identifier, record.doc_id)
        super().take(context, meeting)
        if is_a_cozys and {"identifier", "trashed_at"} & meeting.differing.keys():
            record.identity = directory_identity(record.identifier, record.doc_id)
            record.save(update_fields=["identity"])

    def unite(self, context: MergeContext, record: Any, placeholder: Any) -> None:
        name_claims(context).move(placeholder, record.identifier, as_named=True)
        super().unite(context, record, placeholder)


def _is_its_own(draft: RecordDraft, record: Record) -> bool:
    """Whether the server that a record came from says now what it is, or says it once more."""
    if Meeting.of(draft, record, EarlierPayloads()).states is not None:
        return True
    columns = draft.columns
    return draft.foreign and (record.transfer_id, record.payload) == (columns["transfer_id"], columns["payload"])


def _where_it_is_now(draft: RecordDraft, fitted: RecordDraft, record: Record, names: tuple[str, ...]) -> RecordDraft:
    """Returns what a document says (`fitted`), with where its server has it now, also if it says the same as ever:
    these columns of the `draft`, and whether it is in the bin, unless it was deleted here."""
    if not draft.foreign or not _is_its_own(draft, record):
        return fitted
    if not was_trashed_here(record):
        names = (*names, "trashed_at")
    return fitted.but({name: draft.columns[name] for name in names})


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
            raise Unreadable(NO_NAME)
        columns["seen_in_id"] = context.transfers.named(facts.get("seen_in")).transfer
        columns["content_id"] = document.stored.pk
        revisions = revisions_of(context.transfers, facts)
        doc_id = identifier(document.id)
        if context.origin.product == COZY:
            path = self._as_it_is_there(context, document, columns, path)
        if columns["trashed_at"] is None:
            columns["place"] = digest(path, columns["shown_name"])
        folder = (columns["source_id"], columns["transfer_id"], path, stands_there(facts))
        columns["folder_id"] = folder_paths(context).folder_at(*folder)
        called = columns["shown_name"]
        return [RecordDraft(document, doc_id, columns, revisions, path=path, called=called)]

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
        """Makes each under its own name, or under none as long as another one has it."""
        places = [draft.columns["place"] for draft in drafts]
        taken = {file.place: file for file in File.objects.filter(owner=context.owner, place__in=places)}
        new: list[RecordDraft] = []
        for draft in drafts:
            other = taken.get(draft.columns["place"])
            if other is not None and self._was_kept_there(context, draft, other):
                self.merge_all(context, [(draft, other)])
            else:
                new.append(draft)
        first = _first_of_each_place(new)
        for place in first.keys() & taken.keys():
            in_bin = first[place].columns["trashed_at"] is not None
            if not name_claims(context).make_room(place, in_bin=in_bin):
                del first[place]
        super().create(
            context,
            [
                draft if first.get(draft.columns["place"]) is draft else draft.but({"place": no_place(draft.doc_id)})
                for draft in new
            ],
        )

    def attach(self, context: MergeContext, pairs: list[tuple[RecordDraft, Record]]) -> None:
        name_claims(context).note([(draft, record) for draft, record in pairs if isinstance(record, File)])

    def _was_kept_there(self, context: MergeContext, draft: RecordDraft, other: File) -> bool:
        """Whether the file that is here was kept as it came where the archive comes from, beside the file of its name
        that a later job brought: they have become one here, whichever comes first."""
        columns = draft.columns
        same = (other.source_id, other.same_name) == (columns["source_id"], columns["same_name"])
        return same and other.seen_in_id != columns["seen_in_id"] and context.ids.was_of_another_kind(other)

    def fit(self, context: MergeContext, draft: RecordDraft, record: Any) -> RecordDraft:
        """Returns what the document says, but for the name under which the file is shown: it was decided here."""
        named = (draft.document.facts or {}).get("shown_name", draft.columns["shown_name"])
        is_renamed_there = named != (shown := draft.columns["shown_name"]) and not is_called(record.shown_name, shown)
        is_the_same = draft.columns["folder_id"] == record.folder_id and draft.columns["name"] == record.name
        if is_the_same and not is_renamed_there:
            draft = draft.but({"shown_name": record.shown_name, "place": record.place})
        names = ("folder_id", "same_name", "shown_name", "place")
        fitted = _where_it_is_now(draft, super().fit(context, draft, record), record, names)
        if draft.columns["content_id"] == record.content_id:
            return fitted
        return fitted.but({name: draft.columns[name] for name in ("received_at", "seen_in_id")})  # of other bytes

    def arrive(self, context: MergeContext, meeting: Meeting) -> None:
        """The file comes at last. Until now, the record was one of its versions."""
        self._keep_version(context, meeting.record, _state(meeting.record))
        super().arrive(context, self._in_place(context, meeting))

    def _in_place(self, context: MergeContext, meeting: Meeting) -> Meeting:
        """Returns the same meeting, in which the file has no place as long as another one has it."""
        place, draft, file = meeting.differing.get("place"), meeting.draft, meeting.record
        in_bin = draft.columns["trashed_at"] is not None
        if place is None or name_claims(context).make_room(place, in_bin=in_bin, but=file.pk):
            return meeting
        return meeting.but({"place": no_place(file.doc_id)})

    def take(self, context: MergeContext, meeting: Meeting) -> None:
        """Lets the file be what the document says; other bytes that it had are a version of it."""
        meeting = self._in_place(context, meeting)
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


def _first_of_each_place(drafts: list[RecordDraft]) -> dict[str, RecordDraft]:
    """Returns one draft for each place: the first that is not in the bin, if there is one."""
    first: dict[str, RecordDraft] = {}
    for draft in sorted(drafts, key=lambda draft: draft.columns["trashed_at"] is not None):
        first.setdefault(draft.columns["place"], draft)
    return first


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
