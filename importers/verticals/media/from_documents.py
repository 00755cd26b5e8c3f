"""How documents become albums, photos and videos again, whether they were ours or a Cozy's."""

from contextlib import suppress
from typing import Any

from accounts.texts import kept_text
from importers.digests import digest, digest_id
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.cozy import favourite
from importers.documents.doctypes import FILES
from importers.documents.values import Unreadable, identifier, lenient_moment, record_id, text
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft, record_columns, todays_columns
from importers.merging.foreign import foreign_columns
from importers.merging.origin import COZY
from importers.merging.plain import PlainImporter
from importers.merging.records import RecordImporter
from importers.merging.revisions import EarlierPayloads, revisions_of
from importers.merging.winning import Meeting
from importers.models import Record, Revision
from importers.text import keepable
from importers.verticals.blobs.from_cozy import (
    file_name,
    foreign_mime,
    place_of,
    thrown_away_at,
    was_thrown_away_there,
)
from importers.verticals.blobs.models import File
from importers.verticals.blobs.to_documents import FILE
from importers.verticals.blobs.versions import keep_beside
from importers.verticals.media.items import AlbumItem, MediaFileItem, PhotoItem, VideoItem
from importers.verticals.media.models import Album, Photo, Video
from importers.verticals.media.to_documents import ALBUMS, MEDIA_COLUMNS, PHOTOS, PHOTOS_DIRECTORY

ALBUMS_UNREADABLE = kept_text("Which albums it is in can't be read.")
ID_OF_ALBUM = kept_text("The id of an album")

STAYS_FILE_NOTE = kept_text(
    "It is a file here already, and stays one, outside of the albums that the archive has it in."
)


class AlbumImporter(PlainImporter):
    """Albums, ours or a Cozy's."""

    def read(self, context: MergeContext, document: ArrivingDocument) -> list[RecordDraft]:
        if document.kind == self.kind:
            return super().read(context, document)
        name, description = document.body.get("name"), document.body.get("description")
        doc_id = record_id(document.id)
        columns = foreign_columns(context, document, digest(doc_id))
        columns |= {
            "identifier": doc_id,
            "name": keepable(name) if isinstance(name, str) else "",
            "description": keepable(description) if isinstance(description, str) else "",
            "arrived_at": context.now,
        }
        return [RecordDraft(document, doc_id, columns, foreign=True)]


class MediaImporter(RecordImporter):
    """Photos or videos, with their bytes, in their albums."""

    vertical = "media"

    def __init__(self, item: type[MediaFileItem]) -> None:
        self.items = (item,)
        self.model = item.model
        self.entry = item.entry

    def read(self, context: MergeContext, document: ArrivingDocument) -> list[RecordDraft]:
        facts = document.facts
        if facts is None or facts.get("kind") != self.kind:
            return [self.read_foreign(context, document)]
        columns = record_columns(context.transfers, self.model, MEDIA_COLUMNS, facts)
        columns, former = todays_columns(self.items, columns, document.stored.sha256)
        columns["content_id"] = document.stored.pk
        revisions, entries = revisions_of(context.transfers, facts), _entries(facts)
        if context.origin.product == COZY:
            if columns["trashed_at"] is None and was_thrown_away_there(context, document.body):
                columns["trashed_at"] = thrown_away_at(document, columns)
            named = {album for album, _ in entries}
            entries += [(album, "") for album in albums_of(document) if album not in named]
        doc_id, path = identifier(document.id), columns["path"]
        return [RecordDraft(document, doc_id, columns, revisions, entries=entries, path=path, former=former)]

    def read_foreign(self, context: MergeContext, document: ArrivingDocument) -> RecordDraft:
        """Returns what a Cozy's image or video says: it stays at its path, and is in all of the albums that it refers
        to. Raises `Unreadable`."""
        body, name = document.body, file_name(document.body.get("name"))
        doc_id, content = record_id(document.id), document.stored.pk
        albums = albums_of(document)
        path, trashed = "", body.get("trashed") is True
        if not _is_where_exports_put_it(document, albums):
            _, path, trashed = place_of(context, body)
        columns = foreign_columns(context, document, digest(FILES, document.id), trashed=trashed)
        columns |= {
            "content_id": content,
            "name": name,
            "description": "",
            "mime": foreign_mime(body),
            "album_identifier": "",
            "path": path,
            "uploaded_at": lenient_moment(body.get("updated_at")),
            "favorite": favourite(body) or None,
            "favorite_changed_at": None,
        }
        entries: list[tuple[str | None, str]] = [(album, "") for album in albums]
        return RecordDraft(document, doc_id, columns, entries=entries, path=path, foreign=True)

    def attach(self, context: MergeContext, pairs: list[tuple[RecordDraft, Record]]) -> None:
        """Puts photos or videos into the albums that their documents name. Those that they are in here stay."""
        named = {album for draft, _ in pairs for album, _ in draft.entries if album}
        if not named and not any(draft.entries for draft, _ in pairs):
            return
        albums = context.ids.containers(Album, named)
        items = [record.pk for _, record in pairs]
        here = {(one.item_id, one.album_id): one for one in self.entry._default_manager.filter(item_id__in=items)}
        for draft, record in pairs:
            if Meeting.of(draft, record, EarlierPayloads()).states is not None:
                continue  # it is in other albums by now
            for album, payload in draft.entries:
                pk = albums[album] if album else None
                entry = here.get((record.pk, pk))
                if entry is None:
                    here[record.pk, pk] = self.entry._default_manager.create(
                        item_id=record.pk, album_id=pk, payload=payload
                    )
                    context.new_bytes += len(payload.encode())
                    if Outcome.CREATED not in draft.document.outcomes:
                        draft.document.became(Outcome.UPDATED)
                elif payload and payload != entry.payload:
                    self._keep_entry(context, draft, record, payload)

    def _keep_entry(self, context: MergeContext, draft: RecordDraft, record: Record, payload: str) -> None:
        """What another item said of the same album is kept as something that the record said before."""
        same = Revision.objects.filter(owner=context.owner, kind=self.kind, doc_id=record.doc_id, payload=payload)
        if not same.exists():
            self.keep_earlier(context, draft, record, payload)
            draft.document.became(Outcome.UPDATED)

    def fit(self, context: MergeContext, draft: RecordDraft, record: Any) -> RecordDraft:
        """Returns what the document says. The folder that it is in may have been moved since, of which its own document
        says nothing."""
        is_as_it_came = draft.foreign and draft.columns["transfer_id"] == record.transfer_id
        fitted = super().fit(context, draft, record)
        return fitted.but({"path": draft.columns["path"]}) if is_as_it_came else fitted

    def take(self, context: MergeContext, meeting: Meeting) -> None:
        """Lets it be what the document says; other bytes that it had are a file of their own. Where the server that it
        came from says what it is now, it leaves the albums that only that one had put it in."""
        record = meeting.record
        if "content_id" in meeting.differing:
            self._keep_beside(context, meeting.draft, record.path, record.name, _state(record))
        if meeting.states is not None:
            named = {album for album, _ in meeting.draft.entries if album}
            albums = context.ids.containers(Album, named).values()
            entries = self.entry._default_manager.filter(item_id=record.pk, payload="")
            entries.filter(album__isnull=False).exclude(album_id__in=list(albums)).delete()
        super().take(context, meeting)

    def keep_other(self, context: MergeContext, meeting: Meeting) -> None:
        """It stays; other bytes that the document has are a file of their own."""
        if "content_id" in meeting.differing:
            draft = meeting.draft
            self._keep_beside(context, draft, draft.path, draft.columns["name"], draft.columns)
        super().keep_other(context, meeting)

    def _keep_beside(
        self, context: MergeContext, draft: RecordDraft, path: str, name: str, state: dict[str, Any]
    ) -> None:
        state = state | {"modified_at": state["uploaded_at"]}
        keep_beside(context, draft.document, path or PHOTOS, name or draft.doc_id, state)


