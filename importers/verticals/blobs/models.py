"""Folders, files and their old versions."""

from collections.abc import Iterator
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.utils import timezone

from importers.models.content import Content, WithFile
from importers.models.record import Container, Record, new_doc_id
from importers.models.transfer import Transfer
from importers.verticals.blobs.identities import directory_identity


class Folder(Container):
    """A folder; its `identifier` is its path, from the root, with slashes between the names."""

    def own_identity(self) -> str:
        return directory_identity(self.identifier, self.doc_id)


class Stands(StrEnum):
    """How a folder stands at its path; what documents say of the folders of files that don't simply stand there."""

    LIVE = "live"
    IN_BIN = "in the bin"
    GONE = "gone"  # only something in the bin says that it was there


STANDING = ("payload", "arrived_at", "trashed_at")  # the columns of a folder that say how it stands


def stands_so(payload: str, arrived_at: object, trashed_at: object) -> Stands:
    """Returns how a folder stands at its path, by these columns. Nobody has sent one that is gone, nor is it waited
    for."""
    if not trashed_at:
        return Stands.LIVE
    return Stands.GONE if arrived_at and not payload else Stands.IN_BIN


class File(WithFile, Record):
    """A file in a folder.

    `name` is the name that the exporter gave; `shown_name` the one under which it stands in its folder, freed where
    another file had it first. `same_name` is a digest of folder and name: all files that came under one name from
    one source. `place` is a digest of folder path and shown name, unique among all files of a person; what is in the
    bin leaves its place to the first that wants it, and what waits for one has none (see `NameClaim`). `seen_in` is
    the last transfer that brought it: another file of the same name in the same job is another file.
    """

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="files")
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="files")
    seen_in = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="+", db_index=False)
    same_name = models.CharField(max_length=32)
    place = models.CharField(max_length=32)
    name = models.TextField()
    shown_name = models.TextField()
    mime = models.TextField(blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)

    class Meta(Record.Meta):
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["owner", "place"], name="file_one_place"),
        ]
        indexes = [*Record.Meta.indexes, models.Index(fields=["source", "same_name"], name="file_same_name")]

    def contents(self) -> Iterator[tuple[Content, str]]:
        yield from super().contents()
        for version in self.versions.select_related("content"):
            yield from version.contents()


class NameClaim(models.Model):
    """That a file of an archive is called so by its document, and has not got that name.

    Documents come one after the other, and a file that has the name when one comes may have another one, or be in the
    bin, when the last has come. So who gets it is only decided then (`claims.py`). `place`: what stands for the name in
    its folder. `job`: the import that brought the document, and `outcome` what that one has said of it; empty where no
    document of the file itself has come.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    file = models.OneToOneField(File, on_delete=models.CASCADE, related_name="claim")
    name = models.TextField()
    place = models.CharField(max_length=32)
    job = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=16, blank=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "place"], name="name_claim_by_place")]

    def __str__(self) -> str:
        return f"{self.name} for {self.file}"


# What a file is at some time, and a version keeps of it.
STATE = ("content_id", "transfer_id", "payload", "mime", "modified_at", "received_at")


class FileVersion(WithFile):
    """What a file was before a later job brought other bytes under its name."""

    file = models.ForeignKey(File, on_delete=models.CASCADE, related_name="versions")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="file_versions")
    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="+")
    doc_id = models.CharField(max_length=64, default=new_doc_id)
    payload = models.TextField(blank=True)
    mime = models.TextField(blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    replaced_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.file} before {self.replaced_at:%Y-%m-%d %H:%M}"

    @property
    def file_name(self) -> str:
        return self.file.file_name
