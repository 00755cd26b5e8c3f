"""A file becomes again what it was before, or comes back from the bin."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from importers.content import quota
from importers.digests import digest
from importers.verticals.blobs.free_names import WHERE, leave_bin
from importers.verticals.blobs.models import STATE, File, FileVersion, Folder


@transaction.atomic
def restore(person: User, doc_id: str, version: int) -> File | None:
    """Lets a file be what one of its versions is; what it was until now becomes a version. Returns the file, or None
    where there is no such version. Takes no room: the two change places."""
    owner = quota.lock(person)
    found = FileVersion.objects.filter(owner=owner, pk=version, file__doc_id=doc_id, file__owner=owner)
    former = found.select_related("file").first()
    if former is None:
        return None
    file = former.file
    now = timezone.now()
    said = {name: getattr(file, name) for name in STATE}
    for name in STATE:
        setattr(file, name, getattr(former, name))
    file.changed_at = now
    file.save(update_fields=[*(name.removesuffix("_id") for name in STATE), "changed_at"])
    former.delete()
    FileVersion.objects.create(file=file, owner_id=owner.pk, replaced_at=now, **said)
    return file


def bring_back(keys: list[int]) -> None:
    """Lets files leave the bin, to the folders that they were in: under their names, or free ones where others have
    those by now."""
    now = timezone.now()
    rows = File.objects.filter(pk__in=keys).exclude(trashed_at=None)
    files = list(rows.select_related("folder").only("owner_id", *WHERE, "folder__identifier", "folder__trashed_at"))
    in_place = {one.pk for one in files if one.place == digest(one.folder.identifier, one.shown_name)}
    File.objects.filter(pk__in=in_place).update(trashed_at=None, changed_at=now)
    for file in sorted(files, key=lambda one: one.pk):
        if file.pk not in in_place:
            leave_bin(file)
            file.save(update_fields=WHERE)
    folders = {one.folder_id for one in files if one.folder.trashed_at is not None}
    Folder.objects.filter(pk__in=folders).update(trashed_at=None, changed_at=now)
