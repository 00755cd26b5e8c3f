"""All messages in one file, as mail programs on a disk have them: `mboxrd` (RFC 4155, and the quoting of qmail's
mbox(5)), in which every message can be read back to the byte, but for the line end that its last line may lack; or a
file for each."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from importers.content.storage import STORAGE_CHUNK
from importers.content.stored import Incomplete, open_at
from importers.documents.document import STORED_COLUMNS, StoredBytes
from importers.documents.snapshot import Snapshot
from importers.formats.format import FileNames, Format, FormatBytes, StoredFile
from importers.verticals.mail.models import EML_SUFFIX as SUFFIX
from importers.verticals.mail.models import MailMessage, eml_name

FILE = "All mail.mbox"
ROWS_AT_ONCE = 2_000
NOBODY = "MAILER-DAEMON"  # as mailboxes call a sender whom nobody knows
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONGEST_QUOTES = 64 * 1024  # that may be the beginning of a line like the one that begins a message
_FROM = re.compile(rb"\n(>*From )")
_MAY_BE_FROM = re.compile(rb">*(?:F(?:r(?:o(?:m)?)?)?)?")
_ADDRESS = re.compile(r"[^<>\s@]+@[^<>\s@]+")


def mailbox(snapshot: Snapshot) -> Iterator[tuple[str, FormatBytes]]:
    """Yields name and bytes of the one file that all messages are in, but for those in the bin, if there are any."""
    if has_any(snapshot):
        yield FILE, _messages(snapshot)


def _rows(snapshot: Snapshot) -> QuerySet[MailMessage]:
    found = snapshot.of(MailMessage, owner_id=snapshot.owner.pk, trashed_at=None, content__isnull=False)
    return found.order_by(snapshot.by_code_points("doc_id"), "pk")


def _messages(snapshot: Snapshot) -> Iterator[bytes]:
    columns = ("sender", "sent_at", "received_at", "content__storage_key", "content__size")
    rows = _rows(snapshot).values_list(*columns)
    for sender, sent, received, key, size in rows.iterator(chunk_size=ROWS_AT_ONCE):
        yield from message(sender, sent or received, _stored(key, size))


def _stored(key: str, size: int) -> Iterator[bytes]:
    with closing(open_at(key, 0, size)) as stored:
        while size:
            chunk = stored.read(min(STORAGE_CHUNK, size))
            if not chunk:
                raise Incomplete(f"{size} bytes are missing in {key}")
            size -= len(chunk)
            yield chunk


def message(sender: str, at: datetime, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yields a message as it stands in a mailbox: the line that begins it, the message with its lines like that one
    quoted, and an empty line. `sender`: as columns have it."""
    found = _ADDRESS.search(sender)
    address = found[0] if found and found[0].isascii() else NOBODY
    day = f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at.day:2} {at:%H:%M:%S} {at.year:04}"
    yield f"From {address} {day}\n".encode()
    held, last = b"", b"\n"  # what may be the beginning of such a line, and what stands before it
    for chunk in chunks:
        text = held + chunk
        line = text.rfind(b"\n") + 1
        is_whole = line or last == b"\n"
        may_go_on = is_whole and len(text) - line <= LONGEST_QUOTES and _MAY_BE_FROM.fullmatch(text, line)
        end = line if may_go_on else len(text)
        quoted = last + text[:end]
        # Most have no such line, which is known at the speed of memory.
        yield (_FROM.sub(rb"\n>\1", quoted) if b"From " in quoted else quoted)[1:]
        held, last = text[end:], quoted[-1:]
    yield held  # which has not become one
    yield b"\n" if (last + held).endswith(b"\n") else b"\n\n"


def eml(snapshot: Snapshot) -> Iterator[tuple[str, FormatBytes]]:
    """Yields name and bytes of every message, but for those in the bin."""
    names = FileNames()
    columns = ("subject", "sent_at", *STORED_COLUMNS)
    for subject, sent, *stored in _rows(snapshot).values_list(*columns).iterator(chunk_size=ROWS_AT_ONCE):
        name = eml_name(sent, subject).removesuffix(SUFFIX)
        yield names.titled(name, SUFFIX), StoredFile(StoredBytes(*stored), sent)


def has_any(snapshot: Snapshot) -> bool:
    """Whether there is a message that is not in the bin, and whose bytes have come."""
    return _rows(snapshot).exists()


MBOX = Format(
    "mbox",
    "application/mbox",
    "Mail",
    mailbox,
    _("Mailbox (mbox)"),
    _("For Thunderbird, Apple Mail and most others; all messages in one file."),
    has_any=has_any,
    in_archives=False,
)
EML = Format(
    "eml",
    "message/rfc822",
    "Mail",
    eml,
    _("Messages (eml)"),
    _("For any mail program; a file per message."),
    has_any=has_any,
    in_archives=False,
)
