"""A program that the bench has started, listening on a port of this machine."""

import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"
PATIENCE = 60.0  # seconds that one request to it may take
STARTS_WITHIN = 60.0  # seconds
STOPS_WITHIN = 10.0  # seconds; after that it is killed


class StartError(Exception):
    """A program did not start, or ended by itself. The message has what it said last."""


class Process:
    """Runs `command` for the time of a `with` block, in a session of its own, so that Ctrl-C ends the bench first."""

    def __init__(
        self, command: Sequence[str], port: int, folder: Path, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.command = command
        self.port = port
        self.folder = folder
        self.log = log
        self.environment = environment

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_listening()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _wait_until_listening(self) -> None:
        give_up = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < give_up:
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection((LOOPBACK, self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        said = self.log.read_text("utf-8", "replace").strip().splitlines()[-5:]
        raise StartError(f"{Path(self.command[0]).name} does not answer on its port: {' / '.join(said)}")

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Background(Process):
    """One that listens at no port."""

    def _wait_until_listening(self) -> None:
        return


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
