"""The SHA-256 of each part, found by reading it as it would be downloaded: so bytes that are missing, or not those that
came, are found early, too."""

import hashlib
import logging
import time

from django.db import connection, transaction
from django.db.models import Q

from importers.content import md5
from moves.archives.archive import Spools, ZipArchive, read
from moves.archives.entry import EntryMissing
from moves.exports import fetches
from moves.leases import Lease
from moves.models import Export, Part
from moves.shares import HASHING_SILENCE, may_have_archive_worker

log = logging.getLogger("wharf.exports")

HASHING_BEAT = 5.0  # seconds between two signs of life, and two looks whether it is still wanted


class Overtaken(Exception):
    """The export is gone, or somebody else is at its hashes."""


def hash_parts(pk: int) -> None:
    """Hashes the parts of an export that have no hash yet, unless somebody else does, or its account has its share of
    the workers: then it waits. What was hashed before a kill stays so."""
    undone = Q(state=Export.State.DONE, removed_at=None)
    export = Export.objects.filter(undone, pk=pk).first()
    if export is None:
        return
    with transaction.atomic():
        if not may_have_archive_worker(export.owner_id):
            return
    with Lease(export, "hashing_at", HASHING_SILENCE, undone) as lease:
        if lease.mine:
            try:
                _hash_parts(export, lease)
            except Overtaken:
                log.info("the hashes of export %s were left to somebody else", export.doc_id)


class _MissingMd5s:
    """Computes the MD5 of content that has none yet, since it is read anyway: a later export says them."""

    def __init__(self, export: Export) -> None:
        self._keys = set(md5.missing(holdings__owner=export.owner).values_list("storage_key", flat=True))
        self._key, self._running = "", md5.Md5()

    def __call__(self, key: str, chunk: bytes) -> None:
        """The next chunk of an entry, or its end."""
        if key not in self._keys:
            return
        if key != self._key:
            self._key, self._running = key, md5.Md5()
        self._running.update(chunk)
        if not chunk:
            md5.note(key, self._running)
            self._key = ""
            connection.close()


def _hash_parts(export: Export, lease: Lease) -> None:
    spools, md5s = Spools.of(export), _MissingMd5s(export)
    for part in export.parts.filter(sha256=""):
        try:
            sha256 = _sha256(part, spools, lease, md5s)
        except EntryMissing as missing:
            if missing.may_pass:
                log.warning("the storage does not answer; export %s is hashed later", export.doc_id, exc_info=missing)
                return
            log.error("an entry of export %s is missing", export.doc_id, exc_info=missing)
            fetches.note_missing(export, missing.name)
            continue
        Part.objects.filter(pk=part.pk).update(sha256=sha256)


def _sha256(part: Part, spools: Spools, lease: Lease, md5s: _MissingMd5s) -> str:
    """Raises `EntryMissing`, and `Overtaken`."""
    running, beat = hashlib.sha256(), -HASHING_BEAT
    archive = ZipArchive(part, spools)
    for chunk in read(archive, 0, archive.size, check=True, watch=md5s):
        running.update(chunk)
        if time.monotonic() - beat >= HASHING_BEAT:
            beat = time.monotonic()
            if not lease.renew():
                raise Overtaken
            connection.close()  # none is held while bytes are read
    return running.hexdigest()
