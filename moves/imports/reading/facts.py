"""What an archive says of the export that it is a part of, beside documents and bytes."""

from django.db import transaction

from accounts.texts import kept_text
from moves.archives.incoming import EntryDamaged, EntryRefused, IncomingEntry
from moves.archives.layout import EntryKind, EntryName
from moves.archives.manifest import ManifestUnreadable
from moves.imports.reading.checks import EntryChecks
from moves.imports.reading.reading_pass import ReadingPass
from moves.imports.sources.instance import LARGEST_FACTS, plain_facts
from moves.imports.sources.manifest import Manifest
from moves.imports.sources.source import used_in

NOTHING_OF_IT = kept_text("Nothing of an export has such a name, so it was left out.")


class ExportFacts:
    """Takes the manifest, what the other server says of itself, and how many bytes are in use there."""

    def __init__(self, reading_pass: ReadingPass, checks: EntryChecks) -> None:
        self._pass = reading_pass
        self._checks = checks

    def take_manifest(self, entry: IncomingEntry, root: str) -> Manifest | None:
        """Returns the manifest that an entry in the folder `root` is, where none could be fetched before: it counts
        from here on. None where it is of no use, which is said if it can't be read, or if it is none of these exports.
        """
        one_pass = self._pass
        is_beside = bool(one_pass.roots) and not one_pass.roots.has(root)
        if one_pass.manifest is not None or one_pass.doubts is not None:
            if is_beside and one_pass.manifest is not None and one_pass.manifest.folder != root:
                self._checks.say(entry, "unknown_entry", NOTHING_OF_IT)
            return None
        if "manifest_unreadable" in one_pass.counts.codes:
            return None
        try:
            one_pass.manifest = Manifest(entry.chunks(), one_pass.limits, one_pass.roots, root)
        except (ManifestUnreadable, EntryDamaged, EntryRefused) as bad:
            if is_beside:
                self._checks.say(entry, "unknown_entry", NOTHING_OF_IT)
            else:
                sentence = str(bad) if isinstance(bad, ManifestUnreadable) else bad.problem.sentence
                self._checks.say(entry, "manifest_unreadable", sentence)
        return one_pass.manifest

    def take(self, entry: IncomingEntry, place: EntryName) -> None:
        """Takes what the other server says of itself; of any other entry it is said that nobody knows it."""
        if place.kind is not EntryKind.INSTANCE:
            self._checks.say(entry, "unknown_entry", NOTHING_OF_IT)
        elif (raw := self._checks.whole(entry, LARGEST_FACTS)) is not None:
            self._pass.archive_import.source["instance"] = plain_facts(raw)
            self.note_used(raw)

    def note_used(self, raw: bytes) -> None:
        """What the other server says of the bytes in use there, if it does: compared with what came at the end."""
        used = used_in(raw)
        if used is not None and self._pass.doubts is None:
            source = self._pass.archive_import.source
            source["used"] = used
            with transaction.atomic():
                self._pass.write(source=source)
