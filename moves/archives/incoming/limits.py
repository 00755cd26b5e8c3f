"""How much an archive may bring, and how much it has brought."""

from dataclasses import dataclass

from django.conf import settings

from accounts.texts import kept_text
from moves import watch
from moves.archives.incoming.errors import ArchiveRefused

TOO_MANY_ENTRIES = kept_text("The archive has more than %(most)s entries, which is all that this server takes.")
ARCHIVE_SWELLS = kept_text("The archive unpacks to more than %(times)s times its size, as only an attack does.")
TOO_MANY_BYTES = kept_text("The archive brings more than %(most)s bytes, which is all that this server takes.")

FREE = 64 * 1024 * 1024  # bytes that an entry may swell to whatever its ratio: text packs well
LARGEST_ENTRY = 2**60  # bytes; an entry that says more is cut just the same, and the place behind it fits in a column
FREE_OVER_ALL = 4 * FREE  # bytes; what nobody takes of one refused entry is gone through, and counts


@dataclass(frozen=True, slots=True)
class Limits:
    """`most_bytes`: of all entries, unpacked, 0 for no limit (the quota has one). `most_ratio`: unpacked to packed."""

    most_entries: int
    most_bytes: int
    most_ratio: int
    largest_document: int

    @classmethod
    def configured(cls) -> "Limits":
        """Returns them as the settings say."""
        return cls(
            settings.WHARF_IMPORT_MOST_ENTRIES,
            settings.WHARF_IMPORT_MOST_BYTES,
            settings.WHARF_IMPORT_MOST_RATIO,
            settings.WHARF_IMPORT_LARGEST_DOCUMENT,
        )

    def swells(self, packed: int, unpacked: int, free: int = FREE) -> bool:
        """Whether this much out of so little is more than what honest data packs to."""
        return unpacked > free + self.most_ratio * packed


@dataclass(slots=True)
class ArchiveTally:
    """What an import has brought so far, over all of its parts: entries, and bytes packed and unpacked; `announced` are
    those of them of which a document has said how many they are."""

    entries: int = 0
    packed: int = 0
    unpacked: int = 0
    announced: int = 0

    def add_entry(self, limits: Limits) -> None:
        """Counts one more entry. Raises `ArchiveRefused`."""
        self.entries += 1
        if self.entries > limits.most_entries:
            raise ArchiveRefused(
                "too_many_entries",
                TOO_MANY_ENTRIES % {"most": limits.most_entries},
            )

    def add_bytes(self, limits: Limits, unpacked: int, packed: int) -> None:
        """Counts so many more bytes out of the archive, of whose current entry `packed` bytes were read. Raises
        `ArchiveRefused`."""
        self.unpacked += unpacked
        watch.came(unpacked)
        swollen = self.unpacked - self.announced
        if swollen > FREE_OVER_ALL and limits.swells(self.packed + packed, swollen, FREE_OVER_ALL):
            raise ArchiveRefused(
                "archive_swells",
                ARCHIVE_SWELLS % {"times": limits.most_ratio},
            )
        if limits.most_bytes and self.unpacked > limits.most_bytes:
            raise ArchiveRefused(
                "too_many_bytes",
                TOO_MANY_BYTES % {"most": limits.most_bytes},
            )
