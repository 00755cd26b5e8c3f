"""What kind of archive it is, by its first bytes."""

from collections.abc import Iterator

from moves.archives.incoming import tars, zips
from moves.archives.incoming.entry import IncomingEntry
from moves.archives.incoming.errors import NotAnArchive
from moves.archives.incoming.gzips import GZIP, Gunzipped
from moves.archives.incoming.headers import BLOCK
from moves.archives.incoming.limits import Limits, Tally
from moves.archives.incoming.records import END, END64, ENTRY, LISTED, SPLIT
from moves.archives.incoming.source import CHUNK, Source, Stream

ZIP = (ENTRY, END64, END)  # what a zip begins with; the latter two where it is empty
INSIDE = (*ZIP, LISTED)  # what stands behind an entry of one


def entries(
    stream: Stream, *, offset: int = 0, limits: Limits | None = None, tally: Tally | None = None
) -> Iterator[IncomingEntry]:
    """The entries of the archive that `stream` gives from `offset` on; see the description of the package."""
    limits = limits or Limits.configured()
    tally = tally or Tally()
    source = Source(stream, offset)
    have = source.ahead(BLOCK)
    if not have and not offset:
        raise NotAnArchive("empty", "It is empty.")
    if have < 4:
        raise source.cut()
    begin = source.held[:4]
    if begin in (INSIDE if offset else ZIP):
        yield from zips.entries(source, limits, tally)
    elif tars.begins(source):
        yield from tars.entries(source, limits, tally)
    elif begin.startswith(GZIP) and not offset:
        yield from _gunzipped(source, limits, tally)
    elif begin in SPLIT:
        raise NotAnArchive("split", "It is one of several files of a split zip. Put them together to one zip.")
    elif ENTRY in source.held:
        raise NotAnArchive(
            "bytes_before",
            "It has other bytes before its first entry, like a zip that unpacks itself. Unpack it and pack it again.",
        )
    else:
        raise NotAnArchive("not_an_archive", "It is neither a zip nor a tar.")


def _gunzipped(source: Source, limits: Limits, tally: Tally) -> Iterator[IncomingEntry]:
    inner = Source(Gunzipped(source, limits), 0)
    inner.ahead(BLOCK)
    if not tars.begins(inner):
        raise NotAnArchive("not_an_archive", "What is in the gzip is no tar.")
    yield from tars.entries(inner, limits, tally, resumable=False)
    inner.ahead(CHUNK)  # to the end of the gzip, where its checksum stands
