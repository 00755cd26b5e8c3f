"""A server process in production, on the database and the storage of the tests, which a proxy is to stand before."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from tests.e2e.servers import static_files
from tests.support import database_url
from tests.support.checkout import CHECKOUT
from tests.support.waiting import eventually

COMMAND = ["uvicorn", "config.asgi:application", "--http", "config.protocol:HttpProtocol", "--log-level", "warning"]


class ProductionServer:
    """`address`: where it listens, without a slash at the end. What it logs is in a file of `folder`."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"
        self._log = folder / "log"

    @contextmanager
    def running(self) -> Iterator["ProductionServer"]:
        """Runs it until the end of a `with` block."""
        command = [sys.executable, "-m", *COMMAND, "--port", str(self._port)]
        environment = os.environ | {
            "WHARF_STATIC_DIR": str(static_files()),
            "WHARF_BASE_URL": "https://127.0.0.1",
            "DATABASE_URL": database_url.of_tests(),
            "SECRET_KEY": settings.SECRET_KEY,
            "LOG_LEVEL": "INFO",
        }
        with (
            self._log.open("wb") as log,
            subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log) as process,
        ):
            try:
                eventually(self._is_there)
                yield self
            finally:
                process.terminate()

    def logged(self, message: str) -> list[dict[str, Any]]:
        """Returns the lines of its log that say so."""
        lines = [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["message"] == message]

    def _is_there(self) -> bool:
        try:
            return httpx.get(f"{self.address}/status").status_code == 200
        except httpx.TransportError:
            return False
