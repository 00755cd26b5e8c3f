"""How far a job is, on standard error: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from tqdm import tqdm

from importers.sending.connection import Watcher
from importers.sending.items import OutgoingItem
from importers.sending.report import in_bytes
from importers.sending.shown import shown

LINE_EVERY = 10.0  # seconds between lines where there is no terminal


class SendingProgress(Watcher):
    """Counts items and bytes. The plain one says nothing."""

    def __init__(self, items: int, size: int) -> None:
        self.items = items
        self.size = size
        self.items_done = 0
        self.size_done = 0
        self.size_of_attempt = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def attempt(self) -> None:
        self.size_of_attempt = 0
        self.show()

    def sent(self, count: int) -> None:
        self.size_of_attempt += count
        self.show()

    def retry(self, item: OutgoingItem, reason: str, pause: float) -> None:
        self.say(f"{item.label}: {reason}; once more in {pause:.1f} s")

    def done(self) -> int:
        """An item is through, or given up. Returns the bytes that went out in the last attempt."""
        size, self.size_of_attempt = self.size_of_attempt, 0
        self.size_done += size
        self.items_done += 1
        self.show()
        return size

    def show(self) -> None:
        """Called whenever something moved."""

    def say(self, line: str) -> None:
        """Something that is worth a line of its own."""


class ProgressBar(SendingProgress):
    """A bar with bytes, speed, what is left, and items."""

    def __init__(self, items: int, size: int, stream: TextIO) -> None:
        super().__init__(items, size)
        self._stream = stream
        self._bar = tqdm(total=size, unit="B", unit_scale=True, file=stream, dynamic_ncols=True, leave=False)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def show(self) -> None:
        self._bar.set_postfix_str(f"{self.items_done:,}/{self.items:,} items", refresh=False)
        self._bar.update(self.size_done + self.size_of_attempt - self._bar.n)
        if not self.size:  # items without files do not move a bar of bytes
            self._bar.refresh()

    def say(self, line: str) -> None:
        self._bar.write(shown(line), file=self._stream)


class Lines(SendingProgress):
    """A line every ten seconds."""

    def __init__(self, items: int, size: int, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(items, size)
        self._stream = stream
        self._clock = clock
        self._began = self._said = clock()

    def show(self) -> None:
        now = self._clock()
        if now - self._said < LINE_EVERY:
            return
        self._said = now
        size = self.size_done + self.size_of_attempt
        rate = size / (now - self._began)
        left = f", about {(self.size - size) / rate:.0f} s left" if rate and size < self.size else ""
        self.say(
            f"{self.items_done:,} of {self.items:,} items, {in_bytes(size)} of {in_bytes(self.size)}, "
            f"{in_bytes(rate)}/s{left}"
        )

    def say(self, line: str) -> None:
        self._stream.write(f"{shown(line)}\n")
        self._stream.flush()


def progress_on(stream: TextIO, items: int, size: int, *, quiet: bool = False) -> SendingProgress:
    """What fits the stream: nothing if `quiet`, a bar on a terminal, lines elsewhere."""
    if quiet:
        return SendingProgress(items, size)
    return ProgressBar(items, size, stream) if stream.isatty() else Lines(items, size, stream)
