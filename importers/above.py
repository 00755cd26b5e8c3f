"""What floors above this one keep of their own, and say on its pages.

This floor knows none of them: each says it here when it starts.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.models import User
from importers.models import Content


class Keeper(Protocol):
    """Whoever needs stored bytes that no record holds any more, or stores some of its own."""

    def needed(self, contents: list[Content]) -> set[int]:
        """Returns the keys of those of these contents, which no record holds, that must stay."""

    def knows(self, keys: list[str]) -> set[str]:
        """Returns which of these keys in the storage are its own."""

    def purge(self) -> dict[str, int]:
        """Removes what has expired. Returns what was done, by name."""


class LaterReader(Protocol):
    """Whoever keeps what nobody could read, and some of which becomes records when somebody can."""

    def begin(self) -> None:
        """Lets everything be looked at again."""

    def waiting(self) -> int:
        """Returns how much has still to be looked at."""

    def pieces(self, at_once: int) -> Iterator[Any]:
        """Works, and yields a `Piece` of importers/rereading/job.py after each transaction."""


@dataclass(frozen=True)
class RereadStep:
    """Rows that are no records, and are read again by a mark of their own, when records have been. `rows`: all of them,
    with what reading them needs; `read` takes some of them, and returns how many say something else now."""

    model: type[Model]
    rows: Callable[[], QuerySet[Any]]
    read: Callable[[list[Any]], int]


@dataclass(frozen=True)
class Need:
    """Something of which a person should know: a sentence, and where to go about it, in words. `bad`: it can't wait."""

    sentence: str
    words: str
    address: str
    bad: bool = False


keepers: list[Keeper] = []
kept_bytes: list[Callable[[User], int]] = []  # each returns how many bytes of a person's use it keeps
later_readers: list[LaterReader] = []
reread_steps: list[RereadStep] = []
home_boxes: list[Callable[[HttpRequest], SafeString | None]] = []  # each returns a box of the front page, or None
bin_rests: list[Callable[[User], datetime | None]] = []  # each returns until when a bin is not emptied by itself
needs: list[Callable[[User], Iterable[Need]]] = []  # each yields what the front page says that needs a person

# Filters of the operator's list of transfers, by what floors above know of them.
transfer_filters: list[type[Any]] = []
