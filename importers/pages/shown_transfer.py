"""A transfer in plain words: the same on the front page, on its own page, and in the mail that tells of its end."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.db.models import CharField, QuerySet, prefetch_related_objects
from django.db.models.functions import Cast
from django.utils.translation import ngettext

from accounts.numbers import thousands
from importers import registry
from importers.models import Container, Rejection, Transfer, TransferCount
from importers.pages.kinds import all_pages
from importers.pages.refused import cause_of
from importers.pages.together import rows_together
from importers.registry import UNKNOWN
from importers.vertical import vertical

KINDS = 50  # paths of one transfer that are said
REFUSALS = 200  # rejections of one transfer that are read to say why


@dataclass(frozen=True)
class CameOfKind:
    """What came to one path, and where that is listed. `new`, `changed`, `known` and `kept`: items, by what became of
    them."""

    words: str
    address: str
    new: int
    changed: int
    known: int
    kept: int

    @property
    def number(self) -> int:
        """How many items it was in all."""
        return self.new + self.changed + self.known + self.kept


class ShownTransfer:
    """A transfer with what came in it, what was here already, what is kept as it came, and what was refused.

    Each is looked up when it is asked for, by bounded queries, however much it is.
    """

    def __init__(self, transfer: Transfer) -> None:
        self.transfer = transfer

    @cached_property
    def kinds(self) -> list[CameOfKind]:
        """What came to each path."""
        counts = sorted(self.transfer.counts.all(), key=lambda one: one.vertical)
        return came_of_kinds(self.transfer, counts[:KINDS])

    @property
    def known(self) -> str:
        """The sentence on what was here already; empty where nothing was."""
        number = sum(kind.known for kind in self.kinds)
        if not number:
            return ""
        sentence = ngettext(
            "%(number)s of them was here already, and is kept once.",
            "%(number)s of them were here already, and are kept once.",
            number,
        )
        return sentence % {"number": thousands(number)}

    @cached_property
    def kept(self) -> str:
        """The sentence on what nobody here can tell yet what it is; empty where that is nothing."""
        number = self._still_kept
        if not number:
            return ""
        sentence = ngettext(
            "%(number)s of them is kept whole, just as it came: this server can’t tell yet what it is.",
            "%(number)s of them are kept whole, just as they came: this server can’t tell yet what they are.",
            number,
        )
        return sentence % {"number": thousands(number)}

    @property
    def kept_address(self) -> str:
        """Where that is listed."""
        return _listed(UNKNOWN, self.transfer)

    @cached_property
    def _still_kept(self) -> int:
        """Others have become records of their kind since."""
        counted = sum(kind.kept for kind in self.kinds)
        model = vertical(UNKNOWN).kinds[0].model
        mine = model._default_manager.filter(transfer=self.transfer, trashed_at=None)
        return mine[:counted].count() if counted else 0

    @property
    def open_refusals(self) -> QuerySet[Rejection]:
        """What was refused and has not come since. Tries of the same item are one."""
        return Rejection.objects.filter(transfer=self.transfer, made_good_at=None)

    @cached_property
    def number_refused(self) -> int:
        """How many items were refused and have not come since, as far as anything is kept of them."""
        read = sum(number for number, _ in self.refused)
        return self.open_refusals.count() if read == REFUSALS else read

    @cached_property
    def refused(self) -> list[tuple[int, str]]:
        """How many items were refused and have not come since, by the sentence that says why."""
        if not self.transfer.rejected:
            return []
        return _by_sentence(self.open_refusals.order_by("-pk").values_list("code", "reason")[:REFUSALS])

    @cached_property
    def _number_counted(self) -> int:
        return sum(one.times for one in self.transfer.counted_refusals.all()) if self.transfer.rejected else 0

    @cached_property
    def counted(self) -> str:
        """The sentence on refusals of which only the number is kept; empty where there are none."""
        number = self._number_counted
        if not number:
            return ""
        sentence = ngettext(
            "%(number)s more attempt was refused, of which only the number is kept: this account has as long a list of "
            "what was refused as this server keeps.",
            "%(number)s more attempts were refused, of which only the number is kept: this account has as long a list "
            "of what was refused as this server keeps.",
            number,
        )
        return sentence % {"number": thousands(number)}


def came_of_kinds(transfer: Transfer, counts: Iterable[TransferCount]) -> list[CameOfKind]:
    """Returns what a transfer brought to each path, by its counts."""
    return [
        CameOfKind(
            str(settings.WHARF_VERTICALS.get(count.vertical, count.vertical)),
            _listed(count.vertical, transfer),
            count.created,
            count.updated,
            count.unchanged,
            count.kept,
        )
        for count in counts
        if count.created + count.updated + count.unchanged + count.kept
    ]


def read_together(shown: list[ShownTransfer]) -> None:
    """Looks up what came in these transfers, and what was refused, by one statement each however many there are."""
    prefetch_related_objects([one.transfer for one in shown], "counts")
    refusing = [one for one in shown if one.transfer.rejected]
    texts = [one.open_refusals.order_by("-pk").values_list("code", "reason")[:REFUSALS] for one in refusing]
    times = [one.transfer.counted_refusals.values_list("code", Cast("times", CharField())) for one in refusing]
    rows: list[list[tuple[str, str]]] = [[] for _ in (*texts, *times)]
    for number, (code, said) in rows_together([*texts, *times]):
        rows[number].append((code, said))
    for number, one in enumerate(refusing):
        one.refused = _by_sentence(rows[number])
        one._number_counted = sum(int(said) for _, said in rows[len(refusing) + number])


def _by_sentence(refusals: Iterable[tuple[str, str]]) -> list[tuple[int, str]]:
    numbers: dict[str, int] = {}
    for code, reason in refusals:
        sentence = str(cause_of(code, reason).why)
        numbers[sentence] = numbers.get(sentence, 0) + 1
    return [(number, sentence) for sentence, number in numbers.items()]


def _listed(path: str, transfer: Transfer) -> str:
    """Returns the address of what a transfer brought to this path, by its main kind."""
    line = registry.VERTICALS.get(path)
    of_vertical = [pages for pages in all_pages() if pages.vertical.folder == (line.folder if line else UNKNOWN)]
    own = [pages for pages in of_vertical if pages.place[1] == path]
    main = [pages for pages in of_vertical if pages.kind.heading and not issubclass(pages.kind.model, Container)]
    return f"{(own or main or of_vertical)[0].list_address}?transfer={transfer.pk}"
