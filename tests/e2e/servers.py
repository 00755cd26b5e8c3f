"""Servers as an operator runs them: folders, ports and processes of their own, started from the Procfile."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from tests.support.checkout import CHECKOUT
from tests.support.template_database import copy_sqlite

FORGET = ("DATABASE_URL", "CACHE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE")
PATIENCE = 90  # seconds, on a machine that does other things as well


def free_port(host: str) -> int:
    """A port that nobody listens at now."""
    with socket.create_server((host, 0)) as listening:
        return int(listening.getsockname()[1])


@cache
def static_files() -> Path:
    """Returns a folder with what `collectstatic` makes, once for all installations."""
    folder = Path(tempfile.mkdtemp(prefix="collected-", dir=os.environ["WHARF_DATA_DIR"]))
    Server(folder, "127.0.0.1").manage("collectstatic", "--no-input", "--verbosity", "0")
    return folder / "static"


@dataclass
class Server:
    """One installation. Two of them need two hosts, or a browser would mix up their cookies: ports don't part those."""

    folder: Path
    host: str
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = self.port or free_port(self.host)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in FORGET}
        return kept | {
            "WHARF_DATA_DIR": str(self.folder),
            "WHARF_BASE_URL": self.url,
            "WHARF_TRUSTED_NETWORKS": "127.0.0.0/8",
            "HOST": self.host,
            "PORT": str(self.port),
            "LOG_LEVEL": "INFO",
            "VENV": sys.prefix,
            **self.settings,
        }

    def manage(self, *arguments: str, timeout: float = 120) -> str:
        """Runs a command. Returns its standard output."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True, timeout=timeout
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def manage_json(self, *arguments: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.manage(*arguments, "--json"))
        return answer

    def install(self) -> None:
        """As `migrate` and `collectstatic` would leave it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        copy_sqlite(self.folder / "wharf.sqlite3")
        shutil.copytree(static_files(), self.folder / "static")

    def start(self, *names: str) -> None:
        """Starts these processes of the Procfile, or all, and waits until the server answers."""
        for line in (CHECKOUT / "Procfile").read_text().splitlines():
            name, _, command = line.partition(": ")
            if names and name not in names:
                continue
            log = (self.folder / f"{name}.log").open("ab")
            self.processes[name] = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command}"],
                cwd=CHECKOUT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            log.close()
        if "web" in self.processes:
            self.wait_until_up()

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if httpx.get(f"{self.url}/status", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, self.log("web")
            time.sleep(0.1)

    def kill(self, *names: str) -> None:
        """SIGKILL, to a process and all that it began."""
        for name in names or tuple(self.processes):
            process = self.processes.pop(name)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)

    @contextmanager
    def paused(self, *names: str) -> Iterator[None]:
        """Stops the clocks of these processes meanwhile, unless they are killed."""
        stopped = [self.processes[name] for name in names]
        for process in stopped:
            os.killpg(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in stopped:
                if process in self.processes.values():
                    os.killpg(process.pid, signal.SIGCONT)

    def restart(self, *names: str) -> None:
        """Kills these, as a power cut would, and starts them again."""
        self.kill(*names)
        self.start(*names)

    def stop(self) -> None:
        self.kill()

    def log(self, name: str) -> str:
        """What a process has written."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def mails(self) -> list[str]:
        """The mails that were sent, oldest first; those of the same moment may stand in one file."""
        files = sorted((self.folder / "mail").glob("*"), key=lambda file: file.stat().st_mtime_ns)
        found = [mail for file in files for mail in file.read_text().split("-" * 79 + "\n")]
        return [mail.strip() + "\n" for mail in found if mail.strip()]

    def rows(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        """What its database says now; nothing can be changed that way."""
        with closing(sqlite3.connect(f"file:{self.folder}/wharf.sqlite3?mode=ro", uri=True, timeout=30)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(sql, parameters).fetchall()

    def query(self, code: str, imports: str = "import json") -> Any:
        """What an expression gives inside the installation, as JSON."""
        script = f"{imports}\nimport json; print(json.dumps({code}))"
        return json.loads(self.manage("shell", "--verbosity", "0", "-c", script))


def eventually(what: str, check: Any, seconds: float = PATIENCE) -> Any:
    """Waits for `check` to give something true, and gives it."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
        time.sleep(0.1)
    return found
