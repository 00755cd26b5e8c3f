"""How documents become versions of files again, and how bytes are kept that have no other place."""

from typing import Any

from django.db.models import QuerySet

from accounts.texts import kept_text
from importers.digests import digest, digest_id, waiting_identity
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.columns import columns_of
from importers.documents.values import lenient_moment, record_id
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft
from importers.merging.foreign import changed_at
from importers.merging.one_by_one import OneByOneImporter
from importers.merging.peer_states import PeerState
from importers.merging.winning import gives_way
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
        if same is not None and _gives_way(same, state):  # its tags can be changed
            self._replace(context, same, doc_id, state)
            document.became(Outcome.UPDATED)
            return
        if same is not None and not _says(same, state):
            if same.content_id == state["content_id"] and _earlier(file).filter(payload=state["payload"]).exists():
                document.became(Outcome.UNCHANGED)
                return
            doc_id = digest_id(doc_id, document.stored.sha256, state["payload"])
            same = versions.filter(doc_id=doc_id).first()
        if same is not None:
            document.became(Outcome.UNCHANGED)
            return
        if (merged := _kept_by_merge(document, versions, state)) is not None:
            self._replace(context, merged, doc_id, state)
            document.became(Outcome.UPDATED)
            return
        self._create(context, file, doc_id, state)
        document.became(Outcome.CREATED)

    def _replace(self, context: MergeContext, version: FileVersion, doc_id: str, state: dict[str, Any]) -> None:
        """Lets a version say what the document says. What it said is something that its file said earlier."""
        said, file = version.payload, version.file
        if said in ("", state["payload"]) or _earlier(file).filter(payload=said).exists():
            context.new_bytes -= len(said.encode())
        else:
            Revision.objects.create(
                owner=context.owner,
                transfer_id=version.transfer_id,
                kind=FILE,
                doc_id=file.doc_id,
                payload=said,
                replaced_at=context.now,
            )
        FileVersion.objects.filter(pk=version.pk).update(doc_id=doc_id, **state)
        context.new_bytes += len(state["payload"].encode())

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


def _kept_by_merge(
    document: ArrivingDocument, versions: QuerySet[FileVersion], state: dict[str, Any]
) -> FileVersion | None:
    """Returns what a merge has kept of a file as it was then, without knowing the id of the version that it is. One
    that a document of a version has said is none."""
    if document.kind == VERSION:
        return versions.filter(**{name: state[name] for name in ("content_id", "payload", "received_at")}).first()
    file_id = document.id.rpartition("/")[0]
    alike = versions.filter(content_id=state["content_id"], modified_at=state["modified_at"]).order_by("pk")
    said = ((one, PeerState.of_text(one.payload)) for one in alike)
    return next((one for one, of_document in said if of_document is None or of_document.id == file_id), None)


def _gives_way(kept: FileVersion, state: dict[str, Any]) -> bool:
    """Whether a version that came from a server gives way to what that one says of it now."""
    is_same = (kept.content_id, kept.transfer_id) == (state["content_id"], state["transfer_id"])
    if not is_same or kept.payload == state["payload"]:
        return False
    theirs, ours = PeerState.of_text(state["payload"]), PeerState.of_text(kept.payload)
    return theirs is not None and ours is not None and theirs.id == ours.id and gives_way(theirs, ours)


def _earlier(file: File) -> QuerySet[Revision]:
    """What a file, and its versions, said before."""
    return Revision.objects.filter(owner_id=file.owner_id, kind=FILE, doc_id=file.doc_id)


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
