"""A real worker takes its work from the broker: a folder here, and what `WHARF_TEST_BROKERS` names."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from kombu import Connection

from supervisor import read_procfile
from tests.support.checkout import CHECKOUT
from tests.support.template_database import copy_sqlite

pytestmark = pytest.mark.services
BROKERS = ["filesystem://", *os.environ.get("WHARF_TEST_BROKERS", "").split()]


def manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=CHECKOUT, env=environment, check=True, timeout=120)


@pytest.fixture(params=BROKERS, ids=lambda url: url.partition(":")[0])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """An installation of its own, with an account."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CACHE_URL")}
    environment = kept | {
        "CELERY_BROKER_URL": request.param,
        "DJANGO_SETTINGS_MODULE": "tests.support.own_queues",
        "WHARF_DATA_DIR": str(tmp_path),
        "WHARF_TEST_QUEUES": f"{uuid4().hex}.",
    }
    copy_sqlite(tmp_path / "wharf.sqlite3")
    manage(environment, "create_account", "ada", "--email", "ada@example.org", "--json")
    return environment


@pytest.fixture
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The worker of the Procfile that sends mails."""
    line = read_procfile(CHECKOUT / "Procfile.large")["mails"]
    mine = environment["WHARF_TEST_QUEUES"]
    command = (
        line.partition("python ")[2].replace("--queues mail ", f"--queues {mine}mail ").replace("mails@", mine + "@")
    )
    process = subprocess.Popen([sys.executable, *command.split()], cwd=CHECKOUT, env=environment)
    yield process
    process.terminate()
    process.wait(timeout=60)
    if not environment["CELERY_BROKER_URL"].startswith("filesystem:"):
        with Connection(environment["CELERY_BROKER_URL"]) as broker:
            broker.default_channel.queue_delete(f"{mine}mail")  # type: ignore[attr-defined]  # it is any channel


def test_the_worker_mails_what_the_server_asked_for(
    environment: dict[str, str], worker: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    send = "import django; django.setup(); from accounts.mails import send_password_reset as s; s.send(ADDRESS)"
    subprocess.run(
        [sys.executable, "-c", send.replace("ADDRESS", "'ada@example.org'")],
        cwd=CHECKOUT,
        env=environment,
        check=True,
        timeout=60,
    )
    deadline = time.monotonic() + 60
    while not (mail := "".join(file.read_text() for file in (tmp_path / "mail").glob("*"))):
        assert time.monotonic() < deadline
        assert worker.poll() is None
        time.sleep(0.1)
    assert "To: ada@example.org" in mail
    worker.terminate()
    assert worker.wait(timeout=60) == 0
