"""The bytes of files on their way from an archive into the storage: hashed, reserved, and known before the first one is
written, so that whatever a kill leaves is found.

Small files share a reservation, since a transaction for each would take longer than the file. A large one is kept as
far as it came: its row lives as long as its expiry says, and not its process, so that the next run goes on inside it.
"""

import hashlib
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.sizes import MIB
from accounts.texts import kept_text
from importers.content import processes, quota, uploads
from importers.content.md5 import Md5
from importers.content.storage import STORAGE_CHUNK, DurableFileSystemStorage
from importers.content.uploads import RENEW_EVERY, Reader, StoredUpload
from importers.models import Content, Upload
from moves.archives.incoming import EntryDamaged, IncomingEntry

MORE_THAN_SAID = kept_text("It has more than the %(size)s bytes that it says.")

SMALL_FILE = 8 * MIB  # bytes; a file that has no more shares a reservation
RESERVED_TOGETHER = 64 * MIB  # bytes that are reserved together
SMALL_FILES_AT_ONCE = 100  # small files for which rows are made together
LARGE_FILE = 64 * MIB  # bytes; a file of so many is gone on with where it was cut off
LARGE_FILE_TTL = timedelta(hours=24)  # how long what came of a large file waits for the next run


class EntryBytes:
    """An entry as what uploads take.

    Sizes are bytes. For its document, too, room is reserved: else a batch that has come would not fit with its
    documents where a quota is nearly used up, and none of it would stay.
    """

    def __init__(self, entry: IncomingEntry, announced: int, document_size: int) -> None:
        self.size_at_most = announced + document_size
        self._announced = announced
        self._entry = entry

    def chunks(self) -> Iterator[memoryview]:
        """Raises what reading an entry raises, and `EntryDamaged` where there are more bytes than announced."""
        came = 0
        for piece in self._entry.chunks(checked=False):
            came += len(piece)
            if came > self._announced:
                raise EntryDamaged("size_differs", MORE_THAN_SAID % {"size": self._announced})
            yield memoryview(piece)


