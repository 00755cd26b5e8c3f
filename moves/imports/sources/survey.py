"""An archive of this machine, looked at before anything of it is read: what it has, and in which order."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from importers.digests import digest
from importers.documents.doctypes import FILES, VERSIONS
from moves.archives.incoming import (
    ArchiveError,
    ArchiveTally,
    EntryDamaged,
    EntryRefused,
    IncomingEntry,
    Limits,
    NotAnArchive,
    Problem,
    entries,
)
from moves.archives.incoming.listing import NoListing, disks_of, listed_names
from moves.archives.incoming.opening import ZIP
from moves.archives.layout import EntryKind, EntryName
from moves.archives.manifest import ManifestUnreadable
from moves.archives.roots import Roots
from moves.imports.sources.instance import LARGEST_FACTS, plain_facts
from moves.imports.sources.links import NoArchive
from moves.imports.sources.manifest import MANIFEST_UNREADABLE, Manifest
from moves.imports.sources.parts import LocalPart
from moves.imports.sources.recognition import archive_by_names, is_piece
from moves.imports.sources.seeking import Skipping
from moves.imports.sources.strangers import no_archive, no_export, note_telling, piece

LOCKED = ("encrypted", "method_unknown")  # codes of what only unpacking it elsewhere opens
SAID_WHEN = "exported_at"  # in what a Wharf says of the account
MOST_READ = 100  # entries of an archive that are read since they may say something of all of it


@dataclass
class Survey:
    """`called`: its path. `roots` are the folders that exports are in, `exports` has something of each that begins in
    it. `instance`: what it says of the account, None where it says nothing. `first` is the name of its first document.
    `is_whole`: whether it could be looked through to its end. Of `documents` and `contents` so many are `readable`;
    `locked`: why another one's bytes can't be had, as its archive says. `in_order`: whether the bytes of each file
    follow its document, as far as names tell; `last`: what the last one of them is. `unreadable`: why its manifest
    can't be read. `names` tell what it is if it is none, `strange` are those of them that no export has."""

    called: str
    roots: Roots
    exports: set[str] = field(default_factory=set)
    instance: dict[str, str] | None = None
    manifest: Manifest | None = None
    unreadable: str = ""
    documents: int = 0
    contents: int = 0
    readable: Counter[EntryKind] = field(default_factory=Counter)
    locked: Problem | None = None
    first: str = ""
    is_whole: bool = True
    in_order: bool = True
    names: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    last: EntryName | None = None
    _is_inside: bool = False  # whether its manifest stands where its documents do

    def note(self, name: str, place: EntryName, problem: Problem | None) -> None:
        """An entry of this name stands behind those before it, which may have a problem."""
        note_telling(self.names, name)
        if place.kind is EntryKind.UNKNOWN:
            note_telling(self.strange, name)
        if name.endswith("/") or place.kind is EntryKind.RUBBISH:
            return
        if place.kind is EntryKind.CONTENT:
            self.contents += 1
            self.in_order = self.in_order and self.last is not None and self.last.doctype in (FILES, VERSIONS)
        elif place.kind is EntryKind.DOCUMENT:
            self.documents += 1
            self.first = self.first or name
        if problem is None or problem.code not in LOCKED:
            self.readable[place.kind] += 1
        elif place.kind in (EntryKind.CONTENT, EntryKind.DOCUMENT):
            self.locked = self.locked or problem
        self.last = place

    def no_export(self, called: str) -> NoArchive:
        """Returns that it is none, and what it seems to be."""
        return NoArchive(no_export(called, self.names))

    @property
    def is_export(self) -> bool:
        """Whether it is one, or may be; an archive of another kind may have a document of one by chance."""
        if self.instance is not None or self.manifest is not None:
            return True
        return (self.documents > 0 or not self.is_whole) and not archive_by_names("", self.strange)

    @property
    def may_be_half(self) -> bool:
        """Whether it may hold files of an export whose documents are in another archive."""
        return self.contents > 0 and not archive_by_names("", self.strange)

    @property
    def is_locked(self) -> bool:
        """Whether nothing of what it has can be read."""
        return self.locked is not None and not self.readable[EntryKind.DOCUMENT] + self.readable[EntryKind.CONTENT]

    def read(self, entry: IncomingEntry, place: EntryName, limits: Limits) -> None:
        """Reads an entry that says something of the whole archive. Raises `ArchiveError` where that ends there."""
        if entry.problem is not None:
            return
        if place.kind is EntryKind.INSTANCE and len(self.exports) < MOST_READ:
            self._read_instance(entry)
        elif place.kind is EntryKind.MANIFEST:
            self._read_manifest(entry, place, limits)

    def _read_instance(self, entry: IncomingEntry) -> None:
        """Reads what is said of an account, as each export does once: a Wharf with the time, so that a copy is known as
        one; of what others say, each is another export's."""
        found, raw = dict[str, str](), b""
        with suppress(EntryDamaged, EntryRefused):
            raw = entry.whole(LARGEST_FACTS)
            found = plain_facts(raw)
        self.exports.add(digest(raw.hex()) if SAID_WHEN in found else f"at {entry.at} of {self.called}")
        self.instance = found if self.instance is None else self.instance

    def _read_manifest(self, entry: IncomingEntry, place: EntryName, limits: Limits) -> None:
        """Reads what is called as a manifest; beside all exports, only one that can be read is one, and only where
        none of them has one."""
        is_inside = self.roots.has(place.root)
        if self.unreadable or (self.manifest is not None and not (is_inside and not self._is_inside)):
            return
        try:
            found = Manifest(entry.chunks(), limits, self.roots, place.root)
        except ManifestUnreadable as bad:
            self._note_unreadable(str(bad), is_inside=is_inside)
        except (EntryDamaged, EntryRefused) as bad:
            self._note_unreadable(MANIFEST_UNREADABLE % {"why": bad.problem.sentence}, is_inside=is_inside)
        else:
            self.close()
            self.manifest, self._is_inside = found, is_inside

    def _note_unreadable(self, sentence: str, *, is_inside: bool) -> None:
        if is_inside or not self.roots:
            self.unreadable = sentence

    def close(self) -> None:
        """Lets go of its manifest."""
        if self.manifest is not None:
            self.manifest.close()
            self.manifest = None


