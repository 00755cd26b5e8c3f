"""The SHA-256 of each part, found by reading it as it would be downloaded: so missing bytes are found early, too."""

import hashlib
import logging

from django.db import connection

from moves.archives.archive import EntryMissing, Spools, ZipArchive, read
from moves.exports import fetches
from moves.models import Export, Part

log = logging.getLogger("wharf.exports")


def hash_parts(pk: int) -> None:
    """Hashes the parts of an export that have no hash yet. What was hashed before a kill stays so."""
    export = Export.objects.filter(pk=pk, state=Export.State.DONE, removed_at=None).first()
    if export is None:
        return
    spools = Spools.of(export)
    for part in export.parts.filter(sha256=""):
        connection.close()  # none is held while bytes are read
        try:
            sha256 = _sha256(part, spools)
        except EntryMissing as missing:
            log.error("an entry of export %s is missing", export.doc_id, exc_info=missing)
            fetches.note_missing(export, missing.name)
            continue
        Part.objects.filter(pk=part.pk).update(sha256=sha256)


def _sha256(part: Part, spools: Spools) -> str:
    running = hashlib.sha256()
    archive = ZipArchive(part, spools)
    for chunk in read(archive, 0, archive.size):
        running.update(chunk)
    return running.hexdigest()
