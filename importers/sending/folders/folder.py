"""A folder on disk, and what of it goes where: files, photos and videos, calendars, contacts, mail."""

import filecmp
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from importers.sending import items
from importers.sending.calendars.calendar_file import CalendarFile, NotACalendarError
from importers.sending.calendars.reading import CalendarReading
from importers.sending.contacts import ContactsFile, NotContactsError
from importers.sending.folders.mime import is_photo_or_video, mime_type
from importers.sending.folders.sidecars import SUFFIX, Facts, Sidecars
from importers.sending.items import Attachment, OutgoingItem, moment, readable
from importers.sending.mail import MailFile, NotMailError, OutgoingMail, begins_as_mailbox, is_mail
from importers.sending.shown import clipped

CALENDARS, CONTACTS = (".ics", ".vcs", ".ical", ".icalendar"), (".vcf", ".vcard")
Kinds = Literal["blobs", "media"]  # of `--as`


@dataclass(frozen=True, slots=True)
class Found:
    """A file: its path below the root as the file system has it, bytes, and time of its last change in nanoseconds."""

    path: str
    size: int
    modified: int

    @property
    def folder(self) -> str:
        """The path of what it lies in; empty in the root."""
        return os.path.dirname(self.path)  # noqa: PTH120 - one of millions: no object per path

    @property
    def name(self) -> str:
        """Its name, as Unicode text."""
        return readable(os.path.basename(self.path))  # noqa: PTH119