def survey_all(paths: Iterable[str], limits: Limits, still_mine: Callable[[], None], roots: Roots) -> dict[str, Survey]:
    """Looks at the names in archives, by their paths, and reads what each says of itself; a zip by its directory alone.
    What can't be read to its end is found out, and said, when it is its turn. Where the last names tell what the first
    ones were, `roots` knows it at the end, and they are looked at again.

    Raises `NoArchive` for what is no export, nor has files of one, with what it seems to be; and what opening and
    reading a part raise.
    """
    found = {path: _survey(LocalPart(path), limits, still_mine, roots) for path in paths}
    roots.have_all = True
    if roots and roots.guessed:
        for one in found.values():
            one.close()
        found = {path: _survey(LocalPart(path), limits, still_mine, roots) for path in found}
    for path, one in found.items():
        if not one.is_export and not one.may_be_half:
            raise one.no_export(Path(path).name)
    return found


def _survey(part: LocalPart, limits: Limits, still_mine: Callable[[], None], roots: Roots) -> Survey:
    called = Path(part.path).name
    found = Survey(part.path, roots)
    try:
        listed = _by_directory(part, limits, still_mine, roots)
        if listed is not None:
            return listed
        for entry in _entries(part, limits):
            still_mine()
            place = roots.place_of(entry.name)
            found.note(entry.name, place, entry.problem)
            found.read(entry, place, limits)
    except NotAnArchive as bad:
        raise NoArchive(piece(called) if _is_last_piece(part) else no_archive(called, bad)) from bad
    except ArchiveError as bad:
        if is_piece(called):
            raise NoArchive(piece(called)) from bad
        found.is_whole = False
    return found


def _is_last_piece(part: LocalPart) -> bool:
    """Whether it is the last one of the files of a split zip, in which the directory stands."""
    with Path(part.path).open("rb") as file:
        return disks_of(file) > 1


def _by_directory(part: LocalPart, limits: Limits, still_mine: Callable[[], None], roots: Roots) -> Survey | None:
    """Returns what the directory of a zip shows; None where there is none that can be read."""
    found, places, last = Survey(part.path, roots), list[int](), -1
    with Skipping(part) as stream:  # which says why it can't be opened
        if stream.read(4) not in ZIP:
            return None
    try:
        with Path(part.path).open("rb") as file:
            for name, at, _, problem in listed_names(file):
                still_mine()
                place = roots.place_of(name)
                found.note(name, place, problem)
                found.in_order = found.in_order and at > last
                last = at
                if place.kind in (EntryKind.INSTANCE, EntryKind.MANIFEST) and len(places) < MOST_READ:
                    places.append(at)
    except NoListing:
        return None
    for at in places:
        with closing(_entries(part, limits, at)) as there:
            entry = next(there)  # its bytes come while `there` is open
            found.read(entry, roots.place_of(entry.name), limits)
    return found


def _entries(part: LocalPart, limits: Limits, at: int = 0) -> Generator[IncomingEntry, None, None]:
    with Skipping(part) as stream:
        if at:
            stream.go_to(at)
        yield from entries(stream, offset=at, limits=limits, tally=ArchiveTally())
