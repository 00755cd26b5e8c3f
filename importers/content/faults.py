"""Errors of the storage, of which whoever counts them is told."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

READ, WRITE, DELETE, LIST, ASK = "read", "write", "delete", "list", "ask"
ERRORS = (OSError, BotoCoreError, ClientError)

_told: list[Callable[[str], None]] = []


def tell_of_errors(whom: Callable[[str], None]) -> None:
    """From now on `whom` is called with what was tried, one of the names above, each time that fails."""
    _told.append(whom)


class StorageCall:
    """A context around something that a storage is asked to do. What is not there is an error only for whoever reads
    it: it should be."""

    __slots__ = ("tried",)

    def __init__(self, tried: str) -> None:
        self.tried = tried

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None or not isinstance(error, ERRORS):
            return
        if isinstance(error, FileNotFoundError) and self.tried != READ:
            return
        for whom in _told:
            whom(self.tried)
