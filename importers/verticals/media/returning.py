"""How documents become albums, photos and videos again, whether they were ours or a Cozy's."""

from typing import Any

from importers.digests import also_id, digest, digest_id
from importers.documents import FILES, PATH, ROOT, TRASH
from importers.merging import Plain, Records, Said, record_columns, revisions_of
from importers.models import Album, AlbumPhoto, AlbumVideo, File, Photo, Record, Revision, Video
from importers.origins import Session
from importers.returning import Broken, Coming, Outcome, identifier, lenient_moment, text
from importers.verticals.blobs.foreign import changed_at, file_name, foreign_mime, place_of
from importers.verticals.blobs.returning import DERIVED, DIRECTORIES, FILES_BACK, Derived
from importers.verticals.blobs.versions import keep_beside
from importers.verticals.media.leaving import ALBUM_DIRECTORY, ALBUMS, COLUMNS, OWN_DIRECTORY, PHOTO, PHOTOS, VIDEO

MOST_ALIKE = 10  # documents of one id, which a record of each kind may have
STAYS_FILE_NOTE = "It is a file here already, and stays one, outside of the albums that the archive has it in."


class Albums(Plain):
    """Albums, ours or a Cozy's."""

    def read(self, session: Session, coming: Coming) -> list[Said]:
        if coming.kind == self.kind:
            return super().read(session, coming)
        source, transfer = session.of_origin()
        name = coming.body.get("name")
        doc_id = identifier(coming.id)
        columns = {
            "source_id": source,
            "transfer_id": transfer,
            "identity": digest(doc_id),
            "payload": coming.text,
            "received_at": session.now,
            "changed_at": changed_at(coming.body),
            "trashed_at": None,
            "identifier": doc_id,
            "name": text(name, "Its name") if name is not None else "",
            "description": "",
            "arrived_at": session.now,
        }
        return [Said(coming, doc_id, columns, foreign=True)]


class Media(Records):
    """Photos or videos, with their bytes, in their albums."""

    names = COLUMNS
    vertical = "media"

    def __init__(self, model: type[Photo] | type[Video], entry: type[AlbumPhoto] | type[AlbumVideo]) -> None:
        self.model = model
        self.entry = entry

    def read(self, session: Session, coming: Coming) -> list[Said]:
        facts = coming.facts
        if facts is None or facts.get("kind") != self.kind:
            return [self.read_foreign(session, coming)]
        columns = record_columns(session, self.model, COLUMNS, facts)
        columns["content_id"] = coming.stored.pk
        revisions = revisions_of(session, facts) if "revisions" in facts else []
        return [Said(coming, identifier(coming.id), columns, revisions, entries=_entries(facts), path=columns["path"])]

    def read_foreign(self, session: Session, coming: Coming) -> Said:
        """A Cozy's image or video: it stays at its path, and is in all of the albums that it refers to."""
        body, name = coming.body, file_name(coming.body.get("name"))
        doc_id, content = identifier(coming.id), coming.stored.pk
        albums = albums_of(coming)
        path, trashed = "", body.get("trashed") is True
        if not _is_where_exports_put_it(coming, albums):
            _, path, trashed = place_of(session, body)
        source, transfer = session.of_origin()
        changed = changed_at(body)
        columns = {
            "source_id": source,
            "transfer_id": transfer,
            "identity": digest(FILES, coming.id),
            "payload": coming.text,
            "received_at": session.now,
            "changed_at": changed,
            "trashed_at": changed if trashed else None,
            "content_id": content,
            "name": name,
            "description": "",
            "mime": foreign_mime(body),
            "album_identifier": "",
            "path": path,
            "uploaded_at": lenient_moment(body.get("updated_at")),
            "favorite": None,
        }
        entries: list[tuple[str | None, str]] = [(album, "") for album in albums]
        return Said(coming, doc_id, columns, entries=entries, path=path, foreign=True)

    def attach(self, session: Session, pairs: list[tuple[Said, Record]]) -> None:
        """The albums that it is in. Those that it is in here stay."""
        named = {album for said, _ in pairs for album, _ in said.entries if album}
        if not named and not any(said.entries for said, _ in pairs):
            return
        albums = session.containers(Album, named)
        items = [record.pk for _, record in pairs]
        here = {(one.item_id, one.album_id): one for one in self.entry._default_manager.filter(item_id__in=items)}
        for said, record in pairs:
            for album, payload in said.entries:
                pk = albums[album] if album else None
                entry = here.get((record.pk, pk))
                if entry is None:
                    here[record.pk, pk] = self.entry._default_manager.create(
                        item_id=record.pk, album_id=pk, payload=payload
                    )
                    session.new_bytes += len(payload.encode())
                    if Outcome.CREATED not in said.coming.outcomes:
                        said.coming.became(Outcome.UPDATED)
                elif payload and payload != entry.payload:
                    self._keep_entry(session, said, record, payload)

    def _keep_entry(self, session: Session, said: Said, record: Record, payload: str) -> None:
        """What another item said of the same album is kept as something that the record said before."""
        same = Revision.objects.filter(owner=session.owner, kind=self.kind, doc_id=record.doc_id, payload=payload)
        if not same.exists():
            self._remember(session, [self._revision(session, record.doc_id, payload, said)])
            said.coming.became(Outcome.UPDATED)

    def take(self, session: Session, said: Said, record: Any, differing: dict[str, Any], kept: list[Any]) -> None:
        if "content_id" in differing:
            self._keep_beside(session, said, record.path, record.name, _state(record))
        super().take(session, said, record, differing, kept)

    def keep_other(self, session: Session, said: Said, record: Any, differing: dict[str, Any], kept: list[Any]) -> None:
        if "content_id" in differing:
            self._keep_beside(session, said, said.path, said.columns["name"], said.columns)
        super().keep_other(session, said, record, differing, kept)

    def _keep_beside(self, session: Session, said: Said, path: str, name: str, state: dict[str, Any]) -> None:
        state = state | {"modified_at": state["uploaded_at"]}
        keep_beside(session, said.coming, path or PHOTOS, name or said.doc_id, state)


