"""A program of ours in a process of its own: it is given what may kill who looks at it, lives while there is something
to look at, and may die of it."""

import os
import socket
import subprocess
import sys
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from django.conf import settings

# What a child knows of its surroundings: nothing that it has no use for, no secret among it.
SURROUNDINGS = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class ChildProgram(ABC):
    """The child, for the time of a `with` block: started when it is first needed, and again after it has died. Its
    standard input is a socket, by which it is asked and answers."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @abstractmethod
    def program(self) -> list[str]:
        """Returns the module that the child runs, and its arguments."""

    def line(self) -> socket.socket:
        """Returns our end of the socket; starts the child, if there is none."""
        if self._line is None:
            self._line, theirs = socket.socketpair()
            with theirs:
                self._child = subprocess.Popen(  # noqa: S603  (a program of ours)
                    [sys.executable, "-m", *self.program()],
                    cwd=settings.BASE_DIR,
                    env=SURROUNDINGS,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
        return self._line

    def end(self) -> int | None:
        """Ends the child, if there is one. Returns its exit code, negative for a signal."""
        child, line, self._child, self._line = self._child, self._line, None, None
        if line is not None:
            line.close()
        if child is None:
            return None
        child.kill()
        return child.wait()
