"""Everything that `make run` starts is killed, in an order that `FAULTS_SEED` chooses: it is started again, and nothing
that is periodic dies with it."""

import os
import random
import re
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor import read_procfile
from tests.e2e.periodic import assert_periodic_work_goes_on
from tests.e2e.servers import Server, eventually
from tests.support.checkout import CHECKOUT

pytestmark = pytest.mark.faults
SEED = int(os.environ.get("FAULTS_SEED", "0")) or secrets.randbits(32)
ROUNDS = 2  # in which each is killed once


class Supervised:
    """An installation that is run as `make run` does it."""

    def __init__(self, server: Server) -> None:
        self._said = server.folder / "supervisor.log"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "supervisor.py"],
                cwd=CHECKOUT,
                env=server.environment,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def numbers(self, name: str) -> list[int]:
        """The numbers of all processes that were started by this name, the one that lives last."""
        return [int(number) for number in re.findall(rf"(?m)^{name} .*with process number (\d+)", self.said)]

    @property
    def said(self) -> str:
        return self._said.read_text(errors="replace")


def test_whatever_is_killed_is_started_again_and_nothing_periodic_dies(tmp_path: Path) -> None:
    print(f"FAULTS_SEED={SEED}")  # noqa: T201  (shown where it fails)
    lots, names = random.Random(SEED), list(read_procfile(CHECKOUT / "Procfile"))  # noqa: S311
    server = Server(tmp_path / "wharf", "127.0.0.5", {"DJANGO_SETTINGS_MODULE": "tests.e2e.restless"})
    server.install()
    run = Supervised(server)
    try:
        server.wait_until_up()
        assert_periodic_work_goes_on(server)
        for name in [name for _ in range(ROUNDS) for name in lots.sample(names, len(names))]:
            before = eventually(name, lambda name=name: run.numbers(name))
            os.kill(before[-1], signal.SIGKILL)
            eventually(f"{name} again", lambda name=name, before=before: len(run.numbers(name)) > len(before))
        server.wait_until_up()
        assert_periodic_work_goes_on(server)
        run.process.terminate()
        assert run.process.wait(60) == 0
    finally:
        run.process.kill()
    assert run.said.count("was ended by SIGKILL") == ROUNDS * len(names)
