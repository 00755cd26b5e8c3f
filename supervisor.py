"""Starts what the Procfile names, and starts again what dies.

`python -P supervisor.py [PROCFILE]`. What a process writes comes with its name in front of each line. A process that
has ended, however it did, is started again: after a second, and after twice as long each time that it does not live for
a minute. SIGTERM and Ctrl-C stop all of them: each is told once and has `WHARF_STOP_WITHIN` seconds, then it is killed.

It imports nothing of this project and little else: it is there all the time, and costs what it has imported.
"""

import ctypes
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

STOP_WITHIN = 30.0  # seconds in which a process may end what it does; the server gives uploads 20
LIVES = 60.0  # seconds after which a process is well, and the next pause is short again
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before a process is started again
LOOK_EVERY = 0.5  # seconds, should a signal get lost
LONGEST_LINE = 64 * 1024  # bytes, after which a line is shown in pieces
COLOURS = ("36", "33", "32", "35", "34", "96", "93", "92", "95", "94")
ENDED_WELL, KILLED = 0, 1  # exit codes: everything had ended when it was told to, or something had to be killed
PR_SET_PDEATHSIG = 1  # of prctl(2)

Say = Callable[[str, str], None]  # who, and what


def read_procfile(path: Path) -> dict[str, str]:
    """Returns the commands of a Procfile by their names, in its order, each a simple command of a shell. Comments and
    empty lines say nothing."""
    found = {}
    for line in path.read_text().splitlines():
        if match := re.fullmatch(r"([A-Za-z0-9_-]+):\s*(.+)", line):
            found[match[1]] = match[2]
    return found


