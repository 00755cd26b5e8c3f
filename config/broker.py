"""The broker that is a folder, for several processes at once.

kombu's own writes a message where others already look for it, so that one who is quick reads half of it and its worker
ends (celery/kombu#1551); it keeps the list of queues the same way. Here a file has its name only when it is
whole. And kombu's looks for messages once a second; here whoever puts one rings for all who wait.
"""

import logging
import os
import select
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path
from queue import Empty
from time import monotonic, monotonic_ns, sleep
from typing import Any
from uuid import uuid4

from kombu.transport import filesystem
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

log = logging.getLogger("wharf.broker")

BELLS = "bells"  # the folder of the pipes of those who wait for messages
LOOK_EVERY = 1.0  # seconds, should a ring ever get lost
MOST_RINGS = 4096  # that are taken together


class Channel(filesystem.Channel):
    """Messages are files in one folder; whoever renames one first has it."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # the stubs lag behind
        name = f"{monotonic_ns() // 1_000_000}_{uuid4()}.{queue}.msg"
        _write(Path(self.data_folder_out) / name, payload)
        ring(self.control_folder)

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
    """kombu's transport with the channel above, and a bell."""

    Channel = Channel
    _bell: "Bell | None" = None

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:
        """Delivers the next message, which is waited for until the bell rings. Raises `TimeoutError`."""
        ends = None if timeout is None else monotonic() + timeout
        client: Any = self.client
        cycle: Any = self.cycle
        if self._bell is None:
            self._bell = Bell(Path(client.transport_options["control_folder"]))
        while True:
            try:
                cycle.get(self._deliver, timeout=timeout)
                return
            except Empty:
                most = self.polling_interval or LOOK_EVERY
                left = most if ends is None else min(most, ends - monotonic())
                if left <= 0:
                    raise TimeoutError from None
                self._bell.wait(left)

    def close_connection(self, connection: Any) -> None:
        super().close_connection(connection)
        if self._bell is not None:
            self._bell.close()
            self._bell = None


class Bell:
    """A pipe with a name, which whoever puts a message rings by writing a byte into it. Where the folder takes no
    pipes, it never rings."""

    def __init__(self, control: Path) -> None:
        name = str(uuid4())
        self._path = control / BELLS / name
        self._path.parent.mkdir(parents=True, exist_ok=True)
        hung = control / f".{name}"  # where nobody rings yet: a bell that is not open would be removed
        self._pipe: int | None = None
        try:
            os.mkfifo(hung, 0o600)
            # Open for both, or it would seem to ring for ever once the first who rang has closed it.
            self._pipe = os.open(hung, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            hung.rename(self._path)
        except OSError:
            log.warning("the folder of the broker takes no pipes, so messages are looked for now and then")

    def wait(self, seconds: float) -> None:
        """Returns when it rings, or when the time is over."""
        if self._pipe is None:
            sleep(seconds)
        elif select.select([self._pipe], [], [], seconds)[0]:
            with suppress(BlockingIOError):
                os.read(self._pipe, MOST_RINGS)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        if self._pipe is not None:
            os.close(self._pipe)


def ring(control: Path) -> None:
    """Rings for all who wait. The bell of one who has died is removed."""
    for bell in (control / BELLS).glob("*"):
        try:
            pipe = os.open(bell, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # ENXIO: nobody has it open
            bell.unlink(missing_ok=True)
            continue
        try:
            with suppress(
                BlockingIOError, BrokenPipeError
            ):  # it is full, so it rings already; or it was closed just now
                os.write(pipe, b".")
        finally:
            os.close(pipe)


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