def _state(record: Photo | Video) -> dict[str, Any]:
    names = ("content_id", "transfer_id", "payload", "mime", "uploaded_at", "received_at")
    return {name: getattr(record, name) for name in names}


def _entries(facts: dict[str, Any]) -> list[tuple[str | None, str]]:
    entries = facts.get("entries", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise Unreadable(ALBUMS_UNREADABLE)
    return [
        (
            None if one.get("album") is None else identifier(one["album"], ID_OF_ALBUM),
            text(one.get("payload"), "payload"),
        )
        for one in entries
    ]


def albums_of(document: ArrivingDocument) -> list[str]:
    """Returns the ids of the albums that a Cozy's file refers to. What is no id means none, and stays in the payload:
    the file is there all the same."""
    references = document.body.get("referenced_by")
    found: dict[str, None] = {}
    for one in references if isinstance(references, list) else ():
        if isinstance(one, dict) and one.get("type") == ALBUMS.doctype:
            with suppress(Unreadable):
                found[record_id(one.get("id"))] = None
    return list(found)


def importer_of_file(context: MergeContext, document: ArrivingDocument) -> MediaImporter | None:
    """Returns who makes a photo or a video of a Cozy's file; None where it is a file and nothing else, which depends on
    whether albums refer to it. Raises `Unreadable`."""
    doc_id = record_id(document.id)
    for media in (PHOTO_IMPORTER, VIDEO_IMPORTER):
        if media.model._default_manager.filter(owner=context.owner, doc_id=doc_id).exists():
            return media
    kind = document.body.get("class")
    albums = albums_of(document)
    if kind not in ("image", "video") or not (albums or _is_where_exports_put_it(document, albums)):
        return None
    media = PHOTO_IMPORTER if kind == "image" else VIDEO_IMPORTER
    file = File.objects.filter(owner=context.owner, doc_id=doc_id).first()
    if file is not None and not _gives_way(context, file, media.kind):
        document.notes.append(STAYS_FILE_NOTE)
        return None
    return media


def _gives_way(context: MergeContext, file: File, kind: str) -> bool:
    """Makes room for a photo or a video of this `kind`, which keeps what the file said, where that came from the same
    server and was in no album then. Returns whether it did: photos have no versions."""
    if file.transfer_id != context.transfers.of_origin().transfer or file.versions.exists():
        return False
    Revision.objects.filter(owner=context.owner, kind=FILE, doc_id=file.doc_id).update(kind=kind)
    said = {"kind": kind, "doc_id": file.doc_id, "payload": file.payload, "replaced_at": context.now}
    Revision.objects.create(owner=context.owner, transfer_id=file.transfer_id, **said)
    file.delete()
    return True


def _is_where_exports_put_it(document: ArrivingDocument, albums: list[str]) -> bool:
    """Whether it is in the directory that exports of ours make for photos, or for those of one of its albums."""
    return document.body.get("dir_id") in [digest_id(PHOTOS_DIRECTORY), *map(digest_id, albums)]


ALBUM_IMPORTER = AlbumImporter(ALBUMS, "media", (AlbumItem,))
PHOTO_IMPORTER = MediaImporter(PhotoItem)
VIDEO_IMPORTER = MediaImporter(VideoItem)