@dataclass
class LocalFolder:
    """What was found below a root, sorted by kind, as paths only, so that a million files fit.

    `notes` says what is not sent, or not as it is on disk. `sidecars`: the names of files in folders of photos that may
    say something of these. Items are made while they are asked for.
    """

    root: Path
    into: str = "/"
    reading: CalendarReading = field(default_factory=CalendarReading)
    folders: list[str] = field(default_factory=list)
    files: list[Found] = field(default_factory=list)
    media: list[Found] = field(default_factory=list)
    calendars: list[Found] = field(default_factory=list)
    events: int = 0
    contacts: list[Found] = field(default_factory=list)
    contact_items: int = 0
    mail: OutgoingMail = field(default_factory=OutgoingMail)
    notes: list[str] = field(default_factory=list)
    sidecars: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(
        cls, root: Path, kinds: Kinds | None = None, into: str = "/", reading: CalendarReading | None = None
    ) -> "LocalFolder":
        """Looks through `root`. `kinds` sends everything as files, or photos and videos only; by default each by type.

        `into` is the folder there that everything goes below; `reading` says how calendars are read. Raises `OSError`
        if the root itself cannot be read.
        """
        place = str(PurePosixPath("/") / into.strip("/"))
        folder = cls(root.resolve(strict=True), place, reading or CalendarReading())
        folder._look_through()
        if kinds is None:
            folder._sort_by_type()
        elif kinds == "media":
            folder._only_media()
        folder._keep_sidecars()
        return folder

    @property
    def count(self) -> int:
        """How many items there are."""
        albums = len({found.folder for found in self.media} - {""})
        return len(self._folders_above()) + sum(
            (
                len(self.folders),
                len(self.files),
                albums,
                len(self.media),
                len(self.calendars),
                self.events,
                self.contact_items,
                self.mail.count,
            )
        )

    @property
    def size(self) -> int:
        """Bytes of all files that are sent as they are."""
        return sum(found.size for found in (*self.files, *self.media))

    def items(self) -> Iterator[OutgoingItem]:
        """Everything in order: folders, files, each album with its photos and videos, each calendar with its events,
        contacts, mail."""
        for path in self._folders_above():
            yield items.folder(path)
        for path in self.folders:
            yield items.folder(self._there(path))
        for found in self.files:
            yield items.file(self._there(found.folder), found.name, moment(found.modified), self._attachment(found))
        yield from self._media_items()
        for found in self.calendars:
            yield from self._calendar(found).items()
        for found in self.contacts:
            yield from self._contacts(found).items()
        yield from self.mail.items()

    def _there(self, path: str) -> str:
        """A path below the root as the path at the destination."""
        return f"{self.into.rstrip('/')}/{readable(path)}".rstrip("/") or "/"

    def _folders_above(self) -> list[str]:
        if self.into == "/" or not (self.folders or self.files):
            return []
        target = PurePosixPath(self.into)
        return [str(path) for path in reversed((target, *target.parents)) if str(path) != "/"]

    def _attachment(self, found: Found) -> Attachment:
        return Attachment(self.root / found.path, mime_type(found.path))

    def _calendar(self, found: Found) -> CalendarFile:
        name = PurePosixPath(found.name).stem
        return CalendarFile.read(self.root / found.path, self._there(found.path), name, self.reading)

    def _contacts(self, found: Found) -> ContactsFile:
        return ContactsFile.read(self.root / found.path, self._there(found.path), self.reading.charset)

    # What is there

    def _look_through(self) -> None:
        waiting = [""]
        while waiting:
            path = waiting.pop()
            try:
                with os.scandir(self.root / path) as entries:
                    here = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                if not path:
                    raise
                self.notes.append(f"{readable(path)}: this folder cannot be opened: {error.strerror}")
                continue
            below = [os.path.join(path, entry.name) for entry in here if self._take(path, entry)]  # noqa: PTH118
            waiting += reversed(below)
            if path:
                self.folders.append(path)

    def _take(self, path: str, entry: os.DirEntry[str]) -> bool:
        """Takes a file in, or says why not. True for a folder, which has to be looked through."""
        place = os.path.join(path, entry.name)  # noqa: PTH118
        if readable(entry.name) != entry.name:
            self.notes.append(f"{readable(place)}: the name is not UTF-8; what cannot be read of it is sent as \ufffd")
        if entry.is_dir(follow_symlinks=False):
            return True
        if entry.is_symlink() and (problem := self._problem_of_link(place)):
            self.notes.append(f"{readable(place)}: not sent: {problem}")
        elif not entry.is_file():
            self.notes.append(f"{readable(place)}: not sent: it is no regular file")
        else:
            status = entry.stat()
            self.files.append(Found(place, status.st_size, status.st_mtime_ns))
        return False

    def _problem_of_link(self, path: str) -> str:
        try:
            target = (self.root / path).resolve(strict=True)
        except (OSError, RuntimeError):
            return "a link to what is not there"
        if not target.is_relative_to(self.root):
            return "a link to the outside of the folder"
        return "a link to a folder, which is sent where it is" if target.is_dir() else ""

    # What goes where

    def _sort_by_type(self) -> None:
        everything, self.files = self.files, []
        self._note_sidecars(everything)
        for found in everything:
            if found.path.lower().endswith(CALENDARS):
                self._sort_calendar(found)
            elif found.path.lower().endswith(CONTACTS):
                self._sort_contacts(found)
            elif is_mail(found.path) or begins_as_mailbox(self.root / found.path):
                self._sort_mail(found)
            else:
                (self.media if is_photo_or_video(found.path) else self.files).append(found)
        holding = _with_parents(found.folder for found in self.files)
        used = _with_parents(found.folder for found in everything)
        holding |= _with_parents(path for path in self.folders if path not in used)  # empty ones are worth keeping
        self.folders = [path for path in self.folders if path in holding]

    def _sort_calendar(self, found: Found) -> None:
        """A calendar that says more than items can goes as a file, too; one that is none goes as a file."""
        try:
            calendar = self._calendar(found)
        except (NotACalendarError, OSError) as error:
            self.notes.append(f"{readable(found.path)}: sent as a file: it could not be read as a calendar ({error})")
            self.files.append(found)
            return
        self.calendars.append(found)
        self.events += calendar.count - 1
        self.notes += [f"{readable(found.path)}: {clipped(note)}" for note in calendar.notes]
        if losses := calendar.losses:
            problem = f"items have no place for {', '.join(losses)}"
            self.notes.append(f"{readable(found.path)}: sent as a file, too: {problem}")
            self.files.append(found)

    def _sort_contacts(self, found: Found) -> None:
        """What holds no vCard goes as a file."""
        try:
            contacts = self._contacts(found)
        except (NotContactsError, OSError) as error:
            self.notes.append(f"{readable(found.path)}: sent as a file: it could not be read as contacts ({error})")
            self.files.append(found)
            return
        self.contacts.append(found)
        self.contact_items += contacts.count
        if contacts.note:
            self.notes.append(f"{readable(found.path)}: {clipped(contacts.note)}")

    def _sort_mail(self, found: Found) -> None:
        """What holds no messages, or too large ones, goes as a file."""
        try:
            self.mail.take(MailFile(self.root / found.path, self._there(found.path)))
        except (NotMailError, OSError) as error:
            self.notes.append(f"{readable(found.path)}: sent as a file: it could not be read as mail ({error})")
            self.files.append(found)

    def _only_media(self) -> None:
        everything, self.files, self.folders = self.files, [], []
        self._note_sidecars(everything)
        self.media = [found for found in everything if is_photo_or_video(found.path)]
        if left_out := len(everything) - len(self.media):
            self.notes.append(f"{left_out} files are neither photos nor videos and are not sent")

    def _media_items(self) -> Iterator[OutgoingItem]:
        albums: dict[str, list[Found]] = defaultdict(list)
        for found in self.media:
            albums[found.folder].append(found)
        beside = {path: Sidecars(self.root / path, names) for path, names in self.sidecars.items()}
        facts = self._facts(beside)
        for path, media in albums.items():
            identifier = self._there(path) if path else None
            if identifier:
                said = beside[path].of_folder() if path in beside else None
                name = said.title if said else PurePosixPath(identifier).name
                description = said.description if said else None
                yield items.album(identifier, name, description or (identifier if identifier.count("/") > 1 else None))
            for found in media:
                of = facts.get(found.path, Facts())
                uploaded = moment(found.modified if of.taken is None else of.taken)
                attachment = self._attachment(found)
                said_of = (of.description, of.is_favorite, of.place)
                yield items.medium(identifier, found.name, uploaded, attachment, *said_of)

    def _facts(self, beside: dict[str, Sidecars]) -> dict[str, Facts]:
        """What is said of photos, and of those that are the same in several folders.

        A copy has a time of its own on disk. Sent with it, it would be another photo instead of one in two albums. So
        it has what is said of any of them, else the earliest time.
        """
        facts: dict[str, Facts] = {}
        alike: dict[tuple[str, int], list[Found]] = defaultdict(list)
        for found in self.media:
            if found.folder in beside and (said := beside[found.folder].of(found.name)) is not None:
                facts[found.path] = said
            alike[found.name, found.size].append(found)
        for group in alike.values():
            first, *others = sorted(group, key=lambda found: (*_unsaid(facts.get(found.path)), found.modified))
            if not others:
                continue
            of_first = facts.get(first.path, Facts())
            if of_first.taken is None:
                facts[first.path] = of_first = replace(of_first, taken=first.modified)
            for other in others:
                if facts.get(other.path, Facts()).taken is None and self._same(first, other):
                    facts[other.path] = of_first
        return facts

    def _note_sidecars(self, everything: list[Found]) -> None:
        for found in everything:
            if found.path.lower().endswith(SUFFIX):
                self.sidecars.setdefault(found.folder, []).append(os.path.basename(found.path))  # noqa: PTH119

    def _keep_sidecars(self) -> None:
        """Only those beside photos are looked into."""
        holding = {found.folder for found in self.media}
        self.sidecars = {path: names for path, names in self.sidecars.items() if path in holding}

    def _same(self, one: Found, other: Found) -> bool:
        try:
            return filecmp.cmp(self.root / one.path, self.root / other.path, shallow=False)
        except OSError:  # the one that cannot be read is reported when it is its turn
            return False


def _unsaid(facts: Facts | None) -> tuple[bool, bool]:
    """Whether nobody says when something was taken, and whether nothing is said of it at all."""
    return facts is None or facts.taken is None, facts is None


def _with_parents(paths: Iterator[str]) -> set[str]:
    """Every path that is given, and every path above."""
    every: set[str] = set()
    for path in paths:
        while path and path not in every:
            every.add(path)
            path = os.path.dirname(path)  # noqa: PTH120
    return every
