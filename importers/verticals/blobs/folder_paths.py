"""Which folders stand where, as the documents of one archive come in."""

from typing import Any, NamedTuple

from django.db.models import Q

from importers.digests import digest
from importers.documents.doctypes import ROOT
from importers.documents.values import Unreadable, record_id
from importers.merging.context import MergeContext, MergeMemory
from importers.models.record import NEVER
from importers.text import REPLACEMENT
from importers.verticals.blobs.identities import directory_identities
from importers.verticals.blobs.models import STANDING, Folder, Stands, stands_so
from importers.verticals.blobs.to_documents import FOLDER

MOST_FOLDERS = 10_000  # that are remembered between batches


class FolderPlace(NamedTuple):
    """Where a folder is: its key, its path, and whether it is in the bin, with all that is in it."""

    folder: int
    path: str
    in_bin: bool


class FolderPaths(MergeMemory):
    """The folders of an account by their paths, and the paths of folders by what documents name them by."""

    def __init__(self, context: MergeContext) -> None:
        super().__init__(context)
        self._folders: dict[tuple[int, str, Stands], int] = {}  # keys of folders, by source and path
        self._places: dict[int, FolderPlace] = {}  # by the key of a folder
        self._paths_of_documents: dict[str, str] = {}  # by the id of a directory's document
        self._made_anew: dict[str, str] = {}  # the same, of directories that no row stands for
        self._thrown_away: set[str] = set()  # ids of directories of ours that a Cozy has in its bin

    def begin(self) -> None:
        if len(self._folders) + len(self._places) + len(self._paths_of_documents) > MOST_FOLDERS:
            self.forget()

    def forget(self) -> None:
        self._folders, self._places, self._paths_of_documents = {}, {}, {}

    # What came

    def note_document(self, doc_id: str, path: str) -> None:
        """A directory's document says that it stands at this path."""
        self._paths_of_documents[doc_id] = path

    def note_folder(self, doc_id: str, folder: Folder) -> None:
        """A directory's document has become this folder."""
        self.context.ids.note_container(FOLDER, doc_id, folder.pk)
        in_bin = folder.trashed_at is not None
        self._places[folder.pk] = FolderPlace(folder.pk, folder.identifier, in_bin)
        self._folders[folder.source_id, folder.identifier, Stands.IN_BIN if in_bin else Stands.LIVE] = folder.pk

    def note_leaving(self, folder: Folder) -> None:
        """A folder is about to stand at another path, or to be in the bin, or there no more."""
        for stands in Stands:
            if self._folders.get((folder.source_id, folder.identifier, stands)) == folder.pk:
                del self._folders[folder.source_id, folder.identifier, stands]

    def note_made_anew(self, doc_id: str, path: str) -> None:
        """A directory that every export makes anew stands at this path. No row tells of it, so it is not forgotten when
        one is rolled back."""
        if len(self._made_anew) < MOST_FOLDERS:
            self._made_anew[doc_id] = path

    def note_thrown_away(self, doc_id: str) -> None:
        """A directory of ours has been thrown away where the archive comes from, with what is in it."""
        if len(self._thrown_away) < MOST_FOLDERS:
            self._thrown_away.add(doc_id)

    # What is asked

    def was_thrown_away(self, doc_id: Any) -> bool:
        """Whether that is known of a directory."""
        return isinstance(doc_id, str) and doc_id in self._thrown_away

    def made_anew(self, doc_id: Any) -> str | None:
        """Returns the path of a directory that every export makes anew, if it has come."""
        return self._made_anew.get(doc_id) if isinstance(doc_id, str) else None

    def path_of_document(self, doc_id: Any) -> str | None:
        """Returns the path of the directory that documents name by this id; None where it has not come."""
        if doc_id in (ROOT, "", None):
            return "/"
        if not isinstance(doc_id, str):
            return None
        known = self._paths_of_documents.get(doc_id)
        if known is not None:
            return known
        try:
            named = record_id(doc_id)
        except Unreadable:
            return None
        here = Folder.objects.filter(owner=self.context.owner, doc_id=self.context.ids.id_here(FOLDER, named))
        path = here.values_list("identifier", flat=True).first()
        if path is not None:
            self._paths_of_documents[doc_id] = path
        return path

    def folder_of_document(self, doc_id: str) -> "FolderPlace":
        """Returns the folder that documents name by this id. One that has not come stands below the root, under its id,
        until it does."""
        folder = self.context.ids.containers(Folder, [doc_id], called="/{}".format)[doc_id]
        place = self._places.get(folder)
        if place is None:
            path, trashed_at = Folder.objects.values_list("identifier", "trashed_at").get(pk=folder)
            place = self._places[folder] = FolderPlace(folder, path, trashed_at is not None)
        return place

    def folder_at(
        self, source: int, transfer: int, path: str, stands: Stands = Stands.LIVE, *, waits: bool = True
    ) -> int:
        """Returns the key of the folder at a path, of this source. Where there is none, it is made, and `waits` for its
        document: nobody sends the root, nor directories that exports make anew. One that is `GONE` waits for
        nothing."""
        stands = Stands.LIVE if path == "/" else stands
        known = self._folders.get((source, path, stands))
        if known is None:
            known = self._standing(source, path, stands) or self._made(source, transfer, path, stands, waits=waits)
            self._folders[source, path, stands] = known
        return known

    def _standing(self, source: int, path: str, stands: Stands) -> int | None:
        """Returns the key of the folder that is here; where several are, of the one that stands so."""
        first, last = directory_identities(path)
        rows = Folder.objects.filter(source_id=source)
        rows = rows.filter(
            Q(identity__in=(digest(path), _gone(path))) | Q(identity__gte=first, identity__lt=last), identifier=path
        )
        if REPLACEMENT in path:  # one that came with what no column can hold is identified by that
            rows = Folder.objects.filter(owner=self.context.owner, source_id=source, identifier=path)
        found: dict[Stands, int] = {}
        for pk, *said in rows.order_by("pk").values_list("pk", *STANDING):
            found.setdefault(stands_so(*said), pk)
        # What is in the bin was in a folder that may be live; one that was in a folder that is in the bin may not.
        return found.get(Stands.LIVE, found.get(stands)) if stands is Stands.GONE else found.get(stands)

    def _made(self, source: int, transfer: int, path: str, stands: Stands, *, waits: bool) -> int:
        waits = waits and path != "/" and stands is not Stands.GONE
        folder, _ = Folder.objects.get_or_create(
            source_id=source,
            identity=_gone(path) if stands is Stands.GONE else digest(path),
            defaults={
                "owner": self.context.owner,
                "transfer_id": transfer,
                "identifier": path,
                "arrived_at": None if waits else self.context.now,
                "changed_at": NEVER if waits or stands is Stands.GONE else self.context.now,
                "trashed_at": self.context.now if stands is Stands.GONE else None,
            },
        )
        self._places[folder.pk] = FolderPlace(folder.pk, folder.identifier, folder.trashed_at is not None)
        return folder.pk


def _gone(path: str) -> str:
    return digest("gone", path)


def folder_paths(context: MergeContext) -> FolderPaths:
    """Returns those of this archive."""
    return context.memory(FolderPaths)
