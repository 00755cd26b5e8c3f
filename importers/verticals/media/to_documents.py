"""How albums, photos and videos become documents."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, Min, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.texts import kept_text
from importers.content.first_bytes import mime_of_stored
from importers.content.suffixes import suffix_of
from importers.digests import digest_id
from importers.documents.columns import zip_json
from importers.documents.cozy import as_favourite, directory_times, file_body, with_all_of_cozys, with_cozys_own
from importers.documents.doctypes import FILES
from importers.documents.document import (
    STORED_COLUMNS,
    DirectoryDocument,
    ExportDocument,
    FileDocument,
    StoredBytes,
    key_in_bin,
)
from importers.documents.kind import RecordKind, record_rows
from importers.documents.snapshot import Beside, Snapshot
from importers.verticals.blobs.to_documents import was_thrown_away_alone
from importers.verticals.media.models import Album, AlbumPhoto, AlbumVideo, Photo, Video

ALBUMS = RecordKind(
    Album,
    "io.cozy.photos.albums",
    ("identifier", "name", "description", "arrived_at"),
    heading="name",
    all_words=_("all albums"),
    no_words=_("no albums"),
    missing=kept_text("The archive has photos of this album, but not the album: it is named %(name)s."),
    address="albums",
    by_name=True,
    searched=("name", "description"),
    search_number=3,
)
ALBUM_DIRECTORY, PHOTO, VIDEO = "album directory", "photo", "video"  # what `metadata.wharf.kind` says
PHOTOS = "/Photos"  # where photos and videos are said to be that no folder has
# The key of the directory that they are in, with one per album. It is no path: a person's own folder of this name is
# another one, and may be in the bin.
PHOTOS_DIRECTORY = "photos:"
MEDIA_COLUMNS = (
    "name",
    "description",
    "mime",
    "album_identifier",
    "path",
    "uploaded_at",
    "favorite",
    "favorite_changed_at",
)
PHOTO_RECORDS = RecordKind(
    Photo,
    FILES,
    MEDIA_COLUMNS,
    heading="name",
    at="uploaded_at",
    at_else="taken_at",
    all_words=_("all photos"),
    no_words=_("no photos"),
    marked="favorite",
    address="photos",
    searched=("name", "description", "path"),
    search_number=4,
)
VIDEO_RECORDS = RecordKind(
    Video,
    FILES,
    MEDIA_COLUMNS,
    heading="name",
    at="uploaded_at",
    at_else="taken_at",
    all_words=_("all videos"),
    no_words=_("no videos"),
    marked="favorite",
    address="videos",
    searched=("name", "description", "path"),
    search_number=5,
)


def documents(snapshot: Snapshot) -> Iterator[ExportDocument]:
    """Albums, each with a directory for what stands in it, if anything does."""
    firsts = _first_received(snapshot)
    if "" in firsts:
        times = directory_times(firsts.pop(""))
        yield DirectoryDocument(
            FILES, digest_id(PHOTOS_DIRECTORY), times, key=PHOTOS_DIRECTORY, parent="/", name="Photos"
        )
    filled = _filled(snapshot)
    for album in ALBUMS.documents(snapshot):
        # A Cozy shows no album without a name; the record's own is where only this product looks.
        album.body["metadata"]["wharf"]["name"] = album.body["name"]
        name = album.body["name"] or album.body["identifier"]
        body = {**album.body, "name": name, "created_at": _received(album)}
        body = with_all_of_cozys(body, body["metadata"]["wharf"]["payload"])
        yield ExportDocument(album.doctype, album.id, body)
        if album.id not in filled:
            continue
        # It names its album only here: with a reference, a Cozy would take it for a member.
        body = directory_times(_received(album)) | {"metadata": {"wharf": {"kind": ALBUM_DIRECTORY, "album": album.id}}}
        yield DirectoryDocument(
            FILES, digest_id(album.id), body, key=_folder_of(album.id), parent=PHOTOS_DIRECTORY, name=name
        )
    for path, first in sorted(firsts.items()):
        above, _, name = path.rpartition("/")
        times = directory_times(first)
        yield DirectoryDocument(FILES, digest_id(path), times, key=path, parent=above or "/", name=name)


def _first_received(snapshot: Snapshot) -> dict[str, datetime]:
    """The folders that photos and videos stand in, each with the time when the first of them came; "" for those that
    stand in none, but in the directories of albums. What is in the bin stands in no folder."""
    firsts: dict[str, datetime] = {}
    for model in (Photo, Video):
        rows = snapshot.of(model).filter(Q(trashed_at=None) | Q(path="")).order_by()
        for path, first in rows.values_list("path").annotate(first=Min("received_at")):
            firsts[path] = min(first, firsts.get(path, first))
    return firsts


def _filled(snapshot: Snapshot) -> set[str]:
    """The ids of albums that are the first one of a photo or a video which stands in no folder: in their directories
    they are."""
    found: set[str] = set()
    for entry in (AlbumPhoto, AlbumVideo):
        rows = snapshot.of(entry, item__owner_id=snapshot.owner.pk, item__path="").exclude(album=None)
        earlier = snapshot.of(entry, item=OuterRef("item"), pk__lt=OuterRef("pk")).exclude(album=None)
        found.update(rows.exclude(Exists(earlier)).order_by().values_list("album__doc_id", flat=True).distinct())
    return found


def files(snapshot: Snapshot) -> Iterator[FileDocument]:
    """Photos and videos, each once, in the directory of the first album that named it."""
    yield from _files(snapshot, PHOTO, Photo, AlbumPhoto)
    yield from _files(snapshot, VIDEO, Video, AlbumVideo)


def _files(
    snapshot: Snapshot, kind: str, model: type[Photo] | type[Video], entry: type[AlbumPhoto] | type[AlbumVideo]
) -> Iterator[FileDocument]:
    columns = ("item__doc_id", "album__doc_id", "payload")
    entries = Beside(snapshot.rows(entry, columns, order="item__doc_id", item__owner_id=snapshot.owner.pk))
    for record in record_rows(snapshot, kind, model, (*MEDIA_COLUMNS, *STORED_COLUMNS)):
        own, stored = record.columns[: len(MEDIA_COLUMNS)], StoredBytes(*record.columns[len(MEDIA_COLUMNS) :])
        facts = record.facts | zip_json(MEDIA_COLUMNS, own)
        facts["sha256"] = stored.sha256
        facts["entries"] = [{"album": album, "payload": payload} for _, album, payload in entries.of(record.doc_id)]
        albums = [one["album"] for one in facts["entries"] if one["album"]]
        received, uploaded = datetime.fromisoformat(facts["received_at"]), own[5]
        mime = own[2] if own[0].strip() else mime_of_stored(own[2], stored.key, stored.size)
        body = file_body(record.doc_id, mime, received, uploaded, stored)
        body["referenced_by"] = [{"type": ALBUMS.doctype, "id": album} for album in albums]
        body["metadata"] = {"wharf": facts}
        body = with_cozys_own(body, facts["payload"])
        if facts["favorite"]:
            body = as_favourite(body)
        trashed, path = facts["trashed_at"] is not None, facts["path"]
        if trashed and path and not was_thrown_away_alone(facts["payload"]):
            path = key_in_bin(path)  # the one at its path may be another one
        yield FileDocument(
            FILES,
            record.doc_id,
            body,
            stored=stored,
            folder=path or (_folder_of(albums[0]) if albums else PHOTOS_DIRECTORY),
            name=own[0] if own[0].strip() else f"{kind} {record.doc_id}{suffix_of(mime)}",
            modified=uploaded or received,
            trashed=trashed,
        )


def _folder_of(album: str) -> str:
    return f"album:{album}"


def _received(album: ExportDocument) -> str:
    return str(album.body["metadata"]["wharf"]["received_at"])
