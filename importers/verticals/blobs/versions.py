"""How documents become versions of files again, and how bytes are kept that have no other place."""

from typing import Any

from importers.digests import digest, digest_id
from importers.documents import VERSIONS
from importers.merging import Said
from importers.models import Content, File, FileVersion, Photo, Video
from importers.origins import Session
from importers.returning import EPOCH, Broken, Coming, Outcome, columns_of, identifier, lenient_moment
from importers.verticals.blobs.foreign import below, changed_at, folder_at, foreign_mime
from importers.verticals.blobs.leaving import FILE, VERSION, VERSION_COLUMNS
from importers.verticals.blobs.places import free_place
from importers.verticals.blobs.returning import FILES_BACK, STATE


class Versions:
    """What files were earlier. A version whose file has not come stands as a file until it does."""

    def bring(self, session: Session, comings: list[Coming]) -> None:
        for coming in comings:
            try:
                self._bring(session, coming)
            except Broken as broken:
                coming.broken = str(broken)

    def _bring(self, session: Session, coming: Coming) -> None:
        named, _, own = coming.id.rpartition("/")
        file_id, doc_id = identifier(named, "The id of its file"), identifier(own)
        state = self._state(session, coming)
        found = session.aliases(FILE, [file_id]).get(file_id, file_id)
        file = File.objects.filter(owner=session.owner, doc_id=found).first()
        if file is None:
            self._keep_alone(session, coming, file_id, state)
            return
        if session.is_waiting(file) and (file.content_id, file.payload) == (state["content_id"], state["payload"]):
            coming.became(Outcome.UNCHANGED)  # this is the version that stands for its file
            return
        versions = FileVersion.objects.filter(owner=session.owner, file=file)
        same = versions.filter(doc_id=doc_id).first()
        if same is not None and (same.content_id, same.payload) != (state["content_id"], state["payload"]):
            doc_id = digest_id(doc_id, coming.stored.sha256, state["payload"])
            same = versions.filter(doc_id=doc_id).first()
        if same is not None:
            coming.became(Outcome.UNCHANGED)
            return
        same_by = ("content_id", "payload", "received_at") if coming.kind == VERSION else ("content_id", "modified_at")
        kept = versions.filter(**{name: state[name] for name in same_by}).first()
        if kept is not None:  # by a merge, which did not know its id
            FileVersion.objects.filter(pk=kept.pk).update(doc_id=doc_id, **state)
            coming.became(Outcome.UPDATED)
            return
        FileVersion.objects.create(file=file, owner=session.owner, doc_id=doc_id, **state)
        session.new_bytes += len(state["payload"].encode())
        coming.became(Outcome.CREATED)

    def _state(self, session: Session, coming: Coming) -> dict[str, Any]:
        facts = coming.facts
        content = coming.stored.pk
        if facts is not None and facts.get("kind") == VERSION:
            columns = columns_of(FileVersion, VERSION_COLUMNS, facts)
            return columns | {"content_id": content, "transfer_id": session.transfer(facts.get("transfer"))[1]}
        changed = changed_at(coming.body)
        return {
            "content_id": content,
            "transfer_id": session.of_origin()[1],
            "payload": coming.text,
            "mime": foreign_mime(coming.body),
            "modified_at": lenient_moment(coming.body.get("updated_at")),
            "received_at": changed,
            "replaced_at": changed,
        }

    def _keep_alone(self, session: Session, coming: Coming, file_id: str, state: dict[str, Any]) -> None:
        """Its file is a photo or a video, which have no versions, or has not come (yet)."""
        media = _media_of(session, file_id)
        if media is not None:
            keep_beside(session, coming, media.path or "/", media.name or file_id, state)
            return
        source, transfer = session.of_origin()
        folder = folder_at(session, source, transfer, "/")
        columns = {name: state[name] for name in STATE} | {
            "source_id": source,
            "transfer_id": transfer,
            "identity": digest("waits for", file_id),
            "changed_at": EPOCH,
            "trashed_at": None,
            "folder_id": folder,
            "seen_in_id": transfer,
            "same_name": digest("/", file_id),
            "place": digest("/", file_id),
            "name": file_id,
            "shown_name": file_id,
        }
        FILES_BACK.create(session, [Said(coming, file_id, columns, path="/")])


def _media_of(session: Session, doc_id: str) -> Photo | Video | None:
    for model in (Photo, Video):
        kind = str(model._meta.model_name)
        of = session.aliases(kind, [doc_id]).get(doc_id, doc_id)
        if (found := model._default_manager.filter(owner=session.owner, doc_id=of).first()) is not None:
            return found
    return None


def keep_beside(session: Session, coming: Coming, path: str, name: str, state: dict[str, Any]) -> bool:
    """Keeps bytes that belong to a photo or a video, which have no versions, as a file of their own. Gives whether they
    were not kept yet."""
    doc_id = digest_id(
        "beside", coming.id, str(Content.objects.values_list("sha256", flat=True).get(pk=state["content_id"]))
    )
    if File.objects.filter(owner=session.owner, doc_id=doc_id).exists():
        coming.became(Outcome.UNCHANGED)
        return False
    source, transfer = session.of_origin()
    shown, place = free_place(session.owner.pk, path, name, itself=False)  # which the photo or video has
    columns = {column: state[column] for column in STATE} | {
        "source_id": source,
        "transfer_id": transfer,
        "identity": digest("beside", doc_id),
        "changed_at": state["received_at"],
        "trashed_at": None,
        "folder_id": folder_at(session, source, transfer, path),
        "seen_in_id": transfer,
        "same_name": digest(path, name),
        "place": place,
        "name": name,
        "shown_name": shown,
    }
    FILES_BACK.create(session, [Said(coming, doc_id, columns, path=path)])
    coming.became(Outcome.RENAMED, f"An earlier version of {name} is kept as a file of its own: {below(path, shown)}.")
    return True


VERSIONS_BACK = Versions()
RETURNING = {(VERSIONS, VERSION): VERSIONS_BACK}


def foreign(session: Session, coming: Coming) -> Versions | None:
    """How a document comes back that is not ours, if it is a version."""
    return VERSIONS_BACK if coming.doctype == VERSIONS else None
