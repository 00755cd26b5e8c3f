"""Which server processes live, so that what a killed one left is known to be dead at once.

Each process holds a lock on a file of its own in the data folder; the kernel takes the lock away when the process ends,
however it ends. Processes of other machines can't be seen this way: their uploads die by their expiry.
"""

import fcntl
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.utils import timezone

from importers.models import PreparedKey, Upload

FOUND_DEAD = b"dead"  # what is in the file of a process that was found dead, from then on
LOCK_FILE_TTL = 3600.0  # seconds

_guard = Lock()
_mine: dict[int, str] = {}  # process number → name; a forked child takes one of its own
_held: list[int] = []  # descriptors that stay open, and so locked, as long as the process lives


def current() -> str:
    """The name of this process, locked from now on."""
    with _guard:
        if os.getpid() not in _mine:
            _mine[os.getpid()] = _new_process()
        return _mine[os.getpid()]


def expire_dead(model: type[Upload] | type[PreparedKey]) -> int:
    """Ends the uploads, or the prepared keys, of processes that can be seen to be dead. Returns their number."""
    rows = model._default_manager
    living = rows.filter(expires_at__gt=timezone.now()).exclude(process="")
    dead = [name for name in living.values_list("process", flat=True).distinct() if is_dead(name)]
    return rows.filter(process__in=dead, expires_at__gt=timezone.now()).update(expires_at=timezone.now())


def _folder() -> Path:
    return Path(settings.WHARF_DATA_DIR) / "processes"


def _new_process() -> str:
    name = secrets.token_hex(16)
    _folder().mkdir(exist_ok=True)
    descriptor = os.open(_folder() / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    _held.append(descriptor)
    _remove_old()
    return name


def is_dead(name: str) -> bool:
    """Whether the process was of this machine and has ended. False also where that can't be known."""
    if not name:
        return False
    try:
        descriptor = os.open(_folder() / name, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _remove_old() -> None:
    """Removes the files of dead processes that have no upload and no key any more, an hour after they were found dead.

    Until then, whoever finds such a process beside a job that it worked on is told that it is dead.
    """
    for file in _folder().iterdir():
        if not is_dead(file.name) or _has_left_something(file.name):
            continue
        with suppress(FileNotFoundError):  # another process does the same
            found = file.stat()
            if not found.st_size:
                with file.open("r+b") as marked:
                    marked.write(FOUND_DEAD)
            elif found.st_mtime < time.time() - LOCK_FILE_TTL:
                file.unlink()


def _has_left_something(name: str) -> bool:
    """Whether an upload or a key of this process has not been removed yet."""
    return any(model._default_manager.filter(process=name).exists() for model in (Upload, PreparedKey))