class SupervisedProcess:
    """One process of the Procfile, as often as it has to be started."""

    def __init__(self, name: str, command: str, say: Say) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self._command = command
        self._say = say
        self._began = 0.0  # on the monotonic clock, and so is...
        self.starts_at = 0.0
        self._pause = FIRST_PAUSE
        self._line = b""

    def start(self) -> None:
        """Starts it, or says why that is not possible now: then it has a pause as if it had ended."""
        self._began = time.monotonic()
        try:
            # A process group of its own: Ctrl-C reaches the supervisor, which stops everything in order.
            self.process = subprocess.Popen(  # noqa: S602  (the operator's own file, and a shell as Procfiles have it)
                f"exec {self._command}",
                shell=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        except OSError as error:  # no memory, no process numbers
            self._say(self.name, f"can't be started now: {error}")
            self._rest()
            return
        os.set_blocking(self.output.fileno(), False)
        self._say(self.name, f"started with process number {self.process.pid}")

    @property
    def output(self) -> IO[bytes]:
        """What it writes, while it lives and until that was read."""
        assert self.process is not None and self.process.stdout is not None  # noqa: S101
        return self.process.stdout

    def read(self) -> bool:
        """Shows the whole lines of what has come. Returns False when nothing comes any more."""
        try:
            piece = os.read(self.output.fileno(), LONGEST_LINE)
        except BlockingIOError:
            return True
        *lines, self._line = (self._line + piece).split(b"\n")
        if not piece or len(self._line) > LONGEST_LINE:
            lines, self._line = [*lines, self._line] if self._line else lines, b""
        for line in lines:
            self._say(self.name, line.decode(errors="replace"))
        return bool(piece)

    def has_ended(self) -> bool:
        """Whether it has ended just now; then it is said how."""
        if self.process is None or self.process.poll() is None:
            return False
        while _is_ready(self.output.fileno()) and self.read():
            pass  # its last words
        code = self.process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        lived = time.monotonic() - self._began
        if lived > LIVES:
            self._pause = FIRST_PAUSE
        self._rest()
        self._say(self.name, f"{how} after {lived:.0f} s")
        return True

    def _rest(self) -> None:
        self.starts_at = time.monotonic() + self._pause
        self._pause = min(LONGEST_PAUSE, self._pause * 2)

    @property
    def pause(self) -> float:
        return max(0.0, self.starts_at - time.monotonic())

    def tell(self, number: int) -> None:
        """Sends a signal: SIGTERM to the process, SIGKILL to it and all that it began."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                (os.killpg if number == signal.SIGKILL else os.kill)(self.process.pid, number)


class Supervisor:
    """All processes of a Procfile. `stop_within`: seconds between SIGTERM and SIGKILL."""

    def __init__(self, commands: dict[str, str], stop_within: float = STOP_WITHIN) -> None:
        self._width = max(map(len, (*commands, "supervisor")))
        self._colours = dict(zip(commands, COLOURS * len(commands), strict=False)) if sys.stdout.isatty() else {}
        self._children = [SupervisedProcess(name, command, self._say) for name, command in commands.items()]
        self._stop_within = stop_within
        self._stops: list[int] = []  # the signals that told it to
        self._looks = selectors.DefaultSelector()
        self._woken, self._wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self) -> int:
        """Returns the exit code, when everything has been stopped."""
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda which, _: self._stops.append(which))
        signal.signal(signal.SIGCHLD, lambda *_: None)  # so that it wakes
        self._looks.register(self._woken, selectors.EVENT_READ)
        while not self._stops:
            for child in self._children:
                if child.process is None and not child.pause:
                    self._begin(child)
            self._turn()
        return self._stop()

    def _begin(self, child: SupervisedProcess) -> None:
        child.start()
        if child.process is not None:
            self._looks.register(child.output, selectors.EVENT_READ, child)

    def _turn(self) -> None:
        """Waits for something to come, shows it, and sees who has ended."""
        for key, _ in self._looks.select(LOOK_EVERY):
            if key.data is None:
                with suppress(BlockingIOError):
                    os.read(self._woken, 1024)
            elif not key.data.read():
                self._looks.unregister(key.fileobj)
        for child in self._children:
            if child.has_ended():
                self._forget(child)
                if not self._stops:
                    self._say("supervisor", f"{child.name} is started again in {child.pause:.0f} s")

    def _forget(self, child: SupervisedProcess) -> None:
        with suppress(KeyError):
            self._looks.unregister(child.output)
        child.output.close()
        child.process = None

    def _stop(self) -> int:
        """Tells all to end, and waits. A second Ctrl-C waits no longer."""
        self._say("supervisor", f"stops, within {self._stop_within:.0f} s")
        ends = time.monotonic() + self._stop_within
        for child in self._children:
            child.tell(signal.SIGTERM)
        code, told = ENDED_WELL, False
        while any(child.process for child in self._children):
            if not told and (time.monotonic() > ends or self._stops.count(signal.SIGINT) > 1):
                code, told = KILLED, True
                for child in self._children:
                    if child.process is not None:
                        self._say("supervisor", f"{child.name} has not ended, and is killed")
                        child.tell(signal.SIGKILL)
            self._turn()
        return code

    def _say(self, who: str, what: str) -> None:
        name = f"{who:<{self._width}} |"
        if colour := self._colours.get(who):
            name = f"\033[{colour}m{name}\033[0m"
        with suppress(OSError):  # whoever read this is gone; the processes are not
            print(name, what, flush=True)  # noqa: T201


def _end_with_parent() -> None:
    """Where the supervisor is killed, the kernel tells its children to end (Linux): nobody would start them again."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _is_ready(descriptor: int) -> bool:
    with selectors.DefaultSelector() as looks:
        looks.register(descriptor, selectors.EVENT_READ)
        return bool(looks.select(0))


def main() -> int:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "Procfile")
    commands = read_procfile(path)
    if not commands:
        sys.exit(f"{path} names no process.")
    return Supervisor(commands, float(os.environ.get("WHARF_STOP_WITHIN", STOP_WITHIN))).run()


if __name__ == "__main__":
    sys.exit(main())
