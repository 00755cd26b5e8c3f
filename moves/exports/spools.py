"""What a run of an export writes: documents one after the other, the index of all entries, and the manifest's lines.

All of it is in files without a name until it is whole, so that a killed run leaves nothing; then it is stored.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from json.encoder import encode_basestring
from tempfile import TemporaryFile
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage

from accounts.sizes import MIB
from importers.content.spool_file import spool_folder
from importers.documents.document import StoredBytes
from moves.archives import tars, zips
from moves.archives.entry import ENTRY_RECORD
from moves.exports.entries import KeptBody
from moves.models import Part, Spool

SPOOL_BUFFER = MIB
BETWEEN = b",\n"  # two lines of the manifest
encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
in_ascii = json.JSONEncoder(separators=(",", ":")).encode


def in_utf8(body: dict[str, Any]) -> bytes:
    """Returns a document's JSON. Half a character, which only an escape can say, is said by one."""
    try:
        return encoded(body).encode()
    except UnicodeEncodeError:
        return in_ascii(body).encode()


@dataclass
class Layout:
    """How far a part has come. All in bytes but `entries`."""

    number: int = 0
    first_entry: int = 0
    entries: int = 0
    zip_at: int = 0
    directory_size: int = 0
    tar_at: int = 0
    files_size: int = 0

    def add(self, name: bytes, size: int, *, stamped: bool) -> None:
        """Moves everything on behind one more entry."""
        self.entries += 1
        self.directory_size += zips.directory_record_size(name, size, self.zip_at, stamped=stamped)
        self.zip_at += zips.header_size(name, size, stamped=stamped) + size
        self.tar_at += tars.header_size(name, size) + tars.padded(size)

    def part(self) -> Part:
        """The row of the finished part."""
        return Part(
            number=self.number,
            first_entry=self.first_entry,
            entries=self.entries,
            files_size=self.files_size,
            directory_at=self.zip_at,
            directory_size=self.directory_size,
            zip_size=self.zip_at + self.directory_size + len(zips.end(self.entries, self.zip_at, self.directory_size)),
            tar_at_end=self.tar_at,
            tar_size=tars.total_size(self.tar_at),
        )


@dataclass
class HeldEntry:
    """Where an entry was put whose bytes are only known at the end."""

    name: bytes
    modified: int
    number: int
    name_at: int
    layout: Layout = field(repr=False)


