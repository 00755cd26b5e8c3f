"""Folders, files and their old versions."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from accounts.dates import minute
from importers.digests import digest
from importers.models.content import Content, WithFile
from importers.models.record import (
    Container,
    Record,
    SortName,
    by_date,
    by_name,
    by_size,
    new_doc_id,
    sort_date,
    within,
)
from importers.models.transfer import Transfer
from importers.verticals.blobs.identities import directory_identity


class PathKey(models.Func):
    """What paths are sorted by, so that all below a folder stands together behind it: slashes come before all that a
    name may have in it. An index takes no more of a path."""

    template = "REPLACE(SUBSTR(%(expressions)s, 1, 500), '/', CHR(1))"
    arity = 1
    output_field = models.TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.template.replace("CHR", "CHAR"), **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = f'({self.template} COLLATE "C")'  # of code points, as SQLite has it
        return self.as_sql(compiler, connection, template=template, **context)


class Folder(Container):
    """A folder; its `identifier` is its path, from the root, with slashes between the names."""

    class Meta(Container.Meta):
        indexes = [
            *(one for one in Container.Meta.indexes if one.name != "%(class)s_by_name"),
            by_name("identifier"),
            models.Index(
                models.F("owner"), PathKey("identifier"), condition=models.Q(trashed_at=None), name="folder_by_path"
            ),
        ]

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
    the last transfer that brought it: another file of the same name in the same job is another file. `size`: of its
    content, which the database puts here (see importers/counting), so that lists can be sorted by it.
    """

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="files")
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="files")
    seen_in = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="+", db_index=False)
    same_name = models.CharField(max_length=32)
    place = models.CharField(max_length=32)
    name = models.TextField()
    shown_name = models.TextField()
    mime = models.TextField(blank=True)
    size = models.BigIntegerField(default=0, editable=False)
    modified_at = models.DateTimeField(null=True, blank=True)

    class Meta(Record.Meta):
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["owner", "place"], name="file_one_place"),
        ]
        indexes = [
            *Record.Meta.indexes,
            by_date("modified_at"),
            by_name("shown_name"),
            by_size(),
            within("folder", sort_date("modified_at"), "folder_date"),
            within("folder", SortName("shown_name"), "folder_name"),
            within("folder", models.F("size"), "folder_size"),
            models.Index(fields=["source", "same_name"], name="file_same_name"),
        ]

    def remembered_as(self) -> tuple[str, ...]:
        """By its bytes, and those of its versions, under its name; and by its name, under which a later job may bring
        others."""
        versions = (one.content.sha256 for one in self.versions.all() if one.transfer_id == self.transfer_id)
        of_bytes = {of_these_bytes(self.same_name, sha256) for sha256 in (self.content.sha256, *versions)}
        return (*sorted(of_bytes), self.same_name)

    def contents(self) -> Iterator[tuple[Content, str]]:
        yield from super().contents()
        for version in self.versions.select_related("content"):
            yield from version.contents()


def of_these_bytes(same_name: str, sha256: str) -> str:
    """Returns what stands for these bytes under a name that they came by."""
    return digest("bytes", same_name, sha256)


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
        words = gettext("%(file)s before %(moment)s")
        return words % {"file": self.file, "moment": minute(self.replaced_at)}

    @property
    def file_name(self) -> str:
        return self.file.file_name
