"""Photos and videos with sidecars, so that dates, descriptions, albums and places survive in the next program.

An archive has the sidecars in folders as `Files` has the photos; taken alone, each photo has its sidecar beside it.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from importers.content.first_bytes import mime_of_stored
from importers.content.suffixes import name_of_medium, suffix_of
from importers.documents.document import STORED_COLUMNS, StoredBytes
from importers.documents.snapshot import Beside, Snapshot
from importers.formats.format import FileNames, Format, FormatBytes, StoredFile, not_hidden
from importers.text import MAX_NAME_BYTES, portable_name
from importers.verticals.media import sidecars
from importers.verticals.media.facts import MediaFacts, said_of
from importers.verticals.media.models import Album, AlbumPhoto, AlbumVideo, Photo, Video

COLUMNS = ("doc_id", "payload", "name", "description", "mime", "path", "uploaded_at", "received_at", "favorite")
MODELS = ((Photo, AlbumPhoto, "photo"), (Video, AlbumVideo, "video"))
IN_ARCHIVES = "Photos"  # the folder there that albums are in


class MediaRow(NamedTuple):
    """A photo or video: its facts, its bytes, what it is called, the name of its file, its own folder, and those of its
    albums."""

    facts: MediaFacts
    stored: StoredBytes
    title: str
    name: str
    path: str
    albums: tuple[str, ...]

    @property
    def file(self) -> StoredFile:
        return StoredFile(self.stored, self.facts.taken or self.facts.received)


class AlbumFolders:
    """The folder of each album by its document's id, and what albums are called: nothing else of them is kept."""

    def __init__(self, snapshot: Snapshot, *, whole: bool) -> None:
        names = FileNames()
        name_of = names.titled if whole else names.unused  # as folders of an archive are called
        self._folders: dict[str, str | tuple[str, str]] = {}  # one text where both are the same
        columns = ("doc_id", "name", "identifier")
        for doc_id, name, identifier in snapshot.rows(Album, columns, owner_id=snapshot.owner.pk, trashed_at=None):
            called = name or identifier
            folder = name_of(called, "")
            self._folders[doc_id] = called if folder == called else (called, folder)

    def of(self, doc_ids: list[str]) -> list[tuple[str, str]]:
        """Returns name and folder of those that are not in the bin."""
        found = (self._folders[doc_id] for doc_id in doc_ids if doc_id in self._folders)
        return [(one, one) if isinstance(one, str) else one for one in found]


def _rows(snapshot: Snapshot, folders: AlbumFolders, *, whole: bool) -> Iterator[MediaRow]:
    """Yields every photo, then every video, in the order in which archives have them. `whole`: under names by which
    programs know what they are, and not those of the archive's files."""
    narrowed = {"owner_id": snapshot.owner.pk, "trashed_at": None}
    for model, entry, kind in MODELS:
        order = {"order": "item__doc_id", "item__owner_id": snapshot.owner.pk, "album__isnull": False}
        entries = Beside(snapshot.rows(entry, ("item__doc_id", "album__doc_id"), **order))  # type: ignore[arg-type]
        for row in snapshot.rows(model, (*COLUMNS, *STORED_COLUMNS), **narrowed):  # type: ignore[arg-type]
            doc_id, payload, name, description, mime, path, uploaded, received, favorite, *columns = row
            stored = StoredBytes(*columns)
            albums = folders.of([album for _, album in entries.of(doc_id)])
            taken, place = said_of(payload, uploaded)
            names = tuple(dict.fromkeys(called for called, _ in albums))
            facts = MediaFacts(name.strip(), description, taken, received, bool(favorite), names, place)
            if not facts.name:
                name = f"{kind} {doc_id}{suffix_of(mime_of_stored(mime, stored.key, stored.size))}"
            file_name = not_hidden(name_of_medium(name, mime)) if whole else name
            yield MediaRow(facts, stored, name, file_name, _portable(path), tuple(folder for _, folder in albums))


def _portable(path: str) -> str:
    return "/".join(portable_name(step) for step in path.split("/") if step)


class FolderNames:
    """The names of files in any number of folders."""

    def __init__(self) -> None:
        self._names = FileNames()

    def unused(self, folder: str, name: str) -> str:
        """Returns the path of a file in a folder, and keeps it."""
        stem, dot, suffix = name.rpartition(".")
        found = self._names.unused(stem, dot + suffix, folder) if stem else self._names.unused(name, "", folder)
        return f"{folder}/{found}".lstrip("/")

    def beside(self, path: str, name: str) -> str:
        """Returns the path of a file of this name beside the one at `path`, by whose whole name it is found where its
        own is longer than any other: that is not cut."""
        folder = path.rpartition("/")[0]
        if len(name.encode()) > MAX_NAME_BYTES:
            return f"{folder}/{name}".lstrip("/")
        return self.unused(folder, name)


def xmp_files(snapshot: Snapshot, *, whole: bool) -> Iterator[tuple[str, FormatBytes]]:
    """Yields name and bytes of a sidecar for each photo and video, and of these before it where they are taken whole.
    Each is in one folder: its own, or its first album's; all albums stand in the sidecar."""
    names, folders = FolderNames(), AlbumFolders(snapshot, whole=whole)
    for row in _rows(snapshot, folders, whole=whole):
        album = f"{'' if whole else IN_ARCHIVES}/{row.albums[0] if row.albums else ''}".strip("/")
        path = names.unused(row.path or album, row.name)
        if whole:
            yield path, row.file
        yield f"{path}{sidecars.XMP_SUFFIX}", iter([sidecars.xmp(row.facts)])


def takeout_files(snapshot: Snapshot, *, whole: bool) -> Iterator[tuple[str, FormatBytes]]:
    """Yields name and bytes as a Takeout has them: what is in several albums is in the folder of each, and each of
    these says which album it is."""
    names, folders = FolderNames(), AlbumFolders(snapshot, whole=whole)
    columns = ("doc_id", "description", "received_at")
    albums = snapshot.rows(Album, columns, owner_id=snapshot.owner.pk, trashed_at=None)
    for doc_id, description, received in albums:
        for called, folder in folders.of([doc_id]):
            path = names.unused(folder, sidecars.OF_ALBUM)
            yield path, iter([sidecars.takeout_album(called, description, received)])
    for row in _rows(snapshot, folders, whole=whole):
        for folder in row.albums or (row.path,):
            path = names.unused(folder, row.name)
            if whole:
                yield path, row.file
            yield (
                names.beside(path, sidecars.takeout_name(path.rpartition("/")[2])),
                iter([sidecars.takeout(row.facts, row.title)]),
            )


XMP = Format(
    "xmp",
    "application/rdf+xml",
    "Sidecars/XMP",
    partial(xmp_files, whole=False),
    _("Photos and videos with XMP"),
    _("For photo programs: dates, descriptions, albums and places stand in a file beside each photo."),
    partial(xmp_files, whole=True),
)
TAKEOUT = Format(
    "takeout",
    "application/json",
    "Sidecars/Takeout",
    partial(takeout_files, whole=False),
    _("Photos and videos as in a Takeout"),
    _("For what reads a Google Takeout: a folder for each album, and a JSON file beside each photo."),
    partial(takeout_files, whole=True),
)
