"""What lies in the storage, compared with what the database names: from a listing, without a request for each file."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.db.models import Max

from importers import above
from importers.content.storage import stored_entries
from importers.models import Content, InstallationId, PreparedKey, Thumbnail, Upload
from importers.models.installation_id import LOOKS_LIKE_ONE

KEYS_AT_ONCE = 500
FEW = 10  # files that a repair removes without a question...
FEW_OF_MANY = 0.01  # ...or this part of all, where that is more


@dataclass(frozen=True)
class ExpectedBytes:
    """What a row says that lies in the storage: the row's key, where, how many bytes, and their SHA-256."""

    pk: int
    key: str
    size: int
    sha256: str


class ListedRows:
    """Which rows of a model have a listed key, and of which size it is not the one that they say."""

    def __init__(self, model: type[Content] | type[Thumbnail], size: str) -> None:
        self._rows = model._default_manager
        self._size = size
        most = self._rows.aggregate(most=Max("pk"))["most"] or 0
        self._seen = bytearray(most // 8 + 1)  # a bit for each row: a set of many millions would take gigabytes
        self._other_sizes: dict[int, int] = {}

    def take(self, batch: Mapping[str, int]) -> set[str]:
        """Takes keys with their sizes. Returns which of them rows have."""
        found = set()
        for pk, key, size in self._rows.filter(storage_key__in=batch).values_list("pk", "storage_key", self._size):
            found.add(key)
            if pk // 8 < len(self._seen):
                self._seen[pk // 8] |= 1 << pk % 8
            if size != batch[key]:
                self._other_sizes[pk] = batch[key]
        return found

    def has(self, pk: int) -> bool:
        """Whether the row's key was listed. One that came since then was not."""
        place, bit = divmod(pk, 8)
        return place < len(self._seen) and bool(self._seen[place] & 1 << bit)

    def size_of(self, expected: ExpectedBytes) -> int:
        """How many bytes a row's key was listed with."""
        return self._other_sizes.get(expected.pk, expected.size)


class Listing:
    """What was found, once it has been read.

    `strays`: keys of this installation that nothing refers to. `left_alone`: how many nothing here refers to that are
    not known to be this installation's, by their first folder; those that don't look like an installation's under "".
    """

    def __init__(self) -> None:
        self.count = 0
        self.strays: list[str] = []
        self.left_alone: Counter[str] = Counter()
        self.contents = ListedRows(Content, "size")
        self.thumbnails = ListedRows(Thumbnail, "bytes")
        self._own = InstallationId.known() + "/"
        self._read()

    def is_much(self) -> bool:
        """Whether so many files have nothing that refers to them that it may be the database that is wrong."""
        few = max(FEW, int(self.count * FEW_OF_MANY))
        return len(self.strays) > few or (len(self.strays) > 1 and len(self.strays) == self.count)

    def _read(self) -> None:
        batch: dict[str, int] = {}
        for key, size in stored_entries(default_storage):
            batch[key] = size
            if len(batch) == KEYS_AT_ONCE:
                self._take(batch)
                batch = {}
        self._take(batch)

    def _take(self, batch: dict[str, int]) -> None:
        known = _known(list(batch)) | self.contents.take(batch) | self.thumbnails.take(batch)
        for key in batch:
            if key in known:
                self.count += 1
            elif key.startswith(self._own):
                self.count += 1
                self.strays.append(key)
            else:
                folder = key.partition("/")[0]
                self.left_alone[folder if LOOKS_LIKE_ONE.fullmatch(folder) else ""] += 1


def _known(keys: list[str]) -> set[str]:
    """Which of these keys something refers to that is neither content nor a thumbnail yet, or never will be.

    Uploads are asked before content is: one that ends between the two questions is content by the second. So is what
    lies under a prepared key, which may become an upload, or a thumbnail, before that.
    """
    known = set(PreparedKey.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    known |= set(Upload.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    return known | {key for keeper in above.keepers for key in keeper.knows(keys)}


def known_keys(keys: list[str]) -> set[str]:
    """Which of these keys anything refers to."""
    known = _known(keys)
    for rows in (Content.objects, Thumbnail.objects):
        known |= set(rows.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    return known


def remove(strays: list[str]) -> Iterator[str]:
    """Removes what nothing refers to even now, and yields its keys."""
    for begin in range(0, len(strays), KEYS_AT_ONCE):
        keys = strays[begin : begin + KEYS_AT_ONCE]
        known = known_keys(keys)
        for key in keys:
            if key not in known:
                default_storage.delete(key)
                yield key
