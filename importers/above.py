"""What floors above this one keep of their own, and say on its pages.

This floor knows none of them: each says it here when it starts.
"""

from collections.abc import Callable
from typing import Protocol

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


keepers: list[Keeper] = []
kept_bytes: list[Callable[[User], int]] = []  # each returns how many bytes of a person's use it keeps
home_boxes: list[Callable[[HttpRequest], SafeString | None]] = []  # each returns a box of the front page, or None
