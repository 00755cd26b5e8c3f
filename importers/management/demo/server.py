"""The server and its worker, started from the Procfile as `make run` does, in a data folder of their own."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from importers.management.demo.failure import DemoFailed
from importers.management.demo.surroundings import CHECKOUT

USUAL_PORT = 8000
STARTS_WITHIN = 30.0  # seconds
STOPS_WITHIN = 15.0  # seconds, for each process; the supervisor needs a moment more


class DemoServer:
    """Web and worker as one: `start`, `wait_until_ready`, `stop`. What they say goes to `log`."""

    def __init__(self, data_folder: Path, port: int) -> None:
        self.data_folder = data_folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = data_folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the server and the worker run with."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "HOST": "127.0.0.1",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            "VENV": sys.prefix,
            "WHARF_BASE_URL": self.url,
            "WHARF_DATA_DIR": str(self.data_folder),
            "WHARF_STOP_WITHIN": str(STOPS_WITHIN),
        }

    def start(self) -> None:
        """Starts both, in a session of their own: Ctrl-C reaches only the demo, which then stops them in order."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "supervisor.py", "Procfile"],
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Returns as soon as `/status` answers. Raises `DemoFailed` when it does not, or a process has ended."""
        give_up = time.monotonic() + STARTS_WITHIN
        with httpx.Client(base_url=self.url, trust_env=False, timeout=2) as client:
            while time.monotonic() < give_up:
                self.check_running()
                try:
                    if client.get("/status").status_code == 200:
                        return
                except httpx.TransportError:
                    pass  # not there yet
                time.sleep(0.1)
        raise DemoFailed(f"The server did not answer within {STARTS_WITHIN:.0f} seconds.")

    def check_running(self) -> None:
        """Raises `DemoFailed` if the server or the worker has ended."""
        if self._process and self._process.poll() is not None:
            raise DemoFailed("The server or its worker has ended.")

    def stop(self) -> None:
        """Stops both and waits for them. Does nothing when they are stopped."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOPS_WITHIN * 2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def last_words(self, lines: int = 30) -> str:
        """The end of the log."""
        if not self.log.is_file():
            return ""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])


def choose_port(wanted: str) -> int:
    """The port that was asked for; instead of the usual one, which nobody has to ask for, any that is free.

    Raises `DemoFailed` if one that was asked for is taken.
    """
    port = int(wanted or USUAL_PORT)
    if _is_free(port):
        return port
    if port != USUAL_PORT:
        raise DemoFailed(f"Port {port} is taken. Run it with another one: PORT=8080 make demo")
    with socket.socket() as any_free:
        any_free.bind(("127.0.0.1", 0))
        return int(any_free.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
