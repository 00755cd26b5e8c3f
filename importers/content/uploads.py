"""Content on its way from the socket to the storage: hashed, counted, and whole or not there at all."""

import hashlib
import logging
import os
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.texts import kept_text
from importers import errors, statements, waking
from importers.content import processes, quota
from importers.content.first_bytes import ENOUGH, is_drawable
from importers.content.md5 import Md5
from importers.content.prepared_keys import prepared_keys
from importers.errors import SERVICE_ERRORS
from importers.models import Content, Holding, PreparedKey, Upload
from importers.models.content import Drawn
from importers.statements import StatementBatch

log = logging.getLogger("wharf.import")

NO_ROOM_FOR = kept_text("No room for %(size)s more bytes.")
ROOM_PATIENCE = 5  # seconds; an exporter gives up after 10
ASK_EVERY = 0.2  # seconds
WRITERS = 32  # small files that are written at once while something else is done for them
RENEW_EVERY = 60  # seconds after which an upload that still flows says that it lives
# In the order in which the model has them.
CONTENT_COLUMNS = ("id", "sha256", "crc32", "size", "md5", "storage_key", "unneeded_since")


class UploadPart(Protocol):
    """What a file comes as. `size_at_most` in bytes."""

    size_at_most: int

    def chunks(self) -> Iterator[memoryview]: ...


@dataclass(frozen=True)
class StoredUpload:
    """What came: its SHA-256 in hex, CRC-32, size in bytes, where it lies, its MD5 in base64, and its first bytes.

    It lies in an upload with its reservation, or below a prepared key, or nowhere, if it was only hashed.
    """

    sha256: str
    crc32: int
    size: int
    upload: Upload | None = None
    key: PreparedKey | None = None
    md5: str = ""
    begin: bytes = b""

    @property
    def is_drawable(self) -> bool:
        """Whether it may be a picture or a video."""
        return is_drawable(self.begin)

    @property
    def place(self) -> Upload | PreparedKey | None:
        """The row that tells of its bytes until they are content's."""
        return self.upload or self.key


def keep(owner: User, content: bytes, meanwhile: Callable[[str], None] | None = None) -> StoredUpload | None:
    """Stores a file that is whole in memory, unless its bytes are there already. Returns None where the row of `owner`
    tells that there is no room. `meanwhile`: is told the SHA-256, and works while the disk does.

    Nothing is reserved: the transaction that makes the file the person's asks whether there is room. Raises whatever
    storing raises; then nothing is left behind.
    """
    if not quota.has_room(owner, len(content), reserved=False):
        return None
    sha256, key = hashlib.sha256(content).hexdigest(), None
    if statements.first(Content, ("id",), {"sha256": sha256}) is None:
        key = prepared_keys.take()
        try:
            _write(key, content, meanwhile and partial(meanwhile, sha256))
        except BaseException as error:
            discard(key, after=error)
            raise
    elif meanwhile is not None:
        meanwhile(sha256)
    md5 = Md5()
    md5.update(content)
    return StoredUpload(sha256, zlib.crc32(content), len(content), key=key, md5=md5.base64, begin=content[:ENOUGH])


def _write(key: PreparedKey, content: bytes, meanwhile: Callable[[], None] | None) -> None:
    if meanwhile is None:
        default_storage.save(key.storage_key, ContentFile(content))
        return
    writing = _writers().submit(default_storage.save, key.storage_key, ContentFile(content))
    try:
        meanwhile()
    finally:
        wait([writing])
    writing.result()  # raises what the storage said


@cache
def _writers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WRITERS, thread_name_prefix="keep")


os.register_at_fork(after_in_child=_writers.cache_clear)  # its threads are gone


