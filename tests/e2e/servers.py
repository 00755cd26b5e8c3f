"""Servers as an operator runs them, but for tests/e2e/cheap.py: folders, ports and processes of their own, started from
the Procfile."""

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
from pathlib import Path
from typing import Any

import httpx

from supervisor import read_procfile
from tests.support.checkout import CHECKOUT
from tests.support.kept import kept
from tests.support.postgresql_rows import rows_of_postgresql
from tests.support.template_database import copy_sqlite

FORGET = ("DATABASE_URL", "CACHE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE")
PATIENCE = 90  # seconds, on a machine that does other things as well

# For scripts that run several commands in one process: to start one takes longer than most commands.
SAID = """
import json
from io import StringIO
from django.core.management import call_command

def said(*command):
    call_command(*command, "--json", stdout=(output := StringIO()))
    return json.loads(output.getvalue())
"""


def free_port(host: str) -> int:
    """A port that nobody listens at now."""
    with socket.create_server((host, 0)) as listening:
        return int(listening.getsockname()[1])


def static_files() -> Path:
    """Returns a folder with what `collectstatic` makes, once for all installations, which only read it."""

    def make(fresh: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Server(Path(folder), "127.0.0.1").manage("collectstatic", "--no-input", "--verbosity", "0")
            shutil.copytree(Path(folder) / "static", fresh)

    made_of = (path for path in (CHECKOUT / "static").rglob("*") if path.is_file())
    return kept("static", [CHECKOUT / "requirements.txt", *made_of], make)


@dataclass
class Server:
    """One installation. Two of them need two hosts, or a browser would mix up their cookies: ports don't part those."""

    folder: Path
    host: str
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    archives_apart: bool = False  # whether exports and imports have a worker of their own

    def __post_init__(self) -> None:
        self.port = self.port or free_port(self.host)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in FORGET}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "tests.e2e.cheap",
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

    def manage_all(self, *commands: tuple[str, ...]) -> list[dict[str, Any]]:
        """What each of these commands answers, all run by one process."""
        answers: list[dict[str, Any]] = self.query(f"[said(*command) for command in {commands!r}]", SAID)
        return answers

    def install(self) -> None:
        """As `migrate` and `collectstatic` would leave it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if "DATABASE_URL" not in self.settings:  # whoever has named one has made it
            copy_sqlite(self.folder / "wharf.sqlite3")
        (self.folder / "static").symlink_to(static_files(), target_is_directory=True)

    def start(self, *names: str) -> None:
        """Starts these processes of the Procfile, or all, and waits until the server answers."""
        for name, command in self._commands().items():
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

    def _commands(self) -> dict[str, str]:
        commands = read_procfile(CHECKOUT / "Procfile")
        if self.archives_apart:
            commands["worker"] = commands["worker"].replace(",exports,imports", "")
            commands["archives"] = read_procfile(CHECKOUT / "Procfile.large")["archives"]
        return commands

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
            process.wait(timeout=60)

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

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        """What its database says now, in rows as SQLite has them; nothing is to be changed that way."""
        if url := self.settings.get("DATABASE_URL"):
            return rows_of_postgresql(url, sql, parameters)
        with closing(sqlite3.connect(f"file:{self.folder}/wharf.sqlite3?mode=ro", uri=True, timeout=60)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(sql, parameters).fetchall()

    def query(self, code: str, imports: str = "import json") -> Any:
        """What an expression gives inside the installation, as JSON."""
        script = f"{imports}\nimport json; print(json.dumps({code}))"
        return json.loads(self.manage("shell", "--verbosity", "0", "-c", script))


def eventually(what: str, check: Any, seconds: float = PATIENCE) -> Any:
    """Waits for `check` to give something true, and gives it. What takes longer is looked for less often."""
    began = time.monotonic()
    while not (found := check()):
        waited = time.monotonic() - began
        assert waited < seconds, f"{what} did not come within {seconds} s"
        time.sleep(min(0.5, 0.05 + waited / 10))
    return found
