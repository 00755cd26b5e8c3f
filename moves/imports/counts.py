"""How far an import has come, and what is to be said of it."""

from collections import Counter
from dataclasses import dataclass, field

from django.conf import settings

from accounts.texts import kept_text
from importers.text import keepable
from moves.models import ArchiveImport, ReportEntry

LONGEST_REPORTED_NAME = 200  # characters of an entry's name in a report
LONGEST_SENTENCE = 600  # characters of what is said of it, with a name of it
MOST_DOCTYPES = 1_000  # that are counted each by its name
OTHER_DOCTYPES = kept_text("others")


@dataclass
class Counts:
    """The numbers of an import's row, in memory; sizes in bytes. `places`: how far each part was read;
    `checkpoints`: how far it need not be read again."""

    documents: int = 0
    files_count: int = 0
    files_size: int = 0
    doctypes: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    places: dict[int, int] = field(default_factory=dict)
    checkpoints: dict[int, int] = field(default_factory=dict)
    unwritten: list[ReportEntry] = field(default_factory=list)

    @classmethod
    def of(cls, archive_import: ArchiveImport) -> "Counts":
        """Returns them as the row has them."""
        return cls(
            archive_import.documents,
            archive_import.files_count,
            archive_import.files_size,
            Counter(archive_import.doctypes),
            Counter(archive_import.outcomes),
            Counter(archive_import.codes),
            dict(archive_import.parts.values_list("number", "offset")),
            dict(archive_import.parts.values_list("number", "offset")),
        )

    @property
    def reported(self) -> int:
        return self.codes.total()

    @property
    def bytes_read(self) -> int:
        return sum(list(self.places.values()))

    @property
    def progress(self) -> tuple[int, int]:
        """Returns another pair of numbers whenever something came that stays: what came before changes nothing."""
        return self.outcomes["created"] + self.outcomes["updated"], sum(self.checkpoints.values())

    def count(self, doctype: str, outcome: str) -> None:
        """Counts one more document, and what became of it."""
        self.documents += 1
        self.doctypes[self._counted_as(doctype)] += 1
        self.outcomes[outcome] += 1

    def change(self, before: str | None, outcome: str) -> None:
        """A document that was counted has become something else than was said."""
        if before is not None and self.outcomes[before]:
            self.outcomes[before] -= 1
            self.outcomes[outcome] += 1
            self.outcomes += Counter()  # which leaves out what there is none of

    def unsay(self, code: str) -> None:
        """One entry less of the report: it is no longer so."""
        self.codes[code] -= 1
        self.codes += Counter()

    def take_back(self, doctype: str, outcome: str) -> None:
        """Counts one document less, of those that were said: it comes again."""
        self.documents -= 1
        self.doctypes[self._counted_as(doctype)] -= 1
        self.outcomes[outcome] -= 1
        self.codes[outcome] -= 1
        for counter in (self.doctypes, self.outcomes, self.codes):
            for name in [name for name, number in counter.items() if number <= 0]:
                del counter[name]

    def _counted_as(self, doctype: str) -> str:
        """Returns the name that a doctype counts by: an archive may have any number of them, of any length."""
        name = doctype[:LONGEST_REPORTED_NAME]
        return name if name in self.doctypes or len(self.doctypes) < MOST_DOCTYPES else OTHER_DOCTYPES

    def say(self, code: str, sentence: str, entry: str = "", doctype: str = "", doc_id: str = "") -> None:
        """Puts one more entry into the report."""
        if self.reported < settings.WHARF_IMPORT_MOST_LISTED:
            texts = {"entry": _in_its_middle(entry), "doctype": doctype[:255], "doc_id": doc_id[:255]}
            self.unwritten.append(
                ReportEntry(code=code[:32], sentence=keepable(sentence)[:LONGEST_SENTENCE], **_keepable(texts))
            )
        self.codes[code[:32]] += 1

    def say_no_more(self, code: str) -> None:
        """Counts one more entry of the report, which is not listed."""
        self.codes[code[:32]] += 1

    def columns(self) -> dict[str, object]:
        """Returns what is written into the row."""
        return {
            "documents": self.documents,
            "files_count": self.files_count,
            "files_size": self.files_size,
            "doctypes": dict(self.doctypes),
            "outcomes": dict(self.outcomes),
            "codes": dict(self.codes),
            "reported": self.reported,
            "bytes_read": self.bytes_read,
        }

    def write_report(self, archive_import: ArchiveImport) -> None:
        """Puts what is to be said beside the row, in the caller's transaction."""
        for entry in self.unwritten:
            entry.archive_import = archive_import
            entry.pk = None
        ReportEntry.objects.bulk_create(self.unwritten, batch_size=500)

    def report_is_written(self) -> None:
        """Must follow `write_report` once its transaction is there for good."""
        self.unwritten.clear()


def _in_its_middle(name: str) -> str:
    """Returns a name that is cut where it tells least, so that one still sees which file it is."""
    half = LONGEST_REPORTED_NAME // 2
    return name if len(name) <= LONGEST_REPORTED_NAME else f"{name[: half - 1]}…{name[-half:]}"


def _keepable(texts: dict[str, str]) -> dict[str, str]:
    return {name: keepable(text) for name, text in texts.items()}