def receive(owner: User, part: UploadPart, patience: float = ROOM_PATIENCE, *, needs_md5: bool = False) -> StoredUpload:
    """Streams a file to the storage, in one pass, under a reservation. `patience`: seconds that it may wait for room.
    `needs_md5`: somebody compares its MD5 at once; else that is given up where it would keep bytes waiting.

    Where there is no room, the bytes are hashed all the same if they may be some that the person already has: what is
    already there is no reason to refuse. Raises 413 `destination_full`, and whatever reading and storing raise; then
    nothing is left behind. Holds no database connection while bytes flow.
    """
    upload = _wait_for_room(owner, part.size_at_most, patience)
    connection.close()
    if upload is None:
        return _hash_only(part, needs_md5=needs_md5)
    reader = Reader(part, upload, Md5(patient=needs_md5))
    try:
        default_storage.save(upload.storage_key, reader)
    except BaseException as error:
        discard(upload, after=error)
        raise
    return reader.stored(upload)


def _wait_for_room(owner: User, size: int, patience: float) -> Upload | None:
    """A reservation, or None where the bytes may be some that the person has.

    Where only other uploads stand in the way, they get a moment: one of them may be the same item on a connection
    that has died, or come to less than it reserved. Raises 413 where there is no room after it.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return _reserve(owner, size)
        except NoRoomYet:
            connection.close()
        if time.monotonic() > deadline:
            return _reserve(owner, size, patient=False)
        time.sleep(ASK_EVERY)


class NoRoomYet(Exception):
    """There is room, but uploads on their way have reserved it."""


@transaction.atomic
def _reserve(owner: User, size: int, *, patient: bool = True) -> Upload | None:
    owner = quota.lock(owner)
    quota.require_unblocked(owner)
    if not quota.has_room(owner, size):
        if patient and quota.has_room(owner, size, reserved=False):
            raise NoRoomYet
        if not owner.holdings.filter(content__size__lte=size).exists():
            quota.require_room(owner, size)
        return None
    return Upload.objects.create(
        owner=owner, process=processes.current(), reserved_bytes=size, expires_at=Upload.next_expiry()
    )


def _hash_only(part: UploadPart, *, needs_md5: bool) -> StoredUpload:
    reader = Reader(part, None, Md5(patient=needs_md5))
    for _ in reader.chunks():
        pass
    return reader.stored()


class Reader(File):
    """A part as the file that a storage reads: hashes and counts what passes, and ends only where the part is whole.

    `md5`: one that may be given up, where nobody compares it at once.
    """

    def __init__(self, part: UploadPart, upload: Upload | None, md5: Md5 | None = None) -> None:
        super().__init__(None)
        self.name = upload.storage_key if upload else ""
        self.sha256 = hashlib.sha256()
        self.md5 = md5 or Md5()
        self.crc32 = 0
        self.size = 0
        self.begin = b""
        self._upload = upload
        self._chunks = self._pass_through(part)
        self._held = memoryview(b"")
        self._renewed = time.monotonic()

    def chunks(self, chunk_size: int | None = None) -> Iterator[memoryview]:
        return self._chunks

    def read(self, size: int = -1) -> bytes:
        """As S3 reads: `size` bytes, or fewer at the end."""
        held = bytearray()
        while size < 0 or len(held) < size:
            if not self._held:
                self._held = next(self._chunks, memoryview(b""))
                if not self._held:
                    break
            wanted = len(self._held) if size < 0 else size - len(held)
            held += self._held[:wanted]
            self._held = self._held[wanted:]
        return bytes(held)

    def seekable(self) -> bool:
        return False

    def stored(self, upload: Upload | None = None) -> StoredUpload:
        """What came, when all of it has. `upload`: where it lies."""
        sha256, md5 = self.sha256.hexdigest(), self.md5.base64
        return StoredUpload(sha256, self.crc32, self.size, upload, md5=md5, begin=self.begin)

    def _pass_through(self, part: UploadPart) -> Iterator[memoryview]:
        for chunk in part.chunks():
            self.md5.update(chunk)
            self.sha256.update(chunk)
            self.crc32 = zlib.crc32(chunk, self.crc32)
            self.size += len(chunk)
            if len(self.begin) < ENOUGH:
                self.begin += bytes(chunk[: ENOUGH - len(self.begin)])
            self._renew()
            yield chunk

    def _renew(self) -> None:
        if self._upload is None or time.monotonic() - self._renewed < RENEW_EVERY:
            return
        self._renewed = time.monotonic()
        Upload.objects.filter(pk=self._upload.pk).update(expires_at=Upload.next_expiry())
        connection.close()


@dataclass(frozen=True)
class OwnedContent:
    """Received bytes as content.

    `new_bytes` is what they add to the person's use (0 where they held it); `adopted`: they lie where they came.
    """

    content: Content
    new_bytes: int
    adopted: bool


def settle(owner: User, received: StoredUpload, batch: StatementBatch | None = None) -> OwnedContent:
    """Makes received bytes the person's: finds or makes their content, and the holding.

    Runs in the transaction that has locked `owner`; what can wait is told to the database with the batch, if there is
    one. Raises 413 where there was no room and the bytes are new to the person, and 503 (or the batch does) where the
    upload gave so long no sign of life that its bytes have been collected.
    """
    at_the_end = StatementBatch() if batch is None else batch
    content, is_new = _content(owner, received)
    if content.unneeded_since is not None or not content.md5:
        content.unneeded_since = None
        content.md5 = content.md5 or received.md5
        content.save(update_fields=["unneeded_since", "md5"])
    place = received.place
    adopted = place is not None and content.storage_key == place.storage_key
    if place is not None and adopted:
        _take_over(owner, place, at_the_end)
    holding = Holding(owner_id=owner.pk, content_id=content.pk)
    if is_new:
        at_the_end.insert(holding)
    newly_held = is_new or statements.insert(holding, unless_there=True)
    if batch is None:
        at_the_end.run()
    return OwnedContent(content, content.size if newly_held else 0, adopted)


def _content(owner: User, received: StoredUpload) -> tuple[Content, bool]:
    """Returns the content of these bytes, and whether it is new. Mostly it is, so making it is tried first."""
    while True:
        if received.place is not None:
            content = Content(
                sha256=received.sha256,
                crc32=received.crc32,
                size=received.size,
                md5=received.md5,
                storage_key=received.place.storage_key,
                to_draw=received.is_drawable,
                drawn="" if received.is_drawable else Drawn.NOTHING,
            )
            if statements.insert(content, unless_there=True):
                if content.to_draw:
                    transaction.on_commit(waking.wake_to_draw)
                return content, True
        # The lock keeps the collector away from content that is found here.
        row = statements.first(Content, CONTENT_COLUMNS, {"sha256": received.sha256}, lock=True)
        if row is not None:
            return Content.from_db(connection.alias, CONTENT_COLUMNS, row), False
        if received.place is None:
            quota.require_room(owner, received.size)
            raise errors.destination_full(NO_ROOM_FOR % {"size": received.size})


def _take_over(owner: User, place: Upload | PreparedKey, batch: StatementBatch) -> None:
    """Removes the row of bytes that are content's from now on.

    The collector takes the owner off an upload, or removes a key, before it removes the bytes; one of the two is first.
    """

    def collected() -> errors.Refusal:
        prepared_keys.forget()
        return errors.temporarily_unavailable("upload")

    row: dict[str, Any] = {"storage_key": place.storage_key}
    if isinstance(place, Upload):
        row["owner_id"] = owner.pk
    batch.delete(type(place), row, otherwise=collected)


def discard(place: Upload | PreparedKey, after: BaseException | None = None) -> None:
    """Removes what has been written there, and its reservation. What can't be removed now, `purge` removes later: also
    where it is the storage that has just failed, with `after`, so that nobody waits for it twice."""
    try:
        try:
            if isinstance(after, BotoCoreError):
                raise after
            default_storage.delete(place.storage_key)
        except SERVICE_ERRORS:
            if isinstance(place, Upload):  # its room is free, whatever the storage says
                ended = {"reserved_bytes": 0, "expires_at": timezone.now() - timedelta(seconds=1)}
                Upload.objects.filter(pk=place.pk).update(**ended)
            raise
        type(place)._default_manager.filter(storage_key=place.storage_key).delete()
    except SERVICE_ERRORS as error:
        log.warning("the bytes of an upload are left for purge: %s", error)
