"""What kind of archive it is, by its first bytes."""

from collections.abc import Iterator

from accounts.texts import kept_text
from moves.archives.incoming import tars, zips
from moves.archives.incoming.entry import IncomingEntry
from moves.archives.incoming.errors import NotAnArchive
from moves.archives.incoming.limits import ArchiveTally, Limits
from moves.archives.incoming.packings import Packing, UnpackedStream, packing_of
from moves.archives.incoming.records import CENTRAL_HEADER, END, END64, ENTRY, SPLIT
from moves.archives.incoming.source import ARCHIVE_CHUNK, ArchiveStream, ReadAhead
from moves.archives.tars import BLOCK

EMPTY_FILE = kept_text("It is empty.")
SPLIT_ZIP = kept_text("It is one of several files of a split zip. Put them together to one zip.")
OTHERS_BEFORE = kept_text(
    "It has other bytes before its first entry, like a zip that unpacks itself. Unpack it and pack it again."
)
NO_ARCHIVE = kept_text("It is neither a zip nor a tar.")
NO_TAR = kept_text("What is in the %(packing)s is no tar.")

ZIP = (ENTRY, END64, END)  # what a zip begins with; the latter two where it is empty
INSIDE = (*ZIP, CENTRAL_HEADER)  # what stands behind an entry of one


def entries(
    stream: ArchiveStream, *, offset: int = 0, limits: Limits | None = None, tally: ArchiveTally | None = None
) -> Iterator[IncomingEntry]:
    """Yields the entries of an archive, of which `stream` has the bytes from `offset` on; see the description of the
    package."""
    limits = limits or Limits.configured()
    tally = tally or ArchiveTally()
    source = ReadAhead(stream, offset)
    have = source.ahead(BLOCK)
    if not have and not offset:
        raise NotAnArchive("empty", EMPTY_FILE)
    if have < 4:
        raise source.cut()
    begin = source.held[:4]
    if begin in (INSIDE if offset else ZIP):
        yield from zips.entries(source, limits, tally)
    elif tars.begins(source):
        yield from tars.entries(source, limits, tally)
    elif not offset and (packing := packing_of(source.held[:BLOCK])) is not None:
        yield from _unpacked(source, packing, limits, tally)
    elif begin in SPLIT:
        raise NotAnArchive("split", SPLIT_ZIP, begin)
    elif ENTRY in source.held:
        raise NotAnArchive(
            "bytes_before",
            OTHERS_BEFORE,
            begin,
        )
    else:
        raise NotAnArchive("not_an_archive", NO_ARCHIVE, source.held[:BLOCK])


def _unpacked(source: ReadAhead, packing: Packing, limits: Limits, tally: ArchiveTally) -> Iterator[IncomingEntry]:
    inner = ReadAhead(UnpackedStream(source, packing, limits, tally), 0)
    inner.ahead(BLOCK)
    if not tars.begins(inner):
        raise NotAnArchive("no_tar_inside", NO_TAR % {"packing": packing.name}, inner.held[:BLOCK])
    yield from tars.entries(inner, limits, tally, resumable=False)
    inner.ahead(ARCHIVE_CHUNK)  # to the end of what is packed, where its checksum stands
