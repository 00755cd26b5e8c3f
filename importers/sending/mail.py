"""Messages on a disk: `.eml` files, and mailboxes (`mbox`, of any of its kinds), read message by message."""

import codecs
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from importers.sending.items import OutgoingItem

LARGEST = 70 * 1024 * 1024  # bytes of a message, which takes a third more in base64; a server takes 96 MiB
SUFFIXES, MAILBOX = (".eml", ".mbox"), "mbox"
# What begins a message: whoever wrote the mailbox, there is a time in it.
_FROM = re.compile(rb"From .*\d{1,2}:\d\d.*\d{4}.*")
# The same with somebody's address, which no sentence begins with: some programs write no empty line before it.
_FROM_SOMEBODY = re.compile(rb"From (?:\S+@\S+|-|MAILER-DAEMON) +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b.*\d:\d\d.*\d{4}.*")
_HEADER = re.compile(rb"[!-9;-~]+:")  # RFC 5322, section 2.2
LONGEST_BEGIN = 1_000  # bytes of a line that is looked at to tell a mailbox
_QUOTED = re.compile(rb">+From ")


class NotMailError(Exception):
    """The file holds no message, whatever its name says, or one that is too large for an item."""


def is_mail(path: str) -> bool:
    """Returns whether the name of a file says that there are messages in it."""
    name = PurePosixPath(path).name.lower()
    return name.endswith(SUFFIXES) or name == MAILBOX


def begins_as_mailbox(path: Path) -> bool:
    """Returns whether a file whose name has no suffix is a mailbox by its first two lines, as Thunderbird has them. A
    file that can't be read is none."""
    if path.suffix:
        return False
    try:
        with path.open("rb") as stream:
            first = stream.readline(LONGEST_BEGIN).removeprefix(codecs.BOM_UTF8)
            return bool(_FROM.match(first) and _HEADER.match(stream.readline(LONGEST_BEGIN)))
    except OSError:
        return False


@dataclass(frozen=True)
class MailFile:
    """A file of messages. `there`: its path at the destination."""

    path: Path
    there: str

    @property
    def is_mailbox(self) -> bool:
        return self.path.suffix.lower() != ".eml"

    @property
    def folder(self) -> tuple[str, str]:
        """The identifier and the name of the folder that its messages are in: a mailbox is one itself."""
        path = PurePosixPath(self.there)
        if not self.is_mailbox or path.name.lower() == MAILBOX:  # as in Inbox.mbox/mbox
            path = path.parent
        return str(path), path.stem if path.suffix.lower() == ".mbox" else path.name

    def messages(self) -> Iterator[bytes]:
        """Yields its messages. Raises `OSError`."""
        with self.path.open("rb") as stream:
            if self.is_mailbox:
                yield from mailbox(stream)
            else:
                yield stream.read()

    def count(self) -> int:
        """Returns how many there are. Raises `NotMailError` and `OSError`."""
        if not self.is_mailbox:
            size = self.path.stat().st_size
            if not 0 < size <= LARGEST:
                raise NotMailError("it is empty" if not size else "it is larger than a message may be")
            return 1
        number = 0
        for message in self.messages():
            if len(message) > LARGEST:
                raise NotMailError("it holds a message that is larger than one may be")
            number += bool(message)
        if not number:
            raise NotMailError("there is no message in it")
        return number

    def items(self) -> Iterator[OutgoingItem]:
        """Yields an item for each of them."""
        identifier, _ = self.folder
        for number, message in enumerate(filter(None, self.messages()), 1):
            payload = {
                "@type": "MailMessageModel",
                "rawString": urlsafe_b64encode(message).decode(),
                "containerIds": [identifier],
            }
            label = f"message {number} of {self.there}" if self.is_mailbox else self.there
            yield OutgoingItem("mail", label, payload)


def mailbox(stream: BinaryIO) -> Iterator[bytes]:
    """Yields the messages of a mailbox, without the line that begins each, the quotes before lines like that, and the
    empty line behind it."""
    lines: list[bytes] = []
    is_begun, is_behind_empty = False, True
    for line, following in pairwise(chain(_without_mark(stream), [b""])):
        begins = _FROM.match(line) if is_behind_empty else _FROM_SOMEBODY.match(line) and _HEADER.match(following)
        if begins:
            if is_begun:
                yield _joined(lines)
            lines, is_begun, is_behind_empty = [], True, False
            continue
        is_behind_empty = line in (b"\n", b"\r\n")
        if is_begun:
            lines.append(line[1:] if line[:1] == b">" and _QUOTED.match(line) else line)
        elif not is_behind_empty:
            return  # it is none
    if is_begun:
        yield _joined(lines)


def _without_mark(stream: BinaryIO) -> Iterator[bytes]:
    """Yields the lines of a file, without the mark of UTF-8 that some editors begin it with."""
    for number, line in enumerate(stream):
        yield line.removeprefix(codecs.BOM_UTF8) if not number else line


def _joined(lines: list[bytes]) -> bytes:
    return b"".join(lines[:-1] if lines and lines[-1] in (b"\n", b"\r\n") else lines)


@dataclass
class OutgoingMail:
    """All files of messages that are to be sent, and how many items they become, with the folders of these."""

    files: list[MailFile] = field(default_factory=list)
    messages: int = 0

    def take(self, file: MailFile) -> None:
        """Takes one along. Raises `NotMailError` and `OSError`."""
        self.messages += file.count()
        self.files.append(file)

    @property
    def folders(self) -> dict[str, str]:
        """The names of the folders, by their identifiers."""
        return dict(file.folder for file in self.files)

    @property
    def count(self) -> int:
        """How many items there are."""
        return len(self.folders) + self.messages

    def items(self) -> Iterator[OutgoingItem]:
        """Yields folders, then messages."""
        for identifier, name in self.folders.items():
            payload = {"@type": "MailContainerModel", "id": identifier, "name": name or "Mail"}
            yield OutgoingItem("mail", f"mail folder {name or identifier}", payload)
        for file in self.files:
            yield from file.items()
