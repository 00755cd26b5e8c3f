"""How far a part of an archive is read, as its row says."""

from dataclasses import dataclass

from accounts.sizes import LARGEST_COLUMN
from moves.imports.sources.seeking import Skipping
from moves.models import ImportPart

POSITION_COLUMNS = ("offset", "entries", "etag", "size", "files_count", "files_size", "first_file", "ends_at")


@dataclass
class FilesSoFar:
    """The files and earlier versions of a part so far, as their documents say: bytes, also of the first one."""

    count: int = 0
    size: int = 0
    first: int | None = None

    def add(self, size: int | None) -> None:
        """One more, of so many bytes if that is known."""
        known = min(size or 0, LARGEST_COLUMN)
        if self.first is None:
            self.first = known
        self.count += 1
        self.size = min(self.size + known, LARGEST_COLUMN)


class PartPosition:
    """How far a part is read: where the next run goes on, and what an earlier one has counted.

    `entries`: how many were read, with those of earlier runs. `ends_at`: where the last one of them ends. `resumes`:
    whether the next run can go on anywhere but at the beginning.
    """

    def __init__(self, row: ImportPart, stream: Skipping) -> None:
        self._row = row
        self._stream = stream
        goes_on = stream.begun_at == row.offset
        self.resumes = stream.resumes
        self.entries = row.entries if goes_on else 0
        self.ends_at = stream.begun_at
        self.files = FilesSoFar()
        if goes_on and row.offset:
            self.files = FilesSoFar(row.files_count, row.files_size, row.first_file)
        self._next_run = self.ends_at, self.entries  # place and number of the first entry that it reads
        # Where an archive can only be read from its beginning again, or was sent so, what comes before this place was
        # counted. One that has become another archive, as its etag tells, is counted anew.
        is_another = row.etag and stream.etag and stream.etag != row.etag
        self._counted_until = row.offset if goes_on or not is_another or row.fetched_again else 0

    def is_counted(self, at: int) -> bool:
        """Whether an earlier run has counted the entry at this place, and said what is to be said of it."""
        return at < self._counted_until

    def go_on_at(self, at: int) -> None:
        """The next run goes on at this place: what came before it is in the batch."""
        self._next_run = at, self.entries

    def update_row(self) -> dict[str, object]:
        """Lets the row, in memory, say how far it is. Returns what of it must be written."""
        row, (at, entries) = self._row, self._next_run
        row.offset = max(at, self._counted_until)
        row.etag, row.size = (self._stream.etag if self.resumes else ""), self._stream.size
        if not self.is_counted(at):  # before that, the row tells of more
            row.files_count, row.files_size, row.first_file = self.files.count, self.files.size, self.files.first
            row.ends_at, row.entries = self.ends_at, entries
        return {name: getattr(row, name) for name in POSITION_COLUMNS}


class ReorderedPosition:
    """How far a part is placed that is in another order than exports have: in steps from where that was seen, `step`
    being the one that is next. Those before `done` were taken, counted and told of by an earlier run, whose order of
    steps was the same."""

    def __init__(self, row: ImportPart, order: str) -> None:
        self._row = row
        self._order = order
        self._from = row.ordered_from or 0
        self.done = max(0, row.offset - self._from) if row.ordered_by in ("", order) else 0
        self.step = 0
        self.files = FilesSoFar(row.files_count, row.files_size, row.first_file)
        self.resumes = False
        self.etag = ""
        self.size: int | None = None

    def begin_again(self) -> None:
        """Nothing of it was taken: it has become another archive."""
        self._from = self.done = self.step = 0
        self.files = FilesSoFar()

    @property
    def is_done(self) -> bool:
        """Whether an earlier run has taken the step that is next."""
        return self.step < self.done

    def is_counted(self, at: int) -> bool:
        """Whether what is to be said now was said by an earlier run, wherever in the archive the entry is."""
        return self.is_done

    def update_row(self) -> dict[str, object]:
        """Lets the row, in memory, say how far it is. Returns what of it must be written."""
        row = self._row
        row.offset = row.entries = max(self.step, self.done)
        row.offset += self._from
        row.ordered_from, row.ordered_by, row.fetched_again = self._from, self._order, True
        row.etag, row.size = (self.etag if self.resumes else ""), self.size
        row.files_count, row.files_size, row.first_file = self.files.count, self.files.size, self.files.first
        return {name: getattr(row, name) for name in (*POSITION_COLUMNS, "ordered_from", "ordered_by", "fetched_again")}