def _state(record: Photo | Video) -> dict[str, Any]:
    names = ("content_id", "transfer_id", "payload", "mime", "uploaded_at", "received_at")
    return {name: getattr(record, name) for name in names}


def _entries(facts: dict[str, Any]) -> list[tuple[str | None, str]]:
    entries = facts.get("entries", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise Broken("Which albums it is in can't be read.")
    return [
        (
            None if one.get("album") is None else identifier(one["album"], "The id of an album"),
            text(one.get("payload"), "payload"),
        )
        for one in entries
    ]


def albums_of(coming: Coming) -> list[str]:
    """The albums that a Cozy's file refers to."""
    references = coming.body.get("referenced_by")
    if not isinstance(references, list):
        return []
    named = [one for one in references if isinstance(one, dict) and one.get("type") == ALBUMS.doctype]
    return list(dict.fromkeys(identifier(one.get("id"), "The id of an album") for one in named))


def foreign(session: Session, coming: Coming) -> Records | Derived | None:
    """How a document comes back that is not ours, if it is an album or a file. Which of the two verticals a file
    belongs to depends on whether albums refer to it."""
    if coming.doctype == ALBUMS.doctype:
        return ALBUMS_BACK
    return _foreign_file(session, coming) if coming.doctype == FILES else None


def _foreign_file(session: Session, coming: Coming) -> Records | Derived:
    if coming.id in (ROOT, TRASH):
        return DERIVED
    if coming.body.get("type") == "directory":
        return DERIVED if _is_made_anew(coming) else DIRECTORIES
    for media in (PHOTOS_BACK, VIDEOS_BACK):
        if media.model._default_manager.filter(owner=session.owner, doc_id=coming.id[:65]).exists():
            return media
    kind = coming.body.get("class")
    albums = albums_of(coming)
    if kind not in ("image", "video") or not (albums or _is_where_exports_put_it(coming, albums)):
        return FILES_BACK
    if File.objects.filter(owner=session.owner, doc_id=coming.id[:65]).exists():
        coming.notes.append(STAYS_FILE_NOTE)
        return FILES_BACK
    return PHOTOS_BACK if kind == "image" else VIDEOS_BACK


def _is_where_exports_put_it(coming: Coming, albums: list[str]) -> bool:
    """Whether it is in the directory that exports of ours make for photos, or for those of one of its albums."""
    return coming.body.get("dir_id") in [digest_id(OWN_DIRECTORY), *map(digest_id, albums)]


def _is_made_anew(coming: Coming) -> bool:
    """Whether it is a directory that exports of ours make for what they have inside, wherever it comes from now. That
    another program has given one another id is as good as a directory of its own."""
    named = {PATH: "key", ALBUM_DIRECTORY: "album"}.get(coming.kind, "")
    key = (coming.facts or {}).get(named)
    return isinstance(key, str) and any(coming.id == also_id(digest_id(key), number) for number in range(1, MOST_ALIKE))


ALBUMS_BACK = Albums(ALBUMS, "media")
PHOTOS_BACK, VIDEOS_BACK = Media(Photo, AlbumPhoto), Media(Video, AlbumVideo)
RETURNING = {
    (ALBUMS.doctype, "album"): ALBUMS_BACK,
    (FILES, PHOTO): PHOTOS_BACK,
    (FILES, VIDEO): VIDEOS_BACK,
}
