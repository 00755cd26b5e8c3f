"""The broker that is a folder, for several processes at once.

kombu's own writes a message where others already look for it, so that one who is quick reads half of it and its worker
ends (celery/kombu#1551); it keeps the list of queues the same way. Here a file has its name only when it is
whole.
"""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path
from queue import Empty
from time import monotonic_ns
from typing import Any
from uuid import uuid4

from kombu.transport import filesystem
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

log = logging.getLogger("wharf.broker")


class Channel(filesystem.Channel):
    """Messages are files in one folder; whoever renames one first has it."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # the stubs lag behind
        name = f"{monotonic_ns() // 1_000_000}_{uuid4()}.{queue}.msg"
        _write(Path(self.data_folder_out) / name, payload)

    def _get(self, queue: str) -> Any:  # type: ignore[override]
        """The oldest message of a queue. Raises `Empty`."""
        folder = Path(self.data_folder_in)
        for name in sorted(path.name for path in folder.iterdir()):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f".taken-{name}"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # another worker was quicker
            body = taken.read_bytes()
            taken.unlink()
            try:
                return loads(bytes_to_str(body))
            except ValueError:
                log.error("a message was not readable; the periodic tasks find what it was about")
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str) -> None:
        value = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with _locked(self.control_folder):
            bound = self.get_table(exchange)
            if value not in bound:
                _write(self._table_of(exchange), [value, *bound])

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *_: Any, **__: Any) -> None:
        self._purge(queue)
        value = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with _locked(self.control_folder):
            bound = self.get_table(exchange)
            if value in bound:
                _write(self._table_of(exchange), [other for other in bound if other != value])

    def _table_of(self, exchange: str) -> Path:
        """The file with an exchange's queues; kombu checks the name."""
        path: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # the stubs don't know it
        return path


class Transport(filesystem.Transport):
    """kombu's transport with the channel above."""

    Channel = Channel


def _write(path: Path, body: Any) -> None:
    """A file that is whole as soon as it has its name."""
    descriptor, unfinished = tempfile.mkstemp(prefix=".unfinished-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(str_to_bytes(dumps(body)))
        Path(unfinished).rename(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(unfinished).unlink()
        raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Holds a folder's lock, between processes."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as file:
        flock(file, LOCK_EX)
        yield
