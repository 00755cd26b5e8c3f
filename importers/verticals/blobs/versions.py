"""How documents become versions of files again, and how bytes are kept that have no other place."""

from typing import Any

from accounts.texts import kept_text
from importers.digests import digest, digest_id, waiting_identity
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.columns import columns_of
from importers.documents.values import lenient_moment, record_id
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft
from importers.merging.foreign import changed_at
from importers.merging.one_by_one import OneByOneImporter
from importers.models import Content, Revision
from importers.models.record import NEVER
from importers.verticals.blobs.folder_paths import folder_paths
from importers.verticals.blobs.free_names import free_place
from importers.verticals.blobs.from_cozy import below, foreign_mime
from importers.verticals.blobs.from_documents import FILE_IMPORTER
from importers.verticals.blobs.models import STATE, File, FileVersion
from importers.verticals.blobs.to_documents import FILE, VERSION, VERSION_COLUMNS

ID_OF_FILE = kept_text("The id of its file")


class VersionImporter(OneByOneImporter):
    """What files were earlier. A version whose file has not come stands as a file until it does."""

    def bring_one(self, context: MergeContext, document: ArrivingDocument) -> None:
        named, _, own = document.id.rpartition("/")
        file_id, doc_id = record_id(named, ID_OF_FILE), record_id(own)
        state = self._state(context, document)
        here = context.ids.id_here(FILE, file_id)
        file = File.objects.filter(owner=context.owner, doc_id=here).first()
        if file is None:
            self.keep_alone(context, document, file_id, doc_id, state)
        else:
            self._keep(context, document, file, doc_id, state)

    def _keep(
        self, context: MergeContext, document: ArrivingDocument, file: File, doc_id: str, state: dict[str, Any]
    ) -> None:
        """Keeps a version of a file that is here, unless it is here as well."""
        versions = FileVersion.objects.filter(owner=context.owner, file=file)
        same = versions.filter(doc_id=doc_id).first()
        if same is not None and not _says(same, state):
            doc_id = digest_id(doc_id, document.stored.sha256, state["payload"])
            same = versions.filter(doc_id=doc_id).first()
        if same is not None:
            document.became(Outcome.UNCHANGED)
            return
        same_by = (
            ("content_id", "payload", "received_at") if document.kind == VERSION else ("content_id", "modified_at")
        )
        merged = versions.filter(**{name: state[name] for name in same_by}).first()
        if merged is not None:  # a merge has kept it, and did not know its id
            self._keep_said(context, merged, state)
            FileVersion.objects.filter(pk=merged.pk).update(doc_id=doc_id, **state)
            document.became(Outcome.UPDATED)
            return
        self._create(context, file, doc_id, state)
        document.became(Outcome.CREATED)

    def _keep_said(self, context: MergeContext, merged: FileVersion, state: dict[str, Any]) -> None:
        """Keeps what a version says, which is about to say something else, as what its file said before."""
        if merged.payload == state["payload"]:
            return
        context.new_bytes += len(state["payload"].encode())
        said = {"owner": context.owner, "kind": FILE, "doc_id": merged.file.doc_id, "payload": merged.payload}
        if not merged.payload or Revision.objects.filter(**said).exists():
            context.new_bytes -= len(merged.payload.encode())
        else:
            Revision.objects.create(**said, transfer_id=merged.transfer_id, replaced_at=context.now)

    def _create(self, context: MergeContext, file: File, doc_id: str, state: dict[str, Any]) -> None:
        FileVersion.objects.create(file=file, owner=context.owner, doc_id=doc_id, **state)
        context.new_bytes += len(state["payload"].encode())

    def _state(self, context: MergeContext, document: ArrivingDocument) -> dict[str, Any]:
        facts = document.facts
        content = document.stored.pk
        if facts is not None and facts.get("kind") == VERSION:
            columns = columns_of(FileVersion, VERSION_COLUMNS, facts)
            transfer = context.transfers.named(facts.get("transfer")).transfer
            return columns | {"content_id": content, "transfer_id": transfer}
        changed = changed_at(document.body)
        return {
            "content_id": content,
            "transfer_id": context.transfers.of_origin().transfer,
            "payload": document.text,
            "mime": foreign_mime(document.body),
            "modified_at": lenient_moment(document.body.get("updated_at")),
            "received_at": changed,
            "replaced_at": changed,
        }

    def keep_alone(
        self, context: MergeContext, document: ArrivingDocument, file_id: str, doc_id: str, state: dict[str, Any]
    ) -> None:
        """Keeps a version whose file has not come (yet): its bytes stand for the file as well. The file forgets them
        when it comes, and the version keeps its id."""
        source, transfer = context.transfers.of_origin()
        folder = folder_paths(context).folder_at(source, transfer, "/")
        columns = {name: state[name] for name in STATE} | {
            "source_id": source,
            "transfer_id": transfer,
            "identity": waiting_identity(file_id),
            "changed_at": NEVER,
            "trashed_at": None,
            "folder_id": folder,
            "seen_in_id": transfer,
            "same_name": digest("/", file_id),
            "place": digest("/", file_id),
            "name": file_id,
            "shown_name": file_id,
        }
        FILE_IMPORTER.create(context, [RecordDraft(document, file_id, columns, path="/")])
        self._create(context, File.objects.get(owner=context.owner, doc_id=file_id), doc_id, state)


def _says(kept: FileVersion, state: dict[str, Any]) -> bool:
    """Whether these are its bytes, and this is its payload."""
    return (kept.content_id, kept.payload) == (state["content_id"], state["payload"])


def keep_beside(context: MergeContext, document: ArrivingDocument, path: str, name: str, state: dict[str, Any]) -> bool:
    """Keeps bytes that belong to a photo or a video, which have no versions, as a file of their own. Returns whether
    they were not kept yet."""
    doc_id = digest_id(
        "beside", document.id, str(Content.objects.values_list("sha256", flat=True).get(pk=state["content_id"]))
    )
    if File.objects.filter(owner=context.owner, doc_id=doc_id).exists():
        document.became(Outcome.UNCHANGED)
        return False
    source, transfer = context.transfers.of_origin()
    shown, place = free_place(context.owner.pk, path, name, itself=False)  # which the photo or video has
    columns = {column: state[column] for column in STATE} | {
        "source_id": source,
        "transfer_id": transfer,
        "identity": digest("beside", doc_id),
        "changed_at": state["received_at"],
        "trashed_at": None,
        "folder_id": folder_paths(context).folder_at(source, transfer, path),
        "seen_in_id": transfer,
        "same_name": digest(path, name),
        "place": place,
        "name": name,
        "shown_name": shown,
    }
    FILE_IMPORTER.create(context, [RecordDraft(document, doc_id, columns, path=path)])
    document.became(
        Outcome.RENAMED, f"An earlier version of {name} is kept as a file of its own: {below(path, shown)}."
    )
    return True


VERSION_IMPORTER = VersionImporter()