class Staging:
    """Where the files of one import stand until their records appear."""

    def __init__(self, owner: User) -> None:
        self._owner = owner
        self._block: Upload | None = None
        self._left = 0
        self._spare: list[Upload] = []
        self._taken: list[Upload] = []
        self._renewed = time.monotonic()

    def receive(self, part: EntryBytes) -> StoredUpload:
        """Streams one file into the storage. Raises `Refusal` where there is no room, and what reading and storing
        raise; then nothing is left of it."""
        size = part.size_at_most
        if size > SMALL_FILE or not self._has_room(size):
            return uploads.receive(self._owner, part, needs_md5=True)
        upload = self._spare.pop()
        reader = _Shared(part, upload, self._renew)
        try:
            if isinstance(default_storage, DurableFileSystemStorage):
                default_storage.save_before_sync(upload.storage_key, reader)
            else:
                default_storage.save(upload.storage_key, reader)
        except BaseException:
            uploads.discard(upload)
            raise
        self._left -= size
        self._taken.append(upload)
        return reader.stored(upload)

    def sync(self) -> None:
        """Waits until what came is on the disk for good, which must be before any record says that it is here."""
        if self._taken and isinstance(default_storage, DurableFileSystemStorage):
            default_storage.sync([upload.storage_key for upload in self._taken])

    def take_back(self, upload: Upload) -> None:
        """Removes what came of a file that is not what it should be."""
        self._taken = [taken for taken in self._taken if taken.pk != upload.pk]
        uploads.discard(upload)

    def let_go(self) -> None:
        """Ends the shared reservation, in the transaction that charges for what came under it."""
        if self._block is not None:
            Upload.objects.filter(pk=self._block.pk).delete()

    def forget(self) -> None:
        """Must follow once that transaction is there for good: what came has its records."""
        self._block, self._left = None, 0
        self._taken.clear()

    def close(self) -> None:
        """Removes what is left: rows without bytes, and bytes that got no record."""
        keys = [upload.storage_key for upload in self._taken]
        used = set(Content.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
        for upload in self._taken:
            if upload.storage_key not in used:  # a commit that nobody answered may have kept it
                uploads.discard(upload)
        self.let_go()
        self.forget()
        Upload.objects.filter(pk__in=[upload.pk for upload in self._spare]).delete()
        self._spare.clear()

    def _has_room(self, size: int) -> bool:
        """Whether the shared reservation has room for a file, or another one could be made."""
        if self._block is not None and (self._left < size or not self._spare):
            return False  # the caller flushes before that; near the end of a quota each file reserves for itself
        if self._block is None:
            self._reserve()
        return self._block is not None and self._left >= size

    @property
    def is_full(self) -> bool:
        """Whether what came should get its records before more comes."""
        return self._block is not None and (self._left < SMALL_FILE or not self._spare)

    @transaction.atomic
    def _reserve(self) -> None:
        owner = quota.lock(self._owner)
        quota.require_unblocked(owner)
        if not quota.has_room(owner, RESERVED_TOGETHER):
            return
        mine = {"owner": owner, "process": processes.current(), "expires_at": Upload.next_expiry()}
        rows = [Upload(**mine, reserved_bytes=0) for _ in range(SMALL_FILES_AT_ONCE - len(self._spare))]
        self._spare += Upload.objects.bulk_create(rows)
        self._block = Upload.objects.create(**mine, reserved_bytes=RESERVED_TOGETHER)
        self._left = RESERVED_TOGETHER
        self._renewed = time.monotonic()

    def _renew(self) -> None:
        """Says that everything that waits here is alive."""
        if time.monotonic() - self._renewed < RENEW_EVERY:
            return
        self._renewed = time.monotonic()
        rows = [*self._spare, *self._taken, *([self._block] if self._block else [])]
        Upload.objects.filter(pk__in=[row.pk for row in rows]).update(expires_at=Upload.next_expiry())
        connection.close()


class _Shared(Reader):
    """A small file: whoever keeps the shared reservation alive keeps it alive as well."""

    def __init__(self, part: EntryBytes, upload: Upload, renew: Callable[[], None]) -> None:
        super().__init__(part, upload)
        self._renew_all = renew

    def _renew(self) -> None:
        self._renew_all()


# Large files


def can_go_on() -> bool:
    """Whether the storage takes what is left of a file after what it has."""
    return isinstance(default_storage, DurableFileSystemStorage)


@transaction.atomic
def begin_large(owner: User, size: int) -> Upload | None:
    """Returns a reservation for a large file, which no process but its expiry ends. None where there is no room for it
    now."""
    owner = quota.lock(owner)
    quota.require_unblocked(owner)
    if not quota.has_room(owner, size):
        return None
    return Upload.objects.create(owner=owner, reserved_bytes=size, expires_at=timezone.now() + LARGE_FILE_TTL)


class LargeFile:
    """A large file of which `size` bytes are here: hashed anew, since only its bytes can be trusted after a kill."""

    def __init__(self, upload: Upload, part: EntryBytes) -> None:
        self.upload = upload
        self.size = 0
        self.crc32 = 0
        self._sha256 = hashlib.sha256()
        self._md5 = Md5()
        self._part = part
        self._renewed = time.monotonic()

    @classmethod
    def found(cls, owner: User, key: str, part: EntryBytes) -> "LargeFile | None":
        """Returns what an earlier run has received; None where it has been collected meanwhile, or is not of use."""
        upload = Upload.objects.filter(storage_key=key, owner=owner, expires_at__gt=timezone.now()).first()
        if upload is None or Content.objects.filter(storage_key=key).exists():
            return None
        large = cls(upload, part)
        large._renew(at_once=True)
        if default_storage.exists(key):
            with default_storage.open(key) as stored:
                while piece := stored.read(STORAGE_CHUNK):
                    large._take(piece)
        return large

    def receive(self) -> StoredUpload:
        """Receives the rest of it. Where that breaks off, what came stays for the next run."""
        if not isinstance(default_storage, DurableFileSystemStorage):
            raise TypeError("this storage can't add to a file")
        default_storage.append(self.upload.storage_key, self._rest())
        return StoredUpload(self._sha256.hexdigest(), self.crc32, self.size, self.upload, md5=self._md5.base64)

    def _rest(self) -> Iterator[memoryview]:
        for piece in self._part.chunks():
            self._take(piece)
            self._renew()
            yield piece

    def _take(self, piece: bytes | memoryview) -> None:
        self._md5.update(piece)
        self._sha256.update(piece)
        self.crc32 = zlib.crc32(piece, self.crc32)
        self.size += len(piece)

    def _renew(self, *, at_once: bool = False) -> None:
        if not at_once and time.monotonic() - self._renewed < RENEW_EVERY:
            return
        self._renewed = time.monotonic()
        Upload.objects.filter(pk=self.upload.pk).update(expires_at=timezone.now() + LARGE_FILE_TTL)
        connection.close()


def discard_large(owner: User, key: str) -> None:
    """Removes what came of a large file that nobody goes on with."""
    for upload in Upload.objects.filter(storage_key=key, owner=owner):
        uploads.discard(upload)
