"""An entry against what was promised: its name by the manifest, its bytes by the archive, the manifest and its
document."""

import hashlib
from typing import Protocol

from accounts.texts import kept_text
from importers.content.uploads import StoredUpload
from moves.archives.incoming import EntryDamaged, EntryRefused, IncomingEntry
from moves.archives.manifest import ManifestLine
from moves.imports.reading.pending import PendingFile
from moves.imports.reading.reading_pass import ReadingPass

NOT_AS_LISTED = kept_text("Its bytes are others than the manifest says: it is damaged.")
NOT_LISTED = "not_in_manifest", kept_text("The manifest doesn't name it, so nothing proves that it is whole.")
SECOND_LEFT_OUT = kept_text("The archive has two entries of this name; the second one was left out.")
OTHER_SIZE = kept_text("It has %(size)s bytes, but its document says %(said)s.")
OTHER_MD5 = kept_text("Its MD5 is another one than its document says: it is damaged.")


class CountedPlaces(Protocol):
    """Tells what an earlier run has counted."""

    def is_counted(self, at: int) -> bool:
        """Whether it has counted the entry at this place, and said what is to be said of it."""


class EntryChecks:
    """Checks the entries of one part, and says in the report what is wrong with them."""

    def __init__(self, reading_pass: ReadingPass, position: CountedPlaces) -> None:
        self._pass = reading_pass
        self._position = position
        self._looked_up: tuple[str, ManifestLine | None] = "", None  # the last name, and what the manifest says of it

    def say(self, entry: IncomingEntry, code: str, sentence: str) -> None:
        """Puts something into the report, unless an earlier run has done so."""
        if self._pass.doubts is None and not self._position.is_counted(entry.at):
            self._pass.counts.say(code, sentence, entry=entry.name)

    def note_name(self, entry: IncomingEntry, twice: str) -> bool:
        """Returns whether this name has not been there before. Says that it has (`twice`), or that the manifest lacks
        it."""
        if self._pass.doubts is not None:
            return True
        manifest, listed = self._pass.manifest, self._listed(entry)
        new = manifest.note_seen(listed.number) if listed and manifest else self._pass.names.add(entry.name)
        if not new:
            self.say(entry, "twice", twice)
        elif manifest is not None and listed is None:
            self.say(entry, *NOT_LISTED)
        return new

    def note_seen(self, name: str) -> None:
        """It came, in this run or in an earlier one."""
        manifest = self._pass.manifest
        if manifest is None:
            self._pass.names.add(name)
        elif (listed := manifest.find(name)) is not None:
            manifest.note_seen(listed.number)

    def forget_name(self, name: str) -> None:
        """It comes again, since it is read again."""
        self._pass.names.forget(name)
        if self._pass.manifest is not None:
            self._pass.manifest.forget_seen(name)

    def whole(self, entry: IncomingEntry, most: int) -> bytes | None:
        """Returns all bytes of a small entry; None where they are not those that were promised, which is said."""
        try:
            raw = entry.whole(most)
        except (EntryDamaged, EntryRefused) as bad:
            code = bad.problem.code if isinstance(bad, EntryRefused) else "document_damaged"
            self.say(entry, code, bad.problem.sentence)
            return None
        listed = self._listed(entry)
        if listed is not None and (listed.size != len(raw) or hashlib.sha256(raw).hexdigest() != listed.sha256):
            self.say(entry, "document_damaged", NOT_AS_LISTED)
            return None
        return raw

    def confirm(self, entry: IncomingEntry, pending: PendingFile, received: StoredUpload) -> None:
        """Raises `EntryDamaged` unless the bytes of a file are those that were promised."""
        entry.confirm(received.crc32)
        if pending.size is not None and received.size != pending.size:
            sentence = OTHER_SIZE % {"size": received.size, "said": pending.size}
            raise EntryDamaged("size_differs", sentence)
        listed = self._listed(entry)
        sha256 = pending.listed or (listed.sha256 if listed is not None else received.sha256)
        if sha256 != received.sha256:
            raise EntryDamaged("other_bytes", NOT_AS_LISTED)
        if pending.md5 and pending.md5 != received.md5:
            raise EntryDamaged("md5_differs", OTHER_MD5)

    def _listed(self, entry: IncomingEntry) -> ManifestLine | None:
        manifest = self._pass.manifest
        if manifest is None:
            return None
        if self._looked_up[0] != entry.name:
            self._looked_up = entry.name, manifest.find(entry.name)
        return self._looked_up[1]
