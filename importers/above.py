"""What floors above this one keep of their own, and say on its pages.

This floor knows none of them: each says it here when it starts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.models import User
from importers.models import Content


class Keeper(Protocol):
    """Whoever needs stored bytes that no record holds any more, or stores some of its own."""

    def needs(self, content: Content) -> bool:
        """Returns whether this content, which no record holds, must stay."""

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


keepers: list[Keeper] = []
kept_bytes: list[Callable[[User], int]] = []  # each returns how many bytes of a person's use it keeps
later_readers: list[LaterReader] = []
reread_steps: list[RereadStep] = []
home_boxes: list[Callable[[HttpRequest], SafeString | None]] = []  # each returns a box of the front page, or None
