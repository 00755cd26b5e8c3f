"""Processes are killed at random, for minutes, while everything happens that can: what was acknowledged is there, once.

`make test-faults` goes on for `FAULTS_SECONDS`; `FAULTS_SEED` chooses what is killed when, and tests/e2e/services.py
says on which services.
"""

import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import httpx
import pytest

from tests.e2e.crossing import Crossing
from tests.e2e.held import PROCESSES, Pair, pair_in
from tests.e2e.moving import entries
from tests.e2e.periodic import assert_periodic_work_goes_on
from tests.e2e.servers import Server, eventually
from tests.e2e.services import services
from tests.support.checkout import CHECKOUT
from tests.support.exporter import BOUNDARY, file_item, related

pytestmark = pytest.mark.faults
SECONDS = float(os.environ.get("FAULTS_SECONDS", "0"))
SEED = int(os.environ.get("FAULTS_SEED", "0")) or secrets.randbits(32)
VICTIMS = (*PROCESSES, "beat")
MOVES = max(3, int(SECONDS / 40))
ENDS_WITHIN = 300.0  # seconds, once nobody is killed any more


class Killer:
    """Kills a process every few seconds, and starts it again."""

    def __init__(self, servers: tuple[Server, ...]) -> None:
        self.lots = random.Random(SEED)  # noqa: S311
        self.killed: list[str] = []
        self._servers = servers
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(60)
        for server in self._servers:
            if dead := [name for name in VICTIMS if name not in server.processes]:
                server.start(*dead)

    def _run(self) -> None:
        while not self._ended.wait(self.lots.uniform(1, 6)):
            server = self.lots.choice(self._servers)
            name = self.lots.choice([*VICTIMS, "child"])
            self.killed.append(f"{server.folder.name} {name}")
            if name == "child":
                self._kill_child(server)
            else:
                server.kill(name)
                self._ended.wait(self.lots.uniform(0, 3))
                server.start(name)

    def _kill_child(self, server: Server) -> None:
        """One of the processes that live while they work on an archive, if there is one now."""
        parent = server.processes["archives"].pid
        children = Path(f"/proc/{parent}/task/{parent}/children")
        with suppress(OSError):
            if numbers := [int(number) for number in children.read_text().split()]:
                os.kill(self.lots.choice(numbers), signal.SIGKILL)


class Sender:
    """An exporter that sends one file and one post after the other, each until it is acknowledged."""

    def __init__(self, server: Server, token: str) -> None:
        self.acknowledged: list[str] = []
        self._server = server
        self._token = token
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            name = f"file {len(self.acknowledged)}.txt"
            body = related(file_item(name), f"the content of {name}".encode() * 1000)
            with suppress(httpx.TransportError):  # it is sent again, as an exporter does
                answer = httpx.post(
                    f"{self._server.url}/import/blobs",
                    content=body,
                    headers={
                        "Authorization": f"Bearer {self._token}",
                        "Content-Type": f"multipart/related; boundary={BOUNDARY}",
                    },
                    timeout=30,
                )
                if answer.status_code in (200, 201):
                    self.acknowledged.append(name)
                else:
                    assert answer.status_code == 503, answer.text

    def assert_all_is_there_once(self, owner: str) -> None:
        rows = self._server.rows(
            "SELECT f.name FROM importers_file f JOIN accounts_user u ON u.id = f.owner_id WHERE u.username = ?", owner
        )
        found = [row[0] for row in rows if row[0].startswith("file ")]
        assert len(found) == len(set(found))
        assert set(self.acknowledged) <= set(found)
        assert len(found) <= len(self.acknowledged) + 1  # the last one may have been taken, and its answer lost


def bring(server: Server, name: str, archives: list[Path], lots: random.Random) -> None:
    """Imports archives by a command that is killed a few times."""
    for _ in range(3):
        command = [sys.executable, "manage.py", "import_archive", name, *map(str, archives)]
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=server.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        with suppress(subprocess.TimeoutExpired):
            process.wait(lots.uniform(1, 6))
        process.kill()
        process.wait()
    server.manage("import_archive", name, *map(str, archives), timeout=300)


def move(crossings: list[Crossing], pause: float) -> None:
    for one in crossings:
        one.confirm()
        time.sleep(pause)


def test_whatever_is_killed_what_was_acknowledged_is_there_once(tmp_path: Path) -> None:
    print(f"FAULTS_SEED={SEED}")  # noqa: T201  (shown where it fails)
    with services() as found, pair_in(tmp_path / "pair", VICTIMS, "tests.e2e.restless", found) as pair:
        both = tuple(place.server for place in pair.both)
        kept, *moving = pair.some(MOVES + 1)
        tokens = [place.people(["sender"])["sender"]["token"] for place in pair.both]
        pair.source.server.manage("export_account", kept.name, "--output", str(tmp_path / "out"), timeout=300)
        with Killer(both) as killer:
            ends = time.monotonic() + SECONDS
            with Sender(both[0], tokens[0]) as first, Sender(both[1], tokens[1]) as second:
                move(moving, SECONDS / 2 / len(moving))
                bring(both[1], kept.name, sorted((tmp_path / "out").glob("*.zip")), random.Random(SEED))  # noqa: S311
                time.sleep(max(0.0, ends - time.monotonic()))
        print(killer.killed)  # noqa: T201
        _assert_whole(pair, moving, tmp_path, kept)
        for sender in (first, second):
            assert len(sender.acknowledged) > SECONDS / 20
            sender.assert_all_is_there_once("sender")


def _assert_whole(pair: Pair, moving: list[Crossing], folder: Path, kept: Crossing) -> None:
    for one in moving:
        if not one.has_ended and one.states[0] == "requested":
            one.confirm()  # the server was killed before it knew that the link was opened
    for one in moving:
        eventually(f"the end of {one.name}", lambda one=one: one.has_ended, ENDS_WITHIN)
        one.assert_ended_well()
    assert entries(pair.target.server, folder / "there", kept.name) == entries(
        pair.source.server, folder / "here", kept.name
    )
    for place in pair.both:
        assert_periodic_work_goes_on(place.server)
        for table, undone in (
            ("moves_move", "ended_at IS NULL AND state NOT IN ('requested', 'announced')"),  # one was never confirmed
            ("moves_export", "state = 'exporting'"),
            ("moves_archiveimport", "state = 'importing'"),
        ):
            assert place.server.rows(f"SELECT count(*) FROM {table} WHERE {undone}")[0][0] == 0  # noqa: S608
        place.server.manage("purge")
        place.server.manage("verify_storage", timeout=300)
