"""How much memory a process takes while something happens."""

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

SAMPLED_EVERY = 0.01  # seconds
CHILDREN_EVERY = 1.0  # seconds; looking for them costs milliseconds


class Growth:
    """The most resident memory that a process and its children had during a `with` block, less what they had before."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="memory")

    def __enter__(self) -> Self:
        self._look_for_children()
        self._before = self._peak = self._resident()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    @property
    def bytes(self) -> int:
        """Known when the block has ended."""
        return self._peak - self._before

    def _sample(self) -> None:
        while not self._done.wait(SAMPLED_EVERY):
            if time.monotonic() - self._looked > CHILDREN_EVERY:
                self._look_for_children()
            self._peak = max(self._peak, self._resident())

    def _look_for_children(self) -> None:
        self._looked = time.monotonic()
        self._children = self._process.children(recursive=True)

    def _resident(self) -> int:
        total = int(self._process.memory_info().rss)
        for child in self._children:
            try:
                total += int(child.memory_info().rss)
            except psutil.NoSuchProcess:
                continue  # it has ended since
        return total


class OwnGrowth:
    """The most resident memory that this process has had since it was made, less what it had then.

    The kernel counts the peak (proc(5), `clear_refs` and `VmHWM`). `ru_maxrss` won't do: it begins with what the parent
    had when it started this process. What a process takes once, by importing modules and opening connections, should be
    there before.
    """

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")
        self._before = psutil.Process().memory_info().rss

    @property
    def bytes(self) -> int:
        """Until now."""
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 - self._before
        raise OSError("this kernel doesn't say the peak of a process's memory")
