"""`make run`: what dies is started again, and said; what is stopped may end what it does."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from supervisor import read_procfile
from tests.support.checkout import CHECKOUT
from tests.support.waiting import eventually

Start = Callable[..., "Running"]


class Running:
    """A supervisor that runs, and what it has said so far."""

    def __init__(self, folder: Path, procfile: str, stop_within: float) -> None:
        (folder / "Procfile").write_text(procfile)
        self._said = folder / "said"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-P", CHECKOUT / "supervisor.py", "Procfile"],
                cwd=folder,
                env=os.environ | {"WHARF_STOP_WITHIN": str(stop_within)},
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self._said.read_text()

    def says(self, text: str) -> None:
        eventually(lambda: text in self.said)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as ends:

        def begin(procfile: str, stop_within: float = 20) -> Running:
            running = Running(tmp_path, procfile, stop_within)
            ends.callback(running.process.kill)
            return running

        yield begin


def test_what_dies_is_started_again_whatever_it_died_of(start: Start) -> None:
    running = start("sick: sh -c 'echo was here; exit 3'\nwell: sh -c 'echo here, too; exec sleep 60'\n# a comment\n")
    running.says("sick       | ended with exit code 3")
    running.says("supervisor | sick is started again in 1 s")
    running.says("supervisor | sick is started again in 2 s")
    assert running.said.count("sick       | was here") >= 2
    assert running.said.count("well       | here, too") == 1
    number = int(running.said.partition("well       | started with process number ")[2].split()[0])
    os.kill(number, signal.SIGKILL)
    running.says("well       | was ended by SIGKILL")
    eventually(lambda: running.said.count("well       | here, too") == 2)
    assert running.stop() == 0


def test_a_stop_leaves_them_time_to_end_and_shows_their_last_words(start: Start) -> None:
    command = "trap 'sleep 1; echo has ended; exit 0' TERM; echo is there; while true; do sleep 0.1; done"
    running = start(f'slow: sh -c "{command}"\n')
    running.says("is there")
    assert running.stop() == 0
    assert "slow       | has ended" in running.said
    assert "slow       | ended with exit code 0" in running.said


@pytest.mark.parametrize("signals", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)], ids=["time-out", "ctrl-c"])
def test_what_does_not_end_is_killed_with_all_that_it_began(
    start: Start, signals: tuple[int, ...], tmp_path: Path
) -> None:
    stubborn = "trap '' TERM; sleep 60 & echo $! > begun; echo is there; while true; do sleep 0.1; done"
    running = start(f'stubborn: sh -c "{stubborn.replace("$", chr(92) + "$")}"\n', 1 if len(signals) == 1 else 60)
    running.says("is there")
    for number in signals[:-1]:
        running.process.send_signal(number)
        running.says("stops, within")
    assert running.stop(signals[-1]) == 1
    assert "stubborn has not ended, and is killed" in running.said
    begun = int((tmp_path / "begun").read_text())
    eventually(lambda: not Path(f"/proc/{begun}").exists() or "Z" in Path(f"/proc/{begun}/stat").read_text().split()[2])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_nothing_outlives_a_supervisor_that_is_killed(start: Start) -> None:
    running = start("well: sleep 60\n")
    running.says("started with process number")
    number = int(running.said.partition("process number ")[2].split()[0])
    running.process.kill()
    running.process.wait()
    eventually(lambda: not Path(f"/proc/{number}").exists())


def test_the_procfiles_of_the_project_start_the_same_server() -> None:
    small = read_procfile(CHECKOUT / "Procfile")
    assert next(iter(small)) == "web"
    assert all("${VENV:-.venv}/bin/python" in command for command in small.values())
