"""Archives that come in: zip and tar, read once from the front to the back, whatever they claim.

    for entry in entries(stream, offset=0, limits=Limits.configured(), tally=tally):
        if entry.problem:                     # a value: code and sentence; its bytes can't be had
            report(entry.name, entry.problem)
        elif entry.folder:
            ...
        elif small:
            body = entry.whole(limits.largest_document)
        else:
            for chunk in entry.chunks(): ...

`stream` is anything with `.read(size) -> bytes` (fewer bytes than asked for are fine, none is the end) that has been
opened at `offset`, which is the beginning of the archive or the `next_at` (or `at`) of one of its entries.
`entries` sniffs what it is: a zip, a tar, a tar that is packed with gzip, bzip2 or xz. It goes forward only and holds a
few MiB, whatever comes, and what unpacking takes: at most the 64 MiB of `xz -9`.
Whatever is not read of an entry is skipped when the next one is asked for.

An `IncomingEntry` has
  `name`       its path in the archive. Safe (relative, no `..`, no drive, no NUL) unless there is a `problem`.
  `problem`    None, or why it can't be had: `Problem(code, sentence)`. Its bytes are skipped, and the rest is read on.
               An entry without a name that has a problem is a remark about the whole archive (the directory at the end
               tells of other entries than there are, for instance); such remarks come last, and their
               `at` is where the entries end. Never go on behind that: the end would be missing.
  `size`       bytes, None where only its end will tell (a zip that was streamed).
  `crc32`      as the archive says; None where only its end will tell, and in a tar, which has none (`has_crc32`).
  `compressed`, `folder`
  `at`         where in the archive its header is: `entries(stream opened there, offset=at)` begins with it again.
  `data_at`    where its bytes are; for a stored entry, byte n of it is at `data_at + n`.
  `next_at`    where the next one begins, to go on there after a break. Known when its bytes have been read or skipped
               (for most also before); None where one can't go on there: in a packed tar, begin at 0 and skip.

Its bytes, once, by one of
  `whole(most)`            all in one `bytes`, checked. Raises `EntryRefused` `document_too_large` beyond `most` bytes.
  `chunks()`               pieces of up to about 1 MiB (`memoryview` or `bytes`), checked: raises `EntryDamaged` instead
                           of ending where size or CRC-32 are others than the archive says. Don't let its record appear
                           before it has ended.
  `chunks(checked=False)`  the same, but the CRC-32 is left to whoever computes it anyway: as `uploads.receive` does.
                           Then `entry.confirm(received.crc32)` must follow, which raises `EntryDamaged`. Sizes are
                           still checked here.
  `skip_to(n, stream=None, crc32=0)` before one of those, only where `not compressed` and `size` is known: the first n
                           bytes are here already, and `crc32` is theirs. With `stream`, one that was opened at
                           `data_at + n`; without it, the n bytes are read and dropped.

What is raised is an `ArchiveError` with `.problem`, and nothing else (but what `stream.read` itself raises):
  `EntryDamaged`, `EntryRefused`    this entry only: go on with the next one.
  `ArchiveCut`        it ended before its end: fetch it again, from the last `next_at` where that is possible.
  `ArchiveDamaged`    it can't be read on from here. What came before is good.
  `ArchiveRefused`    more than the limits allow: entries, bytes, how far it swells.
  `NotAnArchive`      neither zip nor tar.

`Limits` come from the settings. A `ArchiveTally` counts over all parts of an import what the limits are compared with:
`entries`, `packed` and `unpacked` bytes. Keep the three numbers with the job, and hand them in again with the next
part.

A stream with a method `skip(size)` is asked to skip what nobody reads instead of reading it; one with a method
`sizes_at(at)` for what the directory of a zip says of an entry that doesn't say where it ends.
"""

from moves.archives.incoming.entry import EntryFacts, IncomingEntry
from moves.archives.incoming.errors import (
    ArchiveCut,
    ArchiveDamaged,
    ArchiveError,
    ArchiveRefused,
    EntryDamaged,
    EntryRefused,
    NotAnArchive,
    Problem,
)
from moves.archives.incoming.limits import ArchiveTally, Limits
from moves.archives.incoming.opening import entries
from moves.archives.incoming.source import ArchiveStream

__all__ = [
    "ArchiveCut",
    "ArchiveDamaged",
    "ArchiveError",
    "ArchiveRefused",
    "ArchiveStream",
    "ArchiveTally",
    "EntryDamaged",
    "EntryFacts",
    "EntryRefused",
    "IncomingEntry",
    "Limits",
    "NotAnArchive",
    "Problem",
    "entries",
]
