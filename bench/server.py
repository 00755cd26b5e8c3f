"""Wharf itself, as `make run` starts it, on a data folder of its own."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from bench.account import CHECKOUT, environment_for
from bench.process import Process, free_port
from supervisor import read_procfile


class BenchServer(Process):
    """The web process of the Procfile. Its data folder is a copy of `template`, and goes when it stops.

    `settings`: of its environment, beside those of every server of the bench.
    """

    def __init__(self, folder: Path, template: Path, settings: Mapping[str, str] | None = None) -> None:
        port = free_port()
        self.data = folder
        self._template = template
        command = read_procfile(CHECKOUT / "Procfile")["web"]
        super().__init__(
            ["sh", "-c", f"exec {command}"],
            port,
            CHECKOUT,
            folder.with_suffix(".log"),
            environment_for(folder, port) | dict(settings or {}),
        )

    def __enter__(self) -> Self:
        shutil.copytree(self._template, self.data)
        return super().__enter__()

    def _stop(self) -> None:
        super()._stop()
        shutil.rmtree(self.data)

    def forget_content(self) -> None:
        """Removes the bytes of all content, so that rounds don't fill the disk. The rows stay: no bytes come twice."""
        shutil.rmtree(self.data / "content", ignore_errors=True)