class SpoolWriter:
    """Takes entries in the order in which they stand in the archives."""

    for_people = True

    def __init__(self) -> None:
        self._documents, self._index, self._names, self._lines, self._needed = (_unnamed() for _ in range(5))
        self._documents_at = self._names_at = 0
        self._entries = 0
        self._layout = Layout()
        self.parts: list[Part] = []

    @property
    def part_files_size(self) -> int:
        """Bytes of the files in the part that is being filled."""
        return self._layout.files_size

    @property
    def parts_count(self) -> int:
        """How many parts have ended."""
        return len(self.parts)

    def add_document(self, name: bytes, modified: int, body: bytes) -> None:
        """An entry with these bytes."""
        crc32, at = zlib.crc32(body), self._documents_at
        self._documents.write(body)
        self._documents_at += len(body)
        self._add(name, modified, len(body), crc32, at, b"", hashlib.sha256(body).hexdigest())

    def keep(self, body: bytes) -> KeptBody:
        """Keeps the bytes of an entry that comes later."""
        at = self._documents_at
        self._documents.write(body)
        self._documents_at += len(body)
        return KeptBody(at, len(body), zlib.crc32(body), hashlib.sha256(body).hexdigest())

    def add_kept(self, name: bytes, modified: int, kept: KeptBody) -> None:
        """An entry with bytes that were kept."""
        self._add(name, modified, kept.size, kept.crc32, kept.at, b"", kept.sha256)

    def add_pieces(self, name: bytes, modified: int, pieces: Iterable[bytes]) -> int:
        """An entry with the bytes of all pieces. Returns its size."""
        crc32, at, sha256 = 0, self._documents_at, hashlib.sha256()
        for piece in pieces:
            self._documents.write(piece)
            self._documents_at += len(piece)
            crc32 = zlib.crc32(piece, crc32)
            sha256.update(piece)
        self._add(name, modified, self._documents_at - at, crc32, at, b"", sha256.hexdigest())
        return self._documents_at - at

    def add_content(self, name: bytes, modified: int, stored: StoredBytes) -> None:
        """An entry with stored bytes, which stay where they are."""
        self.add_copy(name, modified, stored)
        self._layout.files_size += stored.size

    def add_copy(self, name: bytes, modified: int, stored: StoredBytes) -> None:
        """The same, of what doesn't count among the files."""
        self._add(name, modified, stored.size, stored.crc32, 0, stored.key.encode(), stored.sha256)

    def omit(self, name: bytes, size: int, sha256: str) -> None:
        """Only a line of the manifest, without a part: an entry that an earlier export carries."""
        self._lines.write(_line(None, name, size, sha256))

    def hold(self, name: bytes, modified: int) -> HeldEntry:
        """Keeps the last place of the first part for an entry that comes when all others are there. Ends the part."""
        held = HeldEntry(name, modified, self._entries, self._names_at, self._layout)
        self._index.write(bytes(ENTRY_RECORD.size))
        self._names.write(name)
        self._names_at += len(name)
        self._entries += 1
        self.end_part()
        return held

    def end_part(self) -> None:
        """Goes on to the next part."""
        self.parts.append(self._layout.part())
        self._layout = Layout(number=self._layout.number + 1, first_entry=self._entries)

    def add_held(self, held: HeldEntry, before: bytes, after: bytes) -> None:
        """The manifest: what it says of all, a line per entry, and its end."""
        at, crc32, layout = self._documents_at, 0, held.layout
        for piece in chain([before], _pieces_of(self._lines), [after]):  # of a million entries, it has 200 MB
            self._documents.write(piece)
            self._documents_at += len(piece)
            crc32 = zlib.crc32(piece, crc32)
        size = self._documents_at - at
        places = (layout.zip_at, layout.directory_size, layout.tar_at)
        self._index.seek(held.number * ENTRY_RECORD.size)
        stamped = zips.can_stamp(held.modified)
        facts = (held.modified, crc32, len(held.name), 0, stamped)
        self._index.write(ENTRY_RECORD.pack(at, held.name_at, size, *places, *facts))
        layout.add(held.name, size, stamped=stamped)
        self.parts[layout.number] = layout.part()

    def add_needed(self, contents: Iterable[int]) -> None:
        """The numbers of all content that must stay, in order; eight bytes each, so that one is found by halving."""
        for pk in contents:
            self._needed.write(pk.to_bytes(8, "big"))

    def store(self, keys: dict[str, str]) -> None:
        """Puts everything into the storage, under the keys of each kind of spool. Raises what the storage raises."""
        files = {
            Spool.Kind.DOCUMENTS: self._documents,
            Spool.Kind.INDEX: self._index,
            Spool.Kind.NAMES: self._names,
            Spool.Kind.NEEDED: self._needed,
        }
        for kind, file in files.items():
            file.flush()
            file.seek(0)
            default_storage.save(keys[kind], File(file))
            file.close()

    def close(self) -> None:
        """Lets go of everything."""
        for file in (self._documents, self._index, self._names, self._lines, self._needed):
            file.close()

    def _add(self, name: bytes, modified: int, size: int, crc32: int, at: int, key: bytes, sha256: str) -> None:
        layout = self._layout
        places = (layout.zip_at, layout.directory_size, layout.tar_at)
        stamped = zips.can_stamp(modified)
        facts = (modified, crc32, len(name), len(key), stamped)
        self._index.write(ENTRY_RECORD.pack(at, self._names_at, size, *places, *facts))
        self._names.write(name + key)
        self._names_at += len(name) + len(key)
        self._lines.write(_line(layout.number, name, size, sha256)[0 if self._entries else len(BETWEEN) :])
        self._entries += 1
        layout.add(name, size, stamped=stamped)


def _line(part: int | None, name: bytes, size: int, sha256: str) -> bytes:
    """What the manifest says of an entry, after what separates it from the one before."""
    number, path = "null" if part is None else part, encode_basestring(name.decode())
    return BETWEEN + f'{{"part":{number},"path":{path},"size":{size},"sha256":"{sha256}"}}'.encode()


def _unnamed() -> IO[bytes]:
    return TemporaryFile(dir=spool_folder(), buffering=SPOOL_BUFFER)


def _pieces_of(file: IO[bytes]) -> Iterable[bytes]:
    file.seek(0, os.SEEK_SET)
    while piece := file.read(SPOOL_BUFFER):
        yield piece
