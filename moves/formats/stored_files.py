"""The bytes of a format's file, wherever they come from."""

import time
from collections.abc import Generator, Iterator
from datetime import datetime

from accounts.dates import unix_seconds
from importers.content.stored import SpoolReading
from importers.formats.format import FormatBytes, StoredFile
from moves.archives.archive import EntryBody
from moves.archives.entry import Entry

NO_DOCUMENTS = SpoolReading("")  # a stored file is read by its own key
GATHERED = 256 * 1024  # bytes that are handed on together


def bytes_of(name: str, content: FormatBytes) -> Generator[bytes]:
    """Yields the bytes of a file. Raises `EntryMissing` before the last of them where stored ones are missing, or
    others than those that came."""
    if isinstance(content, StoredFile):
        yield from EntryBody(entry_of(name, content, 0), NO_DOCUMENTS).checked()
    else:
        yield from content


def bytes_of_one(files: Iterator[tuple[str, FormatBytes]]) -> Generator[bytes]:
    """Yields the bytes of the only file of these. Raises `EntryMissing`."""
    for name, content in files:
        yield from bytes_of(name, content)


def entry_of(name: str, file: StoredFile, at: int) -> Entry:
    """Returns the entry of a stored file that begins at this byte of a zip."""
    key, encoded = file.stored.key.encode(), name.encode()
    modified = seconds_of(file.modified)
    return Entry(encoded, file.stored.size, file.stored.crc32, modified, key, 0, at, 0, 0, stamped=True)


def seconds_of(modified: datetime | None) -> int:
    """Returns a time in seconds since the epoch; now where there is none, or none that a zip can say."""
    if modified is None or not 1980 <= modified.year < 2038:
        return int(time.time())
    return unix_seconds(modified)


def gathered(pieces: Iterator[bytes], size: int = GATHERED) -> Iterator[bytes]:
    """Yields the same bytes, many small pieces as one."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= size:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)
