"""What follows an entry of a streamed zip: its CRC-32 and its sizes (APPNOTE section 4.3.9)."""

from struct import Struct
from typing import NamedTuple

from moves.archives.incoming.records import DESCRIPTOR, FOLLOWERS
from moves.archives.incoming.source import ReadAhead

# With and without signature, with sizes of four and of eight bytes: nothing says which, and all are out there.
LAYOUTS = tuple((signature, Struct(layout)) for signature in (DESCRIPTOR, b"") for layout in ("<3L", "<LQQ"))
LONGEST_DESCRIPTOR = 24
FOUR_BYTES = 0xFFFFFFFF


class Descriptor(NamedTuple):
    """Sizes in bytes."""

    crc32: int
    packed: int
    size: int


def read(source: ReadAhead, packed: int, size: int | None) -> tuple[Descriptor, bool] | None:
    """Returns the descriptor that stands at this place, behind an entry that has `packed` bytes and unpacks to `size`
    (None where nobody could unpack it), and whether these are what it says. None where there is no descriptor.

    Of the four layouts it is the one whose sizes are right and behind which a header follows; or, where it lies about
    the sizes, the one behind which a header follows. Raises `ArchiveCut`.
    """
    if source.ahead(LONGEST_DESCRIPTOR + 4) < LONGEST_DESCRIPTOR + 4:  # at least a directory must follow
        raise source.cut()
    held, pos = source.held, source.pos
    follows: tuple[Descriptor, int] | None = None
    agrees: tuple[Descriptor, int] | None = None
    for signature, layout in LAYOUTS:
        length = len(signature) + layout.size
        if not held.startswith(signature, pos):
            continue
        found = Descriptor(*layout.unpack_from(held, pos + len(signature)))
        most = FOUR_BYTES if layout.size == 12 else -1
        right = found.packed == packed & most and (size is None or found.size == size & most)
        followed = held[pos + length : pos + length + 4] in FOLLOWERS
        if right and followed:
            source.pos = pos + length
            return Descriptor(found.crc32, packed, found.size if size is None else size), True
        if right and agrees is None:
            agrees = Descriptor(found.crc32, packed, found.size if size is None else size), length
        if followed and follows is None:
            follows = found, length
    best = agrees or follows
    if best is None:
        return None
    source.pos = pos + best[1]
    return best[0], best is agrees
