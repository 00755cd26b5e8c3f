"""A broker that is silent, slow, cuts off or refuses: nobody waits for it, and what has to be done is done."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from celery import current_app

from supervisor import read_procfile
from tests.support.checkout import CHECKOUT
from tests.support.fault_proxy import FaultProxy
from tests.support.template_database import copy_sqlite
from tests.support.waiting import eventually

pytestmark = pytest.mark.faults
BROKERS = [url for url in os.environ.get("WHARF_TEST_BROKERS", "").split() if not url.startswith("filesystem:")]
WORKER = read_procfile(CHECKOUT / "Procfile")["worker"].partition("python ")[2]
QUEUES = WORKER.partition("--queues ")[2].split()[0]
ASK = """
import django, sys, time; django.setup()
from accounts.mails import send_password_reset
began = time.monotonic()
for address in sys.argv[1:]:
    send_password_reset.send(address)
print(time.monotonic() - began)
"""
WITHIN = 60  # seconds in which everything is done, whatever the broker says

if not BROKERS:
    pytest.skip("WHARF_TEST_BROKERS names no broker that has a line", allow_module_level=True)


class Behind:
    """A worker of the Procfile, behind a line to its broker that can fail."""

    def __init__(self, folder: Path, url: str, line: FaultProxy) -> None:
        self.folder = folder
        self.line = line
        mine = f"{uuid4().hex}."
        at = urlsplit(url)
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CACHE_URL")}
        self.environment = kept | {
            "CELERY_BROKER_URL": url.replace(f"{at.hostname}:{at.port}", f"{line.host}:{line.port}"),
            "DJANGO_SETTINGS_MODULE": "tests.support.own_queues",
            "LOG_LEVEL": "INFO",
            "WHARF_DATA_DIR": str(folder),
            "WHARF_TEST_QUEUES": mine,
            "WHARF_WORKER_LOOKS_EVERY": "5",
        }
        copy_sqlite(folder / "wharf.sqlite3")
        self.manage("create_account", "ada", "--email", "ada@example.org", "--json")
        own_queues = ",".join(mine + queue for queue in QUEUES.split(","))
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *WORKER.replace(QUEUES, own_queues).split()],
                cwd=CHECKOUT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=CHECKOUT, env=self.environment, check=True, timeout=120
        )

    def ask(self, address: str) -> float:
        """Asks for a mail, as a request does. Returns how many seconds that took."""
        done = subprocess.run(
            [sys.executable, "-c", ASK, address],
            cwd=CHECKOUT,
            env=self.environment,
            check=True,
            timeout=60,
            capture_output=True,
            text=True,
        )
        return float(done.stdout.split()[-1])

    def mails(self) -> int:
        return sum(file.read_text().count("To: ada@example.org") for file in (self.folder / "mail").glob("*"))


@pytest.fixture(scope="module", params=BROKERS, ids=lambda url: url.partition(":")[0])
def behind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    at = urlsplit(request.param)
    assert at.hostname and at.port
    with FaultProxy(at.hostname, at.port) as line:
        found = Behind(tmp_path_factory.mktemp("behind"), request.param, line)
        try:
            yield found
        finally:
            found.process.kill()
            found.process.wait()
    with current_app.connection_for_write(request.param) as broker:
        for queue in QUEUES.split(","):
            name = found.environment["WHARF_TEST_QUEUES"] + queue
            broker.default_channel.queue_delete(name)  # type: ignore[attr-defined]  # it is any channel


@pytest.mark.parametrize("fault", ["silence", "refuse", "cut", "slow"])
def test_a_broker_that_fails_holds_nobody_and_loses_nothing(behind: Behind, fault: str) -> None:
    behind.line.heal()
    eventually(lambda: behind.line.connections > 0, 60)
    before = behind.mails()
    (behind.line.slow(10.0) if fault == "slow" else getattr(behind.line, fault)())
    assert behind.ask("ada@example.org") < 3
    began = time.monotonic()
    eventually(lambda: behind.mails() > before, WITHIN)
    assert time.monotonic() - began < WITHIN
    assert behind.process.poll() is None
    assert behind.mails() == before + 1


def test_a_line_that_went_silent_is_left_for_another_one(behind: Behind) -> None:
    """Nobody tells that it is dead, and it stays dead: heartbeats and time-outs find out."""
    behind.line.heal()
    eventually(lambda: behind.line.connections > 0, 60)
    behind.line.silence()
    behind.line.heal()
    silent = behind.line.connections
    eventually(lambda: behind.line.connections > silent, WITHIN)
